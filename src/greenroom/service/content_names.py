"""Files that are named by their content or without their folder: where they really are."""

import json
import re
from dataclasses import dataclass

from sqlalchemy import Connection

from greenroom.domain.asset import Asset
from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import BlobHash
from greenroom.domain.json import JsonValue
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.refs import Place, file_references, replace_references
from greenroom.service.asset_references import place_of
from greenroom.service.assets import Assets, FileName, file_name
from greenroom.service.node_info import NodeInfo
from greenroom.store import asset_records as rows
from greenroom.store import assets as asset_rows
from greenroom.store.database import Database

_BY_HASH = re.compile(r"(?:blake3:)?(?P<hash>[0-9a-f]{64})(?:\.\w{1,10})?")


@dataclass(frozen=True, slots=True)
class NamedGraph:
    """A graph that names every file by its place."""

    prompt: JsonValue
    text: bytes


class ContentNames:
    def __init__(self, database: Database, assets: Assets, nodes: NodeInfo) -> None:
        self._db = database
        self._assets = assets
        self._nodes = nodes

    async def put_in(self, principal: Principal, prompt: JsonValue) -> NamedGraph | None:
        """The graph with the places of its files; None when it has them already.

        What cannot be found stays as it is. INVALID_GRAPH.
        """
        references = list(file_references(prompt, self._nodes.view()))
        names = {one.name: file_name(one.name) for one in references}
        there = await self._assets.existing(principal, (n for n in names.values() if n is not None))
        missing = {text: name for text, name in names.items() if name not in there}
        found = {text: await self._find(principal, text, name) for text, name in missing.items()}
        places: dict[Place, JsonValue] = {
            one.place: place_of(asset)
            for one in references
            if (asset := found.get(one.name)) is not None
        }
        if not places:
            return None
        graph = replace_references(prompt, places)
        text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).encode()
        return NamedGraph(graph, text)

    async def locate(self, principal: Principal, text: str, exact: FileName | None) -> Asset:
        """The file at this place, else with this hash or name in whatever folder. NOT_FOUND."""
        if exact is not None:
            known = await self._assets.find(principal, exact)
            if known is not None and _is_kept(known, self._db.clock.now()):
                return known
        found = await self._find(principal, text, exact or file_name(text))
        if found is None:
            raise AppError(ErrorCode.NOT_FOUND, "There is no such file.")
        return found

    async def _find(self, principal: Principal, text: str, name: FileName | None) -> Asset | None:
        """By the hash that `text` is, else the newest file of this name."""
        hashed = _BY_HASH.fullmatch(text)
        now = self._db.clock.now()

        def read(tx: Connection) -> Asset | None:
            if hashed is not None:
                blob = BlobHash(hashed["hash"])
                known = rows.with_hash(tx, principal.tenant, blob, now)
                if known:
                    return known[0]
            if name is None:
                return None
            return asset_rows.newest_called(tx, principal.tenant, name.name, now)

        return await self._db.read(read)


def _is_kept(asset: Asset, now: Millis) -> bool:
    return asset.expires_at is None or asset.expires_at > now
