"""Assets that a graph refers to by id: find them, and put their names in place."""

from collections.abc import Mapping
from dataclasses import dataclass

from greenroom.domain.asset import Asset, Root
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.prompt_error import prompt_error
from greenroom.domain.workflow.refs import (
    ASSET_TYPE,
    AssetReference,
    Place,
    asset_references,
    replace_references,
)
from greenroom.store import assets as asset_rows
from greenroom.store.database import Database

_MARK = ASSET_TYPE.encode()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A graph in which only names are left."""

    prompt: JsonValue
    assets: tuple[Asset, ...] = ()
    """What it refers to."""


async def resolve(
    database: Database, principal: Principal, prompt: JsonValue, text: bytes | None
) -> Resolved:
    """`text` is the JSON of the graph, if it is at hand. MISSING_ASSET names a bad reference."""
    if text is not None and _MARK not in text.replace(b"\\/", b"/"):
        return Resolved(prompt)
    references = list(asset_references(prompt))
    wanted = list(dict.fromkeys(one.id for one in references if one.id))
    now = database.clock.now()
    found = await database.read(lambda tx: asset_rows.get_many(tx, principal.tenant, wanted))
    usable = {asset.id: asset for asset in found if _is_kept(asset, now)}
    values: dict[Place, JsonValue] = {
        reference.place: place_of(_require(reference, usable)) for reference in references
    }
    return Resolved(replace_references(prompt, values), tuple(usable.values()))


def _require(reference: AssetReference, usable: Mapping[AssetId, Asset]) -> Asset:
    asset = usable.get(AssetId(reference.id)) if reference.id else None
    if asset is None:
        raise _missing(reference)
    return asset


def _missing(reference: AssetReference) -> AppError:
    place = reference.place
    info: JsonObject = {
        "node_id": place.node_id, "input_name": place.input, "asset_id": reference.id,
    }  # fmt: skip
    reason = "has no info.id" if reference.id is None else "is not one of yours"
    return prompt_error(
        "missing_asset",
        f"The asset in input '{place.input}' of node '{place.node_id}' {reason}.",
        extra_info=info,
        code=ErrorCode.MISSING_ASSET,
    )


def place_of(asset: Asset) -> str:
    """As a graph says it: `sub/x.png [output]`."""
    path = f"{asset.subfolder}/{asset.name}" if asset.subfolder else asset.name
    return path if asset.root is Root.INPUT else f"{path} [{asset.root.value}]"


def _is_kept(asset: Asset, now: Millis) -> bool:
    return asset.expires_at is None or asset.expires_at > now
