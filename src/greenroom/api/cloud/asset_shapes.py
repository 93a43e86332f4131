"""The JSON of assets."""

from greenroom.api.cloud import signed_links
from greenroom.api.context import Call
from greenroom.api.instants import instant
from greenroom.domain.asset import Asset, Root
from greenroom.domain.asset_query import all_tags
from greenroom.domain.json import JsonValue
from greenroom.service.asset_records import file_path


def asset(call: Call, found: Asset) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "id": found.id,
        "name": name(found),
        "asset_hash": f"blake3:{found.blob}",
        "size": found.size,
        "mime_type": found.mime,
        "tags": list(all_tags(found)),
        "user_metadata": found.metadata,
        "preview_id": found.preview_id,
        "prompt_id": found.job_id,
        "created_at": instant(found.created_at),
        "updated_at": instant(found.updated_at or found.created_at),
        "is_immutable": False,
    }
    preview = signed_links.preview_url(call, found)
    if preview is not None:
        told["preview_url"] = preview
    return told


def listed(call: Call, found: Asset) -> dict[str, JsonValue]:
    """What a list of a job's files says of one."""
    return {
        "id": found.id,
        "name": name(found),
        "created_at": instant(found.created_at),
        "hash": f"blake3:{found.blob}",
        "mime_type": found.mime,
        "size": found.size,
        "preview_url": signed_links.preview_url(call, found),
    }


def name(found: Asset) -> str:
    """What the owner calls it: with its folder where graphs look for it, else alone."""
    return file_path(found) if found.root is Root.INPUT else found.file_path or found.name
