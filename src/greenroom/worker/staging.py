"""Bring the files that a graph reads to the engine."""

from greenroom.domain.asset import Asset
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DEFAULT_TENANT
from greenroom.domain.principal import Principal
from greenroom.domain.workflow.validate import referenced_files
from greenroom.engine.base import InputFile, Run
from greenroom.service.assets import Assets, file_name
from greenroom.service.node_info import NodeInfo
from greenroom.service.queue import Assignment


async def stage(assignment: Assignment, assets: Assets, nodes: NodeInfo) -> Run:
    """The run with its input files on this machine. NOT_FOUND when one is gone meanwhile."""
    principal = Principal(assignment.job.tenant)
    inputs = []
    for text in referenced_files(assignment.graph, nodes.view(), assignment.outputs):
        name = file_name(text)
        asset = await assets.find(principal, name) if name else None
        if asset is None:
            raise AppError(ErrorCode.NOT_FOUND, f"the input file {text} is gone")
        inputs.append(_input_file(asset, assets))
    return Run(
        job_id=assignment.job.id,
        attempt=assignment.attempt,
        graph=assignment.graph,
        outputs=assignment.outputs,
        extra_data=assignment.extra_data,
        inputs=tuple(inputs),
        tenant=assignment.job.tenant or DEFAULT_TENANT,
        fresh=assignment.attempt == 1 and not assignment.resumed,
    )


def _input_file(asset: Asset, assets: Assets) -> InputFile:
    path = assets.local_path(asset)
    return InputFile(asset.root, asset.subfolder, asset.name, path, digest=asset.blob)
