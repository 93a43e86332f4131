"""Read a JSON body as one of the console's types."""

from typing import TypeVar

import msgspec

from greenroom.api.bodies import read_json
from greenroom.api.context import Call
from greenroom.domain.errors import AppError, ErrorCode

_T = TypeVar("_T")


async def read(call: Call, kind: type[_T]) -> _T:
    """BAD_REQUEST says which member is wrong. INVALID_JSON, TOO_LARGE."""
    try:
        return msgspec.convert(await read_json(call.request), kind)
    except msgspec.ValidationError as error:
        raise AppError(ErrorCode.BAD_REQUEST, str(error)) from error
