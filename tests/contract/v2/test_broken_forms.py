"""Forms that no client should send."""

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


def form(*parts):
    lines = b"".join(b"--x\r\n%s\r\n\r\nvalue\r\n" % head for head in parts)
    return lines + b"--x--\r\n"


@pytest.mark.parametrize(
    "heads",
    [
        [b'Content-Disposition: form-data; name="\x1a\xc3"'],
        [b"Content-Disposition: form-data"],
        [b"no header at all"],
        [b'Content-Disposition: form-data; name="tags"'] * 65,
    ],
    ids=["control characters", "no name", "no header", "too many fields"],
)
async def test_broken_forms_are_refused(v2, heads):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await v2.send("POST", "/api/v2/assets", data=form(*heads), headers=headers)
    assert (answer.status, answer.code) == (422, "invalid_request")
