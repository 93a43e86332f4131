"""Turn what a node wrote into assets, and its `ui` dict into one that names them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from greenroom.domain.asset import Root
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output import is_file
from greenroom.domain.run import NodeOutput
from greenroom.engine.base import Engine, Run
from greenroom.service.assets import Assets, FileName
from greenroom.service.queue import Assignment


class Collector:
    """Collects the outputs of one run."""

    def __init__(
        self, assignment: Assignment, run: Run, engine: Engine, assets: Assets, scratch: Path
    ) -> None:
        self._assignment = assignment
        self._run = run
        self._engine = engine
        self._assets = assets
        self._scratch = scratch

    async def collect(self, event: NodeOutput) -> JsonObject:
        """Store every file of the output; the result names them as they are kept."""
        collected: dict[str, JsonValue] = {}
        for key, values in event.output.items():
            if isinstance(values, str) or not isinstance(values, Sequence):
                collected[key] = values
                continue
            collected[key] = [await self._keep(event, value) for value in values]
        return collected

    async def _keep(self, event: NodeOutput, item: JsonValue) -> JsonValue:
        if not isinstance(item, Mapping) or not is_file(item):
            return item
        path = await self._engine.fetch(self._run, item, self._scratch)
        asset = await self._assets.store_output(
            self._assignment.job,
            self._assignment.lease.token,
            event.node.display_node_id,
            _wanted_name(item),
            path,
            reuse=event.cached,
        )
        return {**item, "filename": asset.name, "subfolder": asset.subfolder}


def _wanted_name(item: Mapping[str, JsonValue]) -> FileName:
    return FileName.checked(
        Root(str(item.get("type") or Root.OUTPUT)),
        str(item.get("subfolder") or ""),
        str(item["filename"]),
    )
