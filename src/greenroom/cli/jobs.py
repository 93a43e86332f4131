"""`greenroom jobs`: list, show, watch and cancel jobs."""

from collections.abc import Iterator
from typing import Annotated, TypeAlias, TypeVar

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import options, output
from greenroom.cli.asking import ask_running
from greenroom.cli.client import Client
from greenroom.cli.exit_code import ExitCode
from greenroom.cli.follow import Follower
from greenroom.cli.job_story import JobStory, story_of
from greenroom.cli.moments import minute
from greenroom.cli.progress_bar import progress_bar
from greenroom.cli.sweep import cancel_batch
from greenroom.cli.wire import JobEntry, JobPage
from greenroom.domain.clock import SystemClock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.progress import Progress

T = TypeVar("T")

jobs = typer.Typer(no_args_is_help=True, help="List, show, watch and cancel jobs.")

JobId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]

_COLOURS = {
    "pending": "dim",
    "in_progress": "blue",
    "completed": "green",
    "failed": "red",
    "cancelled": "yellow",
}


@jobs.command("list", epilog="Example: greenroom jobs list --status failed,cancelled --limit 50")
def list_jobs(
    status: Annotated[
        str | None,
        typer.Option(help="pending, in_progress, completed, failed, cancelled; with commas."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    batch: Annotated[
        str | None, typer.Option(metavar="ID", help="Only the jobs of this sweep.")
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List the newest jobs."""
    page = ask_running(server, data_dir, api_key, lambda client: client.jobs(status, limit, batch))
    if as_json:
        output.emit(page)
        return
    _print_page(page)


@jobs.command("show", epilog="Example: greenroom jobs show 4f1c9a0e-3a55-4c0d-9f8e-0a7b6c5d4e3f")
def show_job(
    job_id: JobId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one job: its state, its times, its outputs, what went wrong."""
    job, story = ask_running(server, data_dir, api_key, lambda client: _show(client, job_id))
    if as_json:
        output.emit({**msgspec.to_builtins(job), **msgspec.to_builtins(story)})
        return
    _print_job(job, story)


@jobs.command("watch", epilog="Example: greenroom jobs watch 4f1c9a0e-3a55-4c0d-9f8e-0a7b6c5d4e3f")
def watch_job(
    job_id: JobId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Follow a job until it ends. With --json, a line for every change and the job as the last."""
    job = ask_running(
        server, data_dir, api_key, lambda client: _watch(client, job_id, as_json=as_json)
    )
    if as_json:
        output.emit_line({"job": job})
    else:
        _print_job(job)
    if not job.succeeded:
        raise typer.Exit(ExitCode.FAILED)


@jobs.command(
    "cancel", epilog="Example: greenroom jobs cancel 4f1c9a0e-3a55-4c0d-9f8e-0a7b6c5d4e3f"
)
def cancel_job(
    job_id: Annotated[str | None, typer.Argument(metavar="ID", help="The job's id.")] = None,
    batch: Annotated[
        str | None, typer.Option(metavar="ID", help="All that is left of this sweep.")
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask a job to stop, or the rest of a sweep; a job that has ended stays as it is."""
    if (job_id is None) == (batch is None):
        raise AppError(ErrorCode.BAD_REQUEST, "Give the id of a job, or --batch with one.")
    if batch is not None:
        count = ask_running(server, data_dir, api_key, lambda client: cancel_batch(client, batch))
        _print_batch_cancel(batch, count, as_json=as_json)
    elif job_id is not None:
        asked = ask_running(server, data_dir, api_key, lambda client: _cancel(client, job_id))
        if as_json:
            output.emit({"id": job_id, "cancelled": asked})
            return
        output.results.print("It is being stopped." if asked else "It had ended already.")


def _print_batch_cancel(batch_id: str, count: int, *, as_json: bool) -> None:
    if as_json:
        output.emit({"batch_id": batch_id, "cancelled": count})
        return
    output.results.print(f"{count} jobs are being stopped." if count else "It had ended already.")


async def _show(client: Client, job_id: str) -> tuple[JobEntry, JobStory]:
    return await client.job(job_id), await story_of(client, job_id)


async def _cancel(client: Client, job_id: str) -> bool:
    await client.job(job_id)
    return await client.cancel(job_id)


async def _watch(client: Client, job_id: str, *, as_json: bool) -> JobEntry:
    job = await client.job(job_id)
    graph = {name: dict(node) for name, node in job.graph.items() if isinstance(node, dict)}
    clock = SystemClock()
    with progress_bar(graph, clock, quiet=as_json) as bar:

        def show(snapshot: Progress) -> None:
            if as_json:
                output.emit_line(_as_json(snapshot, snapshot.eta_seconds(clock.now())))
            bar(snapshot)

        return await Follower(client, graph, show, clock).to_the_end(job_id, job.client_id)


def _as_json(snapshot: Progress, left: int | None) -> dict[str, object]:
    return {
        "node": snapshot.node.display_node_id if snapshot.node else None,
        "step": snapshot.step,
        "total_steps": snapshot.total_steps,
        "percent": snapshot.percent,
        "eta_seconds": left,
    }


def _print_page(page: JobPage) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("id", "status", "took", "outputs", "why"):
        table.add_column(title, no_wrap=title in {"id", "status"})
    for job in page.jobs:
        took = "" if job.seconds is None else f"{job.seconds:.1f} s"
        outputs = str(job.outputs_count or "")
        table.add_row(job.id, _coloured(job.status), took, outputs, escape(job.why))
    output.results.print(table)
    shown, total = len(page.jobs), page.pagination.total
    if shown < total:
        output.notes.print(f"{shown} of {total}; --limit shows more.")


def _print_job(job: JobEntry, story: JobStory | None = None) -> None:
    output.results.print(f"{job.id}  {_coloured(job.status)}")
    for line in _course(job, story):
        output.results.print(escape(line))
    told = list(story.lines()) if story else []
    for line in told or filter(None, [job.why]):
        output.results.print(f"[red]{escape(line)}[/]")
    for node_id, node in (job.outputs or {}).items():
        for key, values in node.items():
            for value in values if isinstance(values, list) else [values]:
                name = value.get("filename") if isinstance(value, dict) else value
                output.results.print(escape(f"node {node_id} {key}: {name}"))


def _course(job: JobEntry, story: JobStory | None) -> Iterator[str]:
    """Where it came from, how long it waited and ran, and where."""
    if job.workflow_id:
        yield f"workflow {job.workflow_id}"
    if job.create_time is not None:
        waited = "" if job.waited is None else f", waited {job.waited:.1f} s"
        yield f"submitted {minute(job.create_time)}{waited}"
    worker = f" on {story.attempts[-1].worker}" if story and story.attempts else ""
    if job.seconds is not None:
        yield f"took {job.seconds:.1f} s{worker}"
    elif worker and job.status == "in_progress":
        yield f"runs{worker}"


def _coloured(status: str) -> str:
    colour = _COLOURS.get(status, "default")
    return f"[{colour}]{escape(status)}[/]"
