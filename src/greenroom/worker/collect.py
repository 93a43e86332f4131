"""Turn what a node wrote into assets, and its `ui` dict into one that names them."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from greenroom.domain.asset import Asset, Root
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.output import is_file
from greenroom.domain.run import NodeOutput
from greenroom.engine.base import Engine, Run
from greenroom.service.assets import Assets, FileName, MadeFile
from greenroom.service.queue import Assignment

_AT_ONCE = 4
"""Files that are fetched at the same time."""


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
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def collect(self, event: NodeOutput) -> JsonObject:
        """Store every file of the output; the result names them as they are kept."""
        items = list(_files(event.output))
        names = [_wanted_name(item) for item in items]
        paths = await self._fetch_all(items)
        return await self._assets.keep_output(
            self._assignment.job,
            self._assignment.lease.token,
            event.node.display_node_id,
            [MadeFile(*file) for file in zip(names, paths, strict=True)],
            lambda kept: _named(event.output, iter(kept)),
            reuse=event.cached,
        )

    async def _fetch_all(self, items: Sequence[Mapping[str, JsonValue]]) -> list[Path]:
        tasks = [asyncio.create_task(self._fetch(item)) for item in items]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, item: Mapping[str, JsonValue]) -> Path:
        async with self._room:
            return await self._engine.fetch(self._run, item, self._scratch)


def _items(values: JsonValue) -> Sequence[JsonValue]:
    """The entries of one list of a `ui` dict; a text is none."""
    return values if isinstance(values, Sequence) and not isinstance(values, str) else ()


def _files(output: JsonObject) -> Iterator[Mapping[str, JsonValue]]:
    for values in output.values():
        for item in _items(values):
            if isinstance(item, Mapping) and is_file(item):
                yield item


def _named(output: JsonObject, kept: Iterator[Asset]) -> JsonObject:
    """The `ui` dict with its files called as they are kept, in the order of _files."""

    def named(item: JsonValue) -> JsonValue:
        if not isinstance(item, Mapping) or not is_file(item):
            return item
        asset = next(kept)
        return {**item, "filename": asset.name, "subfolder": asset.subfolder}

    return {
        key: values if isinstance(values, str) or not isinstance(values, Sequence)
        else [named(item) for item in values]
        for key, values in output.items()
    }  # fmt: skip


def _wanted_name(item: Mapping[str, JsonValue]) -> FileName:
    return FileName.checked(
        Root(str(item.get("type") or Root.OUTPUT)),
        str(item.get("subfolder") or ""),
        str(item["filename"]),
    )
