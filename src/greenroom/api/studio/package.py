"""One job as a ZIP: its record, its input pictures, and every file of its folder."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec
from aiohttp import web

from greenroom.api import archive
from greenroom.api.context import Call
from greenroom.api.studio import shapes
from greenroom.domain.asset import Asset, Root
from greenroom.domain.ids import JobId
from greenroom.domain.json import JsonObject
from greenroom.domain.output import is_file
from greenroom.domain.recipe import JobRecord
from greenroom.service.assets import FileName, file_name

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


async def download(call: Call) -> web.StreamResponse:
    """NOT_FOUND. The bytes pass through piece by piece, however many there are."""
    job_id = JobId(call.part("prompt_id"))
    found = await call.services.records.get(call.principal, job_id)
    record = msgspec.json.format(msgspec.json.encode(shapes.record(found)), indent=2)
    files = [*await _inputs(call, found), *await _outputs(call, found)]
    folder = found.recipe.output_dir if found.recipe else job_id[:12]
    return await archive.send(call.request, f"job_{folder}.zip", files, {"job.json": record})


async def _inputs(call: Call, found: JobRecord) -> list[tuple[str, Path]]:
    recipe = found.recipe
    names = [*(recipe.files.values() if recipe else ())]
    first = recipe.input_image if recipe else shapes.record(found)["input_image"]
    if isinstance(first, str) and first not in names:
        names.append(first)
    inputs = []
    for text in names:
        name = file_name(text)
        asset = await call.services.assets.find(call.principal, name) if name else None
        if asset is not None:
            inputs.append((safe_path("input", asset.name), call.services.assets.local_path(asset)))
    return inputs


async def _outputs(call: Call, found: JobRecord) -> list[tuple[str, Path]]:
    assets = call.services.assets
    if found.recipe is not None:
        folder = found.recipe.output_dir
        inside = await assets.in_folder(call.principal, Root.OUTPUT, folder)
        return [
            (safe_path("output", *_below(asset, folder), asset.name), assets.local_path(asset))
            for asset in inside
        ]
    return [
        (safe_path("output", asset.subfolder, asset.name), assets.local_path(asset))
        for asset in await _named(call, found)
    ]


async def _named(call: Call, found: JobRecord) -> list[Asset]:
    """The files that the outputs name; an earlier job's, when the run was answered from a cache."""
    assets: dict[str, Asset] = {}
    for item in _file_items(shapes.outputs(found)):
        root, folder = str(item.get("type") or "output"), str(item.get("subfolder") or "")
        name = FileName.checked(Root(root), folder, str(item["filename"]))
        asset = await call.services.assets.find(call.principal, name)
        if asset is not None:
            assets[asset.id] = asset
    return list(assets.values())


def _file_items(outputs: JsonObject) -> Iterator[JsonObject]:
    for node in outputs.values():
        for values in node.values() if isinstance(node, Mapping) else ():
            if isinstance(values, Sequence) and not isinstance(values, str):
                yield from (item for item in values if isinstance(item, Mapping) and is_file(item))


def _below(asset: Asset, folder: str) -> Iterable[str]:
    return PurePosixPath(asset.subfolder).relative_to(folder).parts


def safe_path(*parts: str) -> str:
    """A path inside an archive that stays there on every system."""
    return "/".join(_safe_parts(parts))


def _safe_parts(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        for name in part.replace("\\", "/").split("/"):
            if name not in {"", ".", ".."}:
                yield _UNSAFE.sub("_", name)
