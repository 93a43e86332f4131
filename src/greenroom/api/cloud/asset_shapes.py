"""The JSON of assets."""

from greenroom.api.cloud import signed_links
from greenroom.api.context import Call
from greenroom.api.instants import instant
from greenroom.domain.asset import Asset
from greenroom.domain.asset_query import all_tags
from greenroom.domain.json import JsonValue


def asset(call: Call, found: Asset) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {
        "id": found.id,
        "name": found.file_path or found.name,
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
