"""`greenroom worker`: let this machine's ComfyUIs run the jobs of a server elsewhere."""

import contextlib
import logging
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from rich.markup import escape

from greenroom.assets.storage_error import storage_error
from greenroom.cli import event_loop, options, output
from greenroom.cli.stop import Stop
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.quantity import size
from greenroom.domain.worker import parse_labels
from greenroom.telemetry.logs import logging_to
from greenroom.worker_process import WorkerProcess, WorkerSettings, working

EXAMPLE = (
    "greenroom worker --server https://greenroom.example --token KEY --launch 'python main.py'"
)

_LEVELS = ("debug", "info", "warning", "error")
_log = logging.getLogger(__name__)


def worker(
    server: Annotated[
        str,
        typer.Option(
            "--server", envvar="GREENROOM_SERVER", metavar="URL", help="The server to work for."
        ),
    ],
    token: Annotated[
        str | None,
        typer.Option(
            "--token", envvar="GREENROOM_TOKEN", metavar="KEY",
            help="A key from `greenroom keys create NAME --role worker`.",
        ),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option(
            envvar="GREENROOM_INSTANCE", metavar="ID",
            help="The instance of a deployment that this machine was started as.",
        ),
    ] = None,
    comfyui: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A ComfyUI of this machine; may be given more than once."),
    ] = None,
    launch: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Own a ComfyUI: 'python main.py'.")
    ] = None,
    gpus: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="GPUs that get one --launch each, as 0,1 (else all)."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Tell this about the worker; repeatable."),
    ] = None,
    cancel_grace: Annotated[
        float, typer.Option(help="How long a node may ignore a cancel, in seconds.")
    ] = 30.0,
    drain_seconds: Annotated[
        float, typer.Option(help="How long a stop waits for running jobs.")
    ] = 10.0,
    keep_inputs: Annotated[
        str, typer.Option(metavar="SIZE", help="How much of jobs' input files is kept.")
    ] = "4GB",
    data_dir: options.DataDir = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """Run the jobs of a server elsewhere on this machine's ComfyUIs, until Ctrl-C or SIGTERM.

    It connects to the server, so it may stand behind a router or a proxy.
    """
    if log_level not in _LEVELS:
        raise AppError(ErrorCode.BAD_REQUEST, f"the log level is one of {', '.join(_LEVELS)}")
    settings = WorkerSettings(
        server=server,
        folder=(data_dir or Path(platformdirs.user_data_path("greenroom-worker"))).absolute(),
        token=token,
        urls=tuple(comfyui or ()),
        launch=launch,
        gpus=gpus,
        labels=tuple(parse_labels(label or ()).items()),
        instance=instance or None,
        cancel_grace=cancel_grace,
        drain=drain_seconds,
        keep_inputs=size(keep_inputs),
    )
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(logging_to(settings.folder / "logs", log_level))
        except OSError as error:
            raise storage_error(error) from error
        event_loop.run(_work(settings, as_json=as_json))


async def _work(settings: WorkerSettings, *, as_json: bool) -> None:
    stop = Stop()
    stop.listen()
    async with working(settings) as process:
        _announce(process, as_json=as_json)
        await process.work(stop.asked)
    _log.info("stopped")


def _announce(process: WorkerProcess, *, as_json: bool) -> None:
    url = process.settings.server
    posts = [outpost.post for outpost in process.outposts]
    if as_json:
        told = [{"id": post.worker, "url": post.url, "labels": post.labels} for post in posts]
        output.emit_line({"server": url, "workers": told})
        return
    output.results.print(f"[bold]Greenroom[/] worker for [bold]{escape(url)}[/]")
    for post in posts:
        output.results.print(f"  {post.worker}  {escape(post.url)}")
    output.results.print("  Ctrl-C lets running jobs end and stops.")
