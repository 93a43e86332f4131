"""/api/assets: list, upload, mint over known bytes, look, change, delete."""

import json
import re

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.cloud import asset_fields as fields
from greenroom.api.cloud import asset_shapes as shapes
from greenroom.api.cloud.parameters import asset_query, bad, choice, whole
from greenroom.api.context import Call
from greenroom.api.uploads import Form, read_form
from greenroom.api.wire import empty, json_response
from greenroom.domain.asset_query import AssetSort
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, BlobHash, is_canonical_uuid
from greenroom.domain.json import JsonValue
from greenroom.service.asset_library import Change
from greenroom.service.asset_records import Wish, file_path

_BLAKE3 = re.compile(r"blake3:([0-9a-f]{64})")
_HASH = re.compile(r"(?:blake3|sha256):[0-9a-f]{64}")
_SORTS = {
    "name": AssetSort.NAME,
    "created_at": AssetSort.CREATED,
    "updated_at": AssetSort.UPDATED,
    "size": AssetSort.SIZE,
    # Reading leaves no trace; the last change is the nearest thing to it that is known.
    "last_access_time": AssetSort.UPDATED,
}
_CHANGEABLE = frozenset({"name", "tags", "mime_type", "preview_id", "user_metadata"})
_NO_REMOTE = (
    "This server fetches nothing from other addresses. Download the file and upload it as a form."
)


async def page(call: Call) -> web.StreamResponse:
    limit, offset = whole(call, "limit", 20, 1, 500), whole(call, "offset", 0, 0)
    sort = _SORTS[choice(call, "sort", "created_at", tuple(_SORTS))]
    descending = choice(call, "order", "desc", ("asc", "desc")) == "desc"
    found = await call.services.asset_library.page(
        call.principal, asset_query(call), sort, descending=descending, limit=limit, offset=offset
    )
    more = offset + len(found.assets) < found.total
    told: list[JsonValue] = [shapes.asset(call, one) for one in found.assets]
    return json_response({"assets": told, "total": found.total, "has_more": more})


async def upload(call: Call) -> web.StreamResponse:
    """201 for a new asset, 200 for one that had the bytes, or the id, already."""
    kind = call.request.content_type
    if kind == "application/json":
        await read_object(call.request)
        raise bad(_NO_REMOTE)
    if kind != "multipart/form-data":
        raise AppError(ErrorCode.UNSUPPORTED_MEDIA, "Send the file as multipart/form-data.")
    async with read_form(call, call.services.policy.upload_limit) as form:
        source = form.files.get("file")
        if source is None:
            raise bad("The form has no file called 'file'.")
        asset_id = fields.asset_id(form.fields.get("id") or None, "id")
        wish = _wish(form, source.filename or "file")
        minted = await call.services.asset_records.adopt(
            call.principal, wish, source.landing, asset_id
        )
    told = {**shapes.asset(call, minted.asset), "created_new": minted.created}
    return json_response(told, 201 if minted.created else 200)


async def from_hash(call: Call) -> web.StreamResponse:
    """201 for a new record, 200 when there was an equal one."""
    body = await read_object(call.request)
    text, tags = body.get("hash"), fields.tags(body.get("tags"), at_least=1)
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise bad("'hash' is 'blake3:' or 'sha256:' and 64 hexadecimal digits.")
    matched = _BLAKE3.fullmatch(text)
    blob = BlobHash(matched[1] if matched else "")
    known = await call.services.assets.find_bytes(call.principal, blob)
    if known is None:
        raise AppError(ErrorCode.NOT_FOUND, "You have no such bytes.")
    wish = Wish(
        fields.name(body.get("name")) or file_path(known),
        fields.mime(body.get("mime_type")),
        tags,
        metadata=fields.metadata(body.get("user_metadata")) or {},
    )
    minted = await call.services.asset_records.from_hash(call.principal, blob, wish, None)
    told = {**shapes.asset(call, minted.asset), "created_new": minted.created}
    return json_response(told, 201 if minted.created else 200)


async def by_hash(call: Call) -> web.StreamResponse:
    matched = _BLAKE3.fullmatch(call.part("hash"))
    if matched is None:
        raise bad("The hash is 'blake3:' and 64 hexadecimal digits.")
    if not await call.services.asset_records.has_bytes(call.principal, BlobHash(matched[1])):
        raise AppError(ErrorCode.NOT_FOUND, "You have no such bytes.")
    return empty()


async def show(call: Call) -> web.StreamResponse:
    found = await call.services.asset_records.get(call.principal, named(call))
    return json_response(shapes.asset(call, found))


async def change(call: Call) -> web.StreamResponse:
    body = await read_object(call.request)
    given = {name: value for name, value in body.items() if value is not None}
    if not given.keys() & _CHANGEABLE:
        raise bad(f"Say what is to change: {', '.join(sorted(_CHANGEABLE))}.")
    changed = await call.services.asset_library.change(
        call.principal,
        named(call),
        Change(
            name=fields.name(given.get("name")),
            mime=fields.mime(given.get("mime_type")),
            tags=fields.tags(given["tags"]) if "tags" in given else None,
            metadata=fields.metadata(given.get("user_metadata")),
            preview=fields.asset_id(given.get("preview_id"), "preview_id"),
        ),
    )
    return json_response(shapes.asset(call, changed))


async def delete(call: Call) -> web.StreamResponse:
    """The bytes go too, unless another asset has them. NOT_FOUND, IN_USE."""
    await call.services.asset_records.delete(call.principal, named(call))
    return empty(204)


async def remote_metadata(call: Call) -> web.StreamResponse:
    if not call.query("url"):
        raise bad("'url' is missing.")
    raise AppError(ErrorCode.BAD_REQUEST, _NO_REMOTE)


async def download(call: Call) -> web.StreamResponse:
    await read_object(call.request)
    raise AppError(ErrorCode.BAD_REQUEST, _NO_REMOTE)


def named(call: Call) -> AssetId:
    """NOT_FOUND for what no asset can be called."""
    text = call.part("id")
    if not is_canonical_uuid(text):
        raise AppError(ErrorCode.NOT_FOUND, "There is no such asset.")
    return AssetId(text)


def _wish(form: Form, filename: str) -> Wish:
    metadata = form.fields.get("user_metadata")
    return Wish(
        fields.name(form.fields.get("name") or None) or fields.bare(filename),
        fields.mime(form.fields.get("mime_type") or None),
        _form_tags(form.repeated.get("tags", [])),
        metadata=fields.metadata(_json(metadata, "user_metadata") if metadata else None) or {},
        preview_id=fields.asset_id(form.fields.get("preview_id") or None, "preview_id"),
    )


def _form_tags(given: list[str]) -> tuple[str, ...]:
    """One field for each tag, or all in one: as a JSON array, or with commas."""
    if len(given) != 1:
        return fields.tags(list(given))
    text = given[0]
    if text.startswith("["):
        return fields.tags(_json(text, "tags"))
    return fields.tags([part.strip() for part in text.split(",") if part.strip()])


def _json(text: str, name: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        raise bad(f"'{name}' is not JSON.") from None
    return value
