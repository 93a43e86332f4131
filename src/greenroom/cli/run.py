"""`greenroom run`: send a workflow, follow it, write its outputs."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from greenroom.cli import event_loop, options, output
from greenroom.cli.client import Client
from greenroom.cli.exit_code import ExitCode
from greenroom.cli.follow import Follower
from greenroom.cli.given_workflow import (
    GivenWorkflow,
    given_workflow,
    parse_params,
    placed_axes,
    resolve,
    with_explicit_seeds,
)
from greenroom.cli.outputs import write_outputs
from greenroom.cli.progress_bar import progress_bar
from greenroom.cli.server_choice import Reached, client_config, reach
from greenroom.cli.sweep import SweepOutcome, print_sweep, run_sweep
from greenroom.cli.webhook_wish import ToldEvents, WebhookWish, until_tried
from greenroom.cli.wire import JobEntry
from greenroom.cli.workflow_file import Graph, set_values, split_assignment
from greenroom.config import Config
from greenroom.domain import ids
from greenroom.domain.clock import SystemClock
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject

EXAMPLE = "greenroom run portrait.json --input 1.image=me.png --set 3.steps=30 --output-dir out"


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, and where its files go."""

    graph: Graph
    files: tuple[str, ...]
    """NODE.INPUT=FILE"""
    output_dir: Path
    as_json: bool
    extra_data: JsonObject = field(default_factory=dict)
    webhook: WebhookWish = field(default_factory=WebhookWish)


@dataclass(frozen=True, slots=True)
class Outcome:
    job: JobEntry
    files: list[Path]

    @property
    def succeeded(self) -> bool:
        return self.job.succeeded


@dataclass(frozen=True, slots=True)
class _Wish:
    """The command line, checked as far as it can be without a server."""

    given: GivenWorkflow
    values: tuple[str, ...]
    files: tuple[str, ...]
    params: tuple[str, ...]
    axes: tuple[str, ...]
    output_dir: Path
    as_json: bool
    webhook: WebhookWish

    def check(self) -> None:
        """BAD_REQUEST for what cannot be, before anything starts."""
        self.webhook.check(sweeps=bool(self.axes))
        if self.params and self.given.file is not None:
            message = "--param is for workflows of the library; a file's nodes take --set."
            raise AppError(ErrorCode.BAD_REQUEST, message)
        for assignment in self.files:
            _check_file(assignment)
        graph = self.given.prompt
        if graph is not None:
            set_values(graph, self.values)
            for assignment in self.files:
                split_assignment(graph, assignment)


def run(
    workflow: Annotated[
        str,
        typer.Argument(
            metavar="WORKFLOW",
            help="JSON in either format, a picture or film with a workflow inside, or a name in "
            "the library.",
        ),
    ],
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NODE.INPUT=VALUE", help="Change an input. Repeatable."),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NODE.INPUT=FILE", help="Send a file. Repeatable."),
    ] = None,
    params: Annotated[
        list[str] | None,
        typer.Option(
            "--param", metavar="NAME=VALUE", help="Fill in the library's form. Repeatable."
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            "--sweep",
            metavar="NODE.INPUT=VALUES",
            help="A job for each value: 3.seed=1..8 or 6.text=a,b. Repeatable.",
        ),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where the outputs go.")
    ] = Path(),
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", metavar="URL", help="Tell this URL what becomes of it."),
    ] = None,
    webhook_events: Annotated[
        ToldEvents | None,
        typer.Option(
            "--webhook-events",
            help="final: how each job ends, and how a sweep does; all: that they wait and run, "
            "too; batch: the end of a sweep alone.",
        ),
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Run a workflow and write its outputs; without a running server, in this process."""
    wish = _Wish(
        given_workflow(workflow), tuple(values or ()), tuple(files or ()), tuple(params or ()),
        tuple(sweep or ()), output_dir, as_json, WebhookWish(webhook, webhook_events),
    )  # fmt: skip
    wish.check()
    outcome = event_loop.run(_run(wish, server, client_config(data_dir, api_key)))
    if isinstance(outcome, SweepOutcome):
        print_sweep(outcome, as_json=as_json)
    else:
        _print(outcome, as_json=as_json)
    if not outcome.succeeded:
        raise typer.Exit(ExitCode.FAILED)


async def _run(wish: _Wish, server: str | None, config: Config) -> Outcome | SweepOutcome:
    async with reach(server, config) as reached:
        outcome = await _outcome(wish, reached)
        told = wish.webhook.url is None or not reached.in_process
        if not told and not await until_tried(reached.client) and not wish.as_json:
            output.notes.print("The webhook is sent by the next server on this data folder.")
        return outcome


async def _outcome(wish: _Wish, reached: Reached) -> Outcome | SweepOutcome:
    order = await _order(wish, reached.client)
    if not wish.axes:
        return await run_to_the_end(reached, order)
    body = {"prompt": order.graph, "extra_data": order.extra_data, **order.webhook.fields}
    axes = await placed_axes(wish.axes, wish.given, reached.client)
    return await run_sweep(reached, body, axes, order.output_dir, quiet=order.as_json)


async def _order(wish: _Wish, client: Client) -> Order:
    """The graph as the server's nodes make it, with values, files and seeds in it."""
    graph, extra_data = await resolve(wish.given, client, parse_params(wish.params))
    set_values(graph, wish.values)
    await send_files(client, graph, wish.files)
    graph = await with_explicit_seeds(graph, client)
    return Order(graph, wish.files, wish.output_dir, wish.as_json, extra_data, wish.webhook)


async def run_to_the_end(reached: Reached, order: Order) -> Outcome:
    """Submit the graph, show its progress, and write what it made."""
    client, clock = reached.client, SystemClock()
    client_id = ids.new_session_id()
    job_id = ids.new_job_id()
    body: dict[str, object] = {"prompt": order.graph, "client_id": client_id, "prompt_id": job_id}
    if order.extra_data:
        body["extra_data"] = order.extra_data
    body |= order.webhook.fields
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


def _check_file(assignment: str) -> None:
    text = assignment.partition("=")[2]
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
