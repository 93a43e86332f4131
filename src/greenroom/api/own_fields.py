"""What a submission said for us alone, inside its extra_data."""

from typing import Any

import msgspec

from greenroom.domain.json import JsonValue
from greenroom.domain.record import Payload

OWN = "greenroom"
"""Where in extra_data it stands."""


class _Sent(msgspec.Struct):
    """Of what may be megabytes, the part that is ours; the rest is passed over."""

    greenroom: Any = None


_sent = msgspec.json.Decoder(_Sent)


def own_fields(payload: Payload) -> dict[str, JsonValue]:
    """The metadata, the tags and the priority that the job was submitted with."""
    own = _sent.decode(payload.extra_data).greenroom
    return own if isinstance(own, dict) else {}
