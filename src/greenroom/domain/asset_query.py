"""How the owner of assets looks for them: by tags, name and metadata, in some order."""

from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.asset import Asset
from greenroom.domain.json import JsonObject


@dataclass(frozen=True, slots=True)
class AssetQuery:
    """Which assets are meant. Every asset carries the name of its root as a tag."""

    with_tags: tuple[str, ...] = ()
    """All of these."""
    without_tags: tuple[str, ...] = ()
    """None of these."""
    name: str | None = None
    """A part of the name; case is ignored."""
    metadata: JsonObject = field(default_factory=dict)
    """Names and values that must be equal."""


class AssetSort(StrEnum):
    NAME = "name"
    CREATED = "created"
    UPDATED = "updated"
    SIZE = "size"


def all_tags(asset: Asset) -> tuple[str, ...]:
    """The owner's tags, and the root as one of them."""
    return asset.tags if asset.root.value in asset.tags else (*asset.tags, asset.root.value)
