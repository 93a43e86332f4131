"""`greenroom tenants`: see whose jobs wait, hold them back, let them go and limit them."""

from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import options, output
from greenroom.cli.asking import ask_running
from greenroom.domain.errors import AppError, ErrorCode

tenants = typer.Typer(no_args_is_help=True, help="See tenants, pause, resume and limit their jobs.")

_LONGEST_NUMBER = 9
_PATH = "/api/admin/tenants"

TenantId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The tenant's id; `default` without several tenants.")
]


class TenantLine(msgspec.Struct, frozen=True):
    """One tenant, as the server tells it."""

    id: str
    active: int
    paused: bool
    keys: int = 0
    max_running: int | None = None
    max_waiting: int | None = None


class TenantList(msgspec.Struct, frozen=True):
    tenants: list[TenantLine]


@tenants.command("list", epilog="Example: greenroom tenants list --json")
def list_tenants(
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List the tenants that have jobs, keys or limits, or are paused."""
    found = ask_running(
        server, data_dir, api_key, lambda client: client.ask("GET", _PATH, TenantList)
    )
    if as_json:
        output.emit(found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("id", "jobs", "queue", "keys", "runs at most", "waits at most"):
        table.add_column(title, no_wrap=True)
    for one in found.tenants:
        limits = ("" if most is None else str(most) for most in (one.max_running, one.max_waiting))
        table.add_row(escape(one.id), str(one.active), _word(one), str(one.keys), *limits)
    output.results.print(table)


@tenants.command("pause", epilog="Example: greenroom tenants pause default")
def pause_tenant(
    tenant_id: TenantId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Hold the tenant's waiting jobs back, also after a restart; what runs goes on."""
    _order(server, data_dir, api_key, f"{_PATH}/{tenant_id}/pause", as_json=as_json)


@tenants.command("resume", epilog="Example: greenroom tenants resume default")
def resume_tenant(
    tenant_id: TenantId,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Let the tenant's waiting jobs run again."""
    _order(server, data_dir, api_key, f"{_PATH}/{tenant_id}/resume", as_json=as_json)


@tenants.command("limit", epilog="Example: greenroom tenants limit school --running 2")
def limit_tenant(
    tenant_id: TenantId,
    running: Annotated[
        str | None, typer.Option(metavar="N", help="Jobs that run at once; none for no limit.")
    ] = None,
    waiting: Annotated[
        str | None, typer.Option(metavar="N", help="Jobs that wait; none for the server's limit.")
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Limit what the tenant may run and let wait; limits that are not named stay."""
    given = {"max_running": running, "max_waiting": waiting}
    told = {name: _most(text) for name, text in given.items() if text is not None}
    if not told:
        raise AppError(ErrorCode.BAD_REQUEST, "Give --running, --waiting or both.")
    path = f"{_PATH}/{tenant_id}"
    one = ask_running(
        server, data_dir, api_key, lambda client: client.ask("PATCH", path, TenantLine, json=told)
    )
    if as_json:
        output.emit(one)
        return
    output.results.print(
        f"{escape(one.id)}: at most {one.max_running or 'any'} run, {one.max_waiting or 'any'} wait"
    )


def _most(text: str) -> int | None:
    if text == "none":
        return None
    if not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise AppError(ErrorCode.BAD_REQUEST, f"{text!r} is neither a number nor 'none'.")
    return int(text)


def _order(
    server: str | None, data_dir: Path | None, api_key: str | None, path: str, *, as_json: bool
) -> None:
    tenant = ask_running(
        server, data_dir, api_key, lambda client: client.ask("POST", path, TenantLine)
    )
    if as_json:
        output.emit(tenant)
        return
    output.results.print(f"{escape(tenant.id)} is {_word(tenant)}: {tenant.active} jobs")


def _word(tenant: TenantLine) -> str:
    return "[yellow]paused[/]" if tenant.paused else "[green]open[/]"
