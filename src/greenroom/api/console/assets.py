"""Files: pages, ZIP, delete."""

import msgspec
from aiohttp import web

from greenroom.api import archive
from greenroom.api.console import bodies, cards, cursors, links, queries
from greenroom.api.console.shapes import AssetPage, AssetView, Changed, Ids, Output
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.asset import Asset, Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import AssetId, JobId
from greenroom.service.assets import FileName


async def page(call: Call) -> web.StreamResponse:
    search, after = queries.asset_search(call), cursors.read(call.query("cursor"))
    limit = queries.limit(call, 100)
    found = await call.services.browse.assets(call.principal, search, after, limit)
    return json_response(AssetPage([_view(one) for one in found.assets], cursors.write(found.next)))


async def delete(call: Call) -> web.StreamResponse:
    wanted = [AssetId(one) for one in (await bodies.read(call, Ids)).ids]
    return json_response(Changed(list(await call.services.assets.delete(call.principal, wanted))))


async def download(call: Call) -> web.StreamResponse:
    """The files named by `ids`, separated by commas, as one ZIP. NOT_FOUND when none is there."""
    wanted = [AssetId(one) for one in (call.query("ids") or "").split(",") if one]
    found = await call.services.assets.get_many(call.principal, wanted)
    if not found:
        raise AppError(ErrorCode.NOT_FOUND, "None of these files is there.")
    files = [(one.name, call.services.assets.local_path(one)) for one in found]
    return await archive.send(call.request, "assets.zip", files, {})


async def package(call: Call) -> web.StreamResponse:
    """One job's record, graph and output files as a ZIP. NOT_FOUND."""
    job_id = JobId(call.part("job_id"))
    detail = await call.services.jobs.detail(call.principal, job_id)
    if detail is None:
        raise AppError(ErrorCode.NOT_FOUND, "There is no such job.")
    outputs = cards.outputs(cards.decoded(detail.result.outputs) if detail.result else {})
    files = [
        (f"output/{asset.name}", call.services.assets.local_path(asset))
        for output in outputs
        if output.name and (asset := await _made(call, output)) is not None
    ]
    texts = {
        "job.json": msgspec.json.format(msgspec.json.encode(detail.job)),
        "prompt.json": detail.payload.to_run,
    }
    return await archive.send(call.request, f"job_{job_id[:12]}.zip", files, texts)


async def _made(call: Call, output: Output) -> Asset | None:
    """The file of an output; an earlier job's when the engine answered from its cache."""
    name = FileName.checked(Root(output.folder), output.subfolder, output.name)
    return await call.services.assets.find(call.principal, name)


def _view(asset: Asset) -> AssetView:
    place = asset.root.value, asset.subfolder, asset.name
    return AssetView(
        id=asset.id,
        name=asset.name,
        folder=asset.root.value,
        subfolder=asset.subfolder,
        kind=links.kind_of(asset.name),
        mime=asset.mime,
        size=asset.size,
        width=asset.extent.width,
        height=asset.extent.height,
        duration_ms=asset.extent.duration_ms,
        created_at=asset.created_at,
        job_id=asset.job_id,
        url=links.file_url(*place),
        thumbnail=links.thumbnail_url(*place),
    )
