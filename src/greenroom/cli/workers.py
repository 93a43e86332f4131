"""`greenroom workers`: see, add, steer and remove workers."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import options, output
from greenroom.cli.asking import ask_running
from greenroom.domain.worker import parse_labels

T = TypeVar("T")

workers = typer.Typer(no_args_is_help=True, help="See, add, steer and remove workers.")

_PATH = "/api/admin/workers"
_COLOURS = {"up": "green", "down": "red", "quarantined": "red", "starting": "dim"}

WorkerId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The worker's id.")]


class WorkerLine(msgspec.Struct, frozen=True):
    """One worker, as the server tells it."""

    id: str
    kind: str
    status: str
    url: str | None = None
    reason: str | None = None
    jobs: list[str] = []
    labels: dict[str, str] = {}
    added: bool = False
    last_seen_at: int = 0
    remote: bool = False
    address: str | None = None
    latency_ms: float | None = None
    restarts: int | None = None
    restart_reason: str | None = None


class WorkerList(msgspec.Struct, frozen=True):
    workers: list[WorkerLine]


@workers.command("list", epilog="Example: greenroom workers list --json")
def list_workers(
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List the workers: how each is, why, and what it runs."""
    found = ask_running(
        server, data_dir, api_key, lambda client: client.ask("GET", _PATH, WorkerList)
    )
    if as_json:
        output.emit(found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("id", "status", "where", "labels", "runs", "why"):
        table.add_column(title, no_wrap=title in {"id", "status"})
    for worker in found.workers:
        runs, why = ", ".join(worker.jobs), escape(worker.reason or "")
        labels = escape(" ".join(f"{name}={value}" for name, value in worker.labels.items()))
        table.add_row(worker.id, _coloured(worker.status), _where(worker), labels, runs, why)
    output.results.print(table)


@workers.command("add", epilog="Example: greenroom workers add http://10.0.0.7:8188")
def add_worker(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where the ComfyUI listens.")],
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="What it is: hardware=AMPERE_48. Repeatable."),
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Let a ComfyUI run jobs, from now on and after every restart; it need not be up."""
    body = {"url": address, "labels": parse_labels(label or ())}
    _change(server, data_dir, api_key, _PATH, as_json=as_json, json=body)


@workers.command("pause", epilog="Example: greenroom workers pause comfyui-1f09ab3c")
def pause_worker(
    worker_id: WorkerId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Give the worker no more jobs for now; what it runs goes on."""
    _change(server, data_dir, api_key, f"{_PATH}/{worker_id}/pause", as_json=as_json)


@workers.command("resume", epilog="Example: greenroom workers resume comfyui-1f09ab3c")
def resume_worker(
    worker_id: WorkerId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Put a worker to work again that was paused, drained, or kept out after a fault."""
    _change(server, data_dir, api_key, f"{_PATH}/{worker_id}/resume", as_json=as_json)


@workers.command("drain", epilog="Example: greenroom workers drain comfyui-1f09ab3c")
def drain_worker(
    worker_id: WorkerId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Let the worker finish what it runs and take nothing more, also after a restart."""
    _change(server, data_dir, api_key, f"{_PATH}/{worker_id}/drain", as_json=as_json)


@workers.command("remove", epilog="Example: greenroom workers remove comfyui-1f09ab3c")
def remove_worker(
    worker_id: WorkerId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Remove a worker; what it runs is stopped there and waits for another one."""
    ask_running(
        server, data_dir, api_key, lambda client: client.ask("DELETE", f"{_PATH}/{worker_id}", Any)
    )
    if as_json:
        output.emit({"id": worker_id, "removed": True})
        return
    output.results.print(f"{escape(worker_id)} is removed.")


def _change(
    server: str | None, data_dir: Path | None, api_key: str | None, path: str, *,
    as_json: bool, json: object = None,
) -> None:  # fmt: skip
    worker = ask_running(
        server, data_dir, api_key, lambda client: client.ask("POST", path, WorkerLine, json=json)
    )
    if as_json:
        output.emit(worker)
        return
    why = f": {escape(worker.reason)}" if worker.reason else ""
    output.results.print(f"{escape(worker.id)} is {_coloured(worker.status)}{why}")


def _where(worker: WorkerLine) -> str:
    """The machine, for one elsewhere; its URL is no address that others could use."""
    if not worker.remote:
        return escape(worker.url or "built in")
    if worker.address is None:
        return "elsewhere"
    latency = "" if worker.latency_ms is None else f" ({worker.latency_ms:.0f} ms)"
    return escape(f"from {worker.address}{latency}")


def _coloured(status: str) -> str:
    return f"[{_COLOURS.get(status, 'yellow')}]{escape(status)}[/]"
