"""`greenroom run`: send a workflow, follow it, write its outputs."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from greenroom.cli import event_loop, options, output
from greenroom.cli.client import Client
from greenroom.cli.exit_code import ExitCode
from greenroom.cli.follow import Follower
from greenroom.cli.outputs import write_outputs
from greenroom.cli.progress_bar import progress_bar
from greenroom.cli.server_choice import Reached, client_config, reach
from greenroom.cli.wire import JobEntry
from greenroom.cli.workflow_file import Graph, read_workflow, set_values, split_assignment
from greenroom.config import Config
from greenroom.domain import ids
from greenroom.domain.clock import SystemClock
from greenroom.domain.errors import AppError, ErrorCode

EXAMPLE = "greenroom run portrait.json --input 1.image=me.png --set 3.steps=30 --output-dir out"


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, and where its files go."""

    graph: Graph
    files: tuple[str, ...]
    """NODE.INPUT=FILE"""
    output_dir: Path
    as_json: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    job: JobEntry
    files: list[Path]


def run(
    workflow: Annotated[Path, typer.Argument(metavar="WORKFLOW.json", help="In API format.")],
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NODE.INPUT=VALUE", help="Change an input. Repeatable."),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NODE.INPUT=FILE", help="Send a file. Repeatable."),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where the outputs go.")
    ] = Path(),
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Run a workflow and write its outputs; without a running server, in this process."""
    graph = read_workflow(workflow)
    set_values(graph, values or ())
    order = Order(graph, tuple(files or ()), output_dir, as_json)
    for assignment in order.files:
        _file_of(graph, assignment)
    outcome = event_loop.run(_run(order, server, client_config(data_dir, api_key)))
    _print(outcome, as_json=as_json)
    if not outcome.job.succeeded:
        raise typer.Exit(ExitCode.FAILED)


async def _run(order: Order, server: str | None, config: Config) -> Outcome:
    async with reach(server, config) as reached:
        await send_files(reached.client, order.graph, order.files)
        return await run_to_the_end(reached, order)


async def run_to_the_end(reached: Reached, order: Order) -> Outcome:
    """Submit the graph, show its progress, and write what it made."""
    client, clock = reached.client, SystemClock()
    client_id = ids.new_session_id()
    job_id = ids.new_job_id()
    body = {"prompt": order.graph, "client_id": client_id, "prompt_id": job_id}
    accepted = await client.submit(body)
    if accepted.node_errors and not order.as_json:
        nodes = ", ".join(accepted.node_errors)
        output.notes.print(f"Left out, because of errors: {escape(nodes)}")
    with progress_bar(order.graph, clock, quiet=order.as_json) as show:
        try:
            follower = Follower(client, order.graph, show, clock)
            job = await follower.to_the_end(job_id, client_id)
        except asyncio.CancelledError:
            if reached.in_process:
                await asyncio.shield(client.cancel(job_id))
            elif not order.as_json:
                output.notes.print(f"The job goes on: greenroom jobs watch {job_id}")
            raise
    return Outcome(job, await write_outputs(client, job, order.output_dir))


async def send_files(client: Client, graph: Graph, assignments: Iterable[str]) -> None:
    """Upload every NODE.INPUT=FILE and let the input name what the server stored."""
    for assignment in assignments:
        place, text = split_assignment(graph, assignment)
        stored = await client.upload(Path(text))
        graph[place.node].setdefault("inputs", {})[place.name] = stored.value


def _file_of(graph: Graph, assignment: str) -> None:
    _, text = split_assignment(graph, assignment)
    if not Path(text).is_file():
        raise AppError(ErrorCode.BAD_REQUEST, f"There is no file {text}.")


def _print(outcome: Outcome, *, as_json: bool) -> None:
    job = outcome.job
    if as_json:
        output.emit({"job": job, "files": [str(path) for path in outcome.files]})
        return
    for path in outcome.files:
        output.results.print(escape(str(path)))
    if not job.succeeded:
        reason = f": {job.why}" if job.why else "."
        output.notes.print(f"[red]Job {job.id} {job.status}[/]{escape(reason)}")
