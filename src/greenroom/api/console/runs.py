"""How far a run is, as the UI shows it."""

from greenroom.api.console.shapes import Live
from greenroom.domain.clock import Millis
from greenroom.domain.ids import JobId
from greenroom.domain.progress import Progress


def live(job_id: JobId, progress: Progress, previews: int, now: Millis) -> Live:
    return Live(
        id=job_id,
        percent=progress.percent,
        node_id=progress.node.display_node_id if progress.node is not None else None,
        step=progress.step,
        total_steps=progress.total_steps,
        nodes_done=progress.nodes_done,
        total_nodes=progress.effective_total,
        cached_count=progress.cached_count,
        step_rate=progress.step_rate,
        eta_seconds=progress.eta_seconds(now),
        started_at=progress.started_at,
        preview=previews,
    )
