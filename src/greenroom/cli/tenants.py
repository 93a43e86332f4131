"""`greenroom tenants`: see whose jobs wait, hold them back and let them go."""

from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import options, output
from greenroom.cli.asking import ask_running

tenants = typer.Typer(no_args_is_help=True, help="See tenants, pause and resume their jobs.")

_PATH = "/api/admin/tenants"

TenantId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The tenant's id; `default` without several tenants.")
]


class TenantLine(msgspec.Struct, frozen=True):
    """One tenant, as the server tells it."""

    id: str
    active: int
    paused: bool


class TenantList(msgspec.Struct, frozen=True):
    tenants: list[TenantLine]


@tenants.command("list", epilog="Example: greenroom tenants list --json")
def list_tenants(
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List the tenants that have jobs or are paused."""
    found = ask_running(
        server, data_dir, api_key, lambda client: client.ask("GET", _PATH, TenantList)
    )
    if as_json:
        output.emit(found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("id", "jobs", "queue"):
        table.add_column(title, no_wrap=True)
    for tenant in found.tenants:
        table.add_row(escape(tenant.id), str(tenant.active), _word(tenant))
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
