"""Read bodies within limits: strict JSON at once, files as streams."""

import json
import re
from typing import Any, NoReturn, cast

import msgspec
from aiohttp import web

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

_SMALLEST_INT = -(2**63)
_LARGEST_INT = 2**64 - 1
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19
_NAME = re.compile(rb'"[ \t\r\n]*:')

_quick = msgspec.json.Decoder()


async def read_bytes(request: web.Request) -> bytes:
    """The whole body; TOO_LARGE as soon as more than the limit has come."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        limit = request.client_max_size
        raise AppError(
            ErrorCode.TOO_LARGE, f"Maximum request body size {limit} exceeded."
        ) from error


async def read_json(request: web.Request) -> JsonValue:
    """The body as JSON, whatever its content type says. INVALID_JSON, TOO_LARGE."""
    return parse_json(await read_bytes(request))


async def read_object(request: web.Request) -> JsonObject:
    """The body as a JSON object. INVALID_JSON, BAD_REQUEST, TOO_LARGE."""
    value = await read_json(request)
    if not isinstance(value, dict):
        raise AppError(ErrorCode.BAD_REQUEST, "The request body must be a JSON object.")
    return cast("JsonObject", value)


def parse_json(body: bytes) -> JsonValue:
    """JSON as the standard has it, with each name once and numbers that every part can hold.

    INVALID_JSON says what is wrong: not UTF-8, not JSON, NaN, a repeated name, a number out of
    range, a lone surrogate, too deep.
    """
    try:
        value = _quick.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _parse_slowly(body)
    # Both look inside strings as well, so they may only be wrong towards the slow way.
    if _LONG_NUMBER in body.translate(_DIGITS_AS_ZEROS) or _may_repeat_a_name(value, body):
        return _parse_slowly(body)
    return cast("JsonValue", value)


def _may_repeat_a_name(value: object, body: bytes) -> bool:
    names = _count_names(value)
    return body.count(b":") != names and len(_NAME.findall(body)) != names


def _count_names(value: object) -> int:
    """How many names stand in all objects; fewer than in the text when one was repeated."""
    count = 0
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if type(inner) is dict:
            count += len(inner)
            waiting.extend(inner.values())
        elif type(inner) is list:
            waiting.extend(inner)
    return count


def _parse_slowly(body: bytes) -> JsonValue:
    """The same as the quick decoder, with every check and a reason for every refusal."""
    try:
        text = body.decode()
        value = _decoder.decode(text)
    except UnicodeDecodeError as error:
        raise _invalid("it is not UTF-8") from error
    except RecursionError as error:
        raise _invalid("it is nested too deeply") from error
    except ValueError as error:
        raise _invalid(str(error)) from error
    if "\\u" in text:
        _refuse_surrogates(value)
    return cast("JsonValue", value)


def _refuse_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _invalid("a character is half a surrogate pair") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} appears twice in one object")
    return found


def _int(text: str) -> int:
    if len(text) < 19:
        return int(text)
    if len(text) > 20 or not _SMALLEST_INT <= (number := int(text)) <= _LARGEST_INT:
        raise ValueError("a whole number does not fit into 64 bits")
    return number


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number is out of range")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _invalid(reason: str) -> AppError:
    return AppError(ErrorCode.INVALID_JSON, f"The request body is not valid JSON: {reason}.")


_decoder = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_int, parse_float=_float, parse_constant=_constant
)
