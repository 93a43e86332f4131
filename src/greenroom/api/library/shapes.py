"""Workflows and batches as this API shows them."""

from collections.abc import Sequence

from greenroom.domain.batch import Batch, BatchJob
from greenroom.domain.json import JsonValue
from greenroom.domain.library import Bound, Readiness, WorkflowVersion
from greenroom.domain.workflow.manifest_json import manifest_json


def workflow_line(version: WorkflowVersion, needs: Readiness) -> dict[str, JsonValue]:
    """A workflow in a list. Times are milliseconds since the Unix epoch."""
    return {
        "id": version.id,
        "name": version.name,
        "version": version.version,
        "type": version.kind.value,
        "category": version.manifest.category,
        "description": version.manifest.description,
        "tags": list(version.tags),
        "source": version.source,
        "created_at": version.created_at,
        "ready": needs.ready,
        "missing_models": list(needs.missing_models),
        "missing_nodes": list(needs.missing_nodes),
    }


def workflow_page(
    version: WorkflowVersion, versions: Sequence[int], needs: Readiness
) -> dict[str, JsonValue]:
    """A workflow with its form and what it needs."""
    return {
        **workflow_line(version, needs),
        "versions": list(versions),
        "inferred": version.inferred,
        "manifest": manifest_json(version.manifest),
        "readiness": _readiness(needs),
    }


def bound_run(version: WorkflowVersion, bound: Bound) -> dict[str, JsonValue]:
    """The prompt of a run, and what it was made of: the latter is to be sent along with it."""
    origin: JsonValue = {
        "workflow_id": version.id,
        "version": version.version,
        "params": bound.params,
        "seeds": dict(bound.seeds),
    }
    return {"prompt": bound.graph, "extra_data": {"greenroom": origin}}


def batch_state(batch: Batch) -> dict[str, JsonValue]:
    """How far a batch is; `counts` by the words of the job's states."""
    return {
        "batch_id": batch.id,
        "total": batch.total,
        "finished": batch.finished,
        "percent": batch.percent,
        "counts": {state.value: count for state, count in batch.counts.items()},
    }


def batch_job(member: BatchJob) -> dict[str, JsonValue]:
    return {
        "id": member.job_id,
        "label": member.label,
        "values": member.values,
        "seeds": dict(member.seeds),
    }


def _readiness(needs: Readiness) -> dict[str, JsonValue]:
    return {
        "workers": list(needs.workers),
        "models": [
            {"name": model.name, "folder": model.folder, "workers": list(model.workers)}
            for model in needs.models
        ],
        "nodes": [
            {"name": node.name, "pack": node.pack, "workers": list(node.workers)}
            for node in needs.nodes
        ],
    }
