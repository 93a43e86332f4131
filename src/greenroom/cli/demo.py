"""`greenroom demo`: a real image workflow on a server of its own, from HTTP to the picture."""

import shlex
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from greenroom.cli import event_loop, options, output
from greenroom.cli.exit_code import ExitCode
from greenroom.cli.run import Order, Outcome, run_to_the_end, send_files
from greenroom.cli.server_choice import Reached, own_server
from greenroom.cli.workflow_file import read_workflow
from greenroom.config import Config
from greenroom.domain.errors import AppError, ErrorCode

EXAMPLE = "greenroom demo --output-dir demo-output"

_PLACES = (Path(__file__).parent / "demo_files", Path(__file__).parents[3] / "examples" / "demo")
"""In an installed package, and in a checkout."""


def demo(
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where the picture goes.")
    ] = Path("demo-output"),
    as_json: options.AsJson = False,
) -> None:
    """Start a server with a data folder of its own, run an image workflow, show the picture."""
    began = time.monotonic()
    outcome = event_loop.run(_demo(_order(output_dir, as_json=as_json)))
    took = time.monotonic() - began
    if as_json:
        output.emit({"job": outcome.job, "files": [str(path) for path in outcome.files]})
    else:
        _print(outcome, took)
    if not outcome.job.succeeded:
        raise typer.Exit(ExitCode.FAILED)


def _order(output_dir: Path, *, as_json: bool) -> Order:
    folder = next((place for place in _PLACES if place.is_dir()), None)
    if folder is None:
        raise AppError(ErrorCode.NOT_FOUND, "The demo's workflow was not installed.")
    graph = read_workflow(folder / "workflow.json")
    return Order(graph, (f"1.image={folder / 'dusk.png'}",), output_dir, as_json)


async def _demo(order: Order) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="greenroom-demo-") as folder:
        config = replace(Config(), data_dir=Path(folder), engine="cpu")
        async with own_server(config) as client:
            if not order.as_json:
                output.notes.print(f"A server runs at {client.url}")
            await send_files(client, order.graph, order.files)
            return await run_to_the_end(Reached(client, in_process=True), order)


def _print(outcome: Outcome, took: float) -> None:
    if not outcome.job.succeeded:
        output.notes.print(
            f"[red]The demo's job {outcome.job.status}:[/] {escape(outcome.job.why)}"
        )
        return
    for path in outcome.files:
        output.results.print(f"The picture: [bold]{escape(str(path.resolve()))}[/]")
    output.results.print(f"From an empty folder to the picture: {took:.1f} s.")
    serve = "make serve" if Path("Makefile").exists() else shlex.join(["greenroom", "serve"])
    output.results.print(f"Serve for real: [bold]{serve}[/]  (http://127.0.0.1:8190)")
