"""Assets: upload, mint over known bytes, look, read, delete."""

import json
import re

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.sent_file import SentFile
from greenroom.api.uploads import Form, read_form
from greenroom.api.v2 import shapes
from greenroom.api.wire import empty, json_response
from greenroom.domain.asset import Asset
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, BlobHash
from greenroom.domain.json import JsonValue
from greenroom.service.asset_records import Wish

_HASH = re.compile(r"blake3:([0-9a-f]{64})")
_MIME = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}", re.IGNORECASE)
_SHORTEST_S = 60
_LONGEST_S = 604_800
_MOST_TAGS = 100
_LONGEST_TAG = 200


async def upload(call: Call) -> web.StreamResponse:
    """201 with new bytes, 200 when the caller had them already."""
    async with read_form(call, call.services.policy.upload_limit) as form:
        source = form.files.get("file")
        if source is None:
            raise _bad("The form has no file called 'file'.")
        expected = form.fields.get("expected_hash")
        minted = await call.services.asset_records.upload(
            call.principal,
            _wish(form),
            source.landing,
            expected=None if expected is None else _announced(expected),
            key=call.request.headers.get("Idempotency-Key") or None,
        )
    told = shapes.asset(call, minted.asset, created_new=minted.created)
    return json_response(told, 201 if minted.created else 200)


async def from_hash(call: Call) -> web.StreamResponse:
    """201 with a new record, 200 when there was an equal one."""
    body = await read_object(call.request)
    path, tags = body.get("file_path"), _tags(body.get("tags"))
    if path is not None and not isinstance(path, str):
        raise _bad("'file_path' must be a text.")
    wish = None if path is None else Wish(path, tags=tags)
    minted = await call.services.asset_records.from_hash(
        call.principal, _known(body.get("hash")), wish, _lifetime(body.get("expires_in"))
    )
    told = shapes.asset(call, minted.asset, created_new=False)
    return json_response(told, 201 if minted.created else 200)


async def by_hash(call: Call) -> web.StreamResponse:
    blob = _known(call.part("hash"))
    if not await call.services.asset_records.has_bytes(call.principal, blob):
        raise _no_blob()
    return empty()


async def show(call: Call) -> web.StreamResponse:
    return json_response(shapes.asset(call, await _asset(call)))


async def delete(call: Call) -> web.StreamResponse:
    await call.services.asset_records.delete(call.principal, AssetId(call.part("id")))
    return empty(204)


async def content(call: Call) -> web.StreamResponse:
    """The bytes, whole or in part."""
    found = await _asset(call)
    headers = {
        "Content-Type": "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
    }
    return SentFile(call.services.assets.local_path(found), headers=headers)


async def _asset(call: Call) -> Asset:
    return await call.services.asset_records.get(call.principal, AssetId(call.part("id")))


def _wish(form: Form) -> Wish:
    for name in ("content_type", "file_path"):
        if not form.fields.get(name):
            raise _bad(f"The form has no '{name}'.")
    mime = form.fields["content_type"].partition(";")[0].strip().lower()
    if not _MIME.fullmatch(mime):
        raise _bad("'content_type' is not a media type.")
    seconds = form.fields.get("expires_in")
    return Wish(
        form.fields["file_path"],
        mime,
        _form_tags(form.repeated.get("tags", [])),
        _lifetime(_number(seconds) if seconds is not None else None),
    )


def _form_tags(given: list[str]) -> tuple[str, ...]:
    """One field for each tag, or all of them as one JSON array."""
    if len(given) == 1 and given[0].startswith("["):
        try:
            return _tags(json.loads(given[0]))
        except ValueError:
            raise _bad("'tags' cannot be read.") from None
    return _tags(list(given))


def _tags(value: JsonValue) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_TAGS:
        raise _bad(f"'tags' is a list of at most {_MOST_TAGS} texts.")
    texts = [tag for tag in value if isinstance(tag, str) and len(tag) <= _LONGEST_TAG]
    if len(texts) != len(value):
        raise _bad(f"A tag is a text of at most {_LONGEST_TAG} characters.")
    return tuple(dict.fromkeys(texts))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise _bad("'expires_in' must be a whole number of seconds.")
    return int(text)


def _lifetime(seconds: JsonValue) -> int | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise _bad("'expires_in' must be a whole number of seconds.")
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise _bad(f"'expires_in' lies between {_SHORTEST_S} and {_LONGEST_S} seconds.")
    return seconds * 1000


def _announced(text: str) -> BlobHash:
    found = _HASH.fullmatch(text)
    if found is None:
        raise _bad("'expected_hash' is 'blake3:' and 64 hexadecimal digits.")
    return BlobHash(found[1])


def _known(text: JsonValue) -> BlobHash:
    """What is no hash is the hash of nothing that anybody has."""
    if not isinstance(text, str):
        raise _bad("The body has no 'hash'.")
    found = _HASH.fullmatch(text)
    if found is None:
        raise _no_blob()
    return BlobHash(found[1])


def _no_blob() -> AppError:
    return AppError(ErrorCode.NOT_FOUND, "You have no such bytes.")


def _bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)
