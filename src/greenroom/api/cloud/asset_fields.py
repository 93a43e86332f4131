"""What owners say of assets, checked."""

import re
from collections.abc import Mapping

from greenroom.api.cloud.parameters import bad
from greenroom.domain.ids import AssetId, is_canonical_uuid
from greenroom.domain.json import JsonObject, JsonValue

_MIME = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/\\]")
_MOST_TAGS = 100
_LONGEST_TAG = 200
_LONGEST_NAME = 255


def name(value: JsonValue) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise bad("'name' must be a text.")
    if value.startswith(("/", "\\")) or ".." in _SEPARATOR.split(value):
        raise bad("'name' must not leave the folder.")
    if len(value.encode(errors="replace")) > _LONGEST_NAME:
        raise bad(f"'name' takes at most {_LONGEST_NAME} bytes.")
    return value


def bare(filename: str) -> str:
    """The last part of a path, as some browsers send it."""
    return filename.replace("\\", "/").rpartition("/")[2] or "file"


def mime(value: JsonValue) -> str | None:
    if value is None:
        return None
    kind = value.partition(";")[0].strip().lower() if isinstance(value, str) else ""
    if not _MIME.fullmatch(kind):
        raise bad("'mime_type' is not a media type.")
    return kind


def tags(value: JsonValue, at_least: int = 0) -> tuple[str, ...]:
    if value is None and not at_least:
        return ()
    if not isinstance(value, list) or not at_least <= len(value) <= _MOST_TAGS:
        raise bad(f"'tags' is a list of {at_least} to {_MOST_TAGS} texts.")
    texts = [tag for tag in value if _is_tag(tag)]
    if len(texts) != len(value):
        raise bad(f"A tag is a text of 1 to {_LONGEST_TAG} characters, without commas.")
    return tuple(dict.fromkeys(str(tag) for tag in texts))


def metadata(value: JsonValue) -> JsonObject | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise bad("'user_metadata' must be a JSON object.")
    return value


def asset_id(value: JsonValue, field: str) -> AssetId | None:
    if value is None:
        return None
    if not isinstance(value, str) or not is_canonical_uuid(value):
        raise bad(f"'{field}' must be a UUID.")
    return AssetId(value)


def _is_tag(tag: JsonValue) -> bool:
    """Queries separate tags with commas."""
    return isinstance(tag, str) and 0 < len(tag) <= _LONGEST_TAG and not set(tag) & {"\0", ","}
