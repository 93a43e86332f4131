"""The body of POST /prompt: the graph in it as it was sent, and names that cannot be."""

import msgspec

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.submission import Submission

_NO_PROMPT = msgspec.Raw(b"null")


class _Body(msgspec.Struct):
    """The part of the body that is kept as it was sent."""

    prompt: msgspec.Raw = _NO_PROMPT


_body = msgspec.json.Decoder(_Body)


def graph_text(raw: bytes) -> bytes:
    """The text of the graph in a body that is known to be JSON."""
    return bytes(_body.decode(raw).prompt)


def refuse_nul(submission: Submission) -> None:
    """BAD_REQUEST: not every database can hold it in a name."""
    for name in (submission.client_id, submission.workflow_id):
        if name is not None and "\0" in name:
            raise AppError(ErrorCode.BAD_REQUEST, "An id must not contain the character NUL.")
