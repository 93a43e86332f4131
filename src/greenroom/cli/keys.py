"""`greenroom keys`: make, list and revoke API keys."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import event_loop, options, output
from greenroom.cli.key_access import KeyAccess, KeyLine, key_access
from greenroom.cli.moments import minute
from greenroom.cli.server_choice import client_config
from greenroom.domain.api_key import KeyRole

T = TypeVar("T")

Tenant: TypeAlias = Annotated[
    str | None, typer.Option("--tenant", metavar="ID", help="For the operator: another tenant's.")
]

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


@keys.command("create", epilog="Example: greenroom keys create laptop")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What or whom it is for.")],
    role: Annotated[
        KeyRole, typer.Option(help="client, or worker for a `greenroom worker` elsewhere.")
    ] = KeyRole.CLIENT,
    tenant: Tenant = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it, once. From a client's first key on, every request must show one."""
    made = _ask(server, data_dir, api_key, lambda access: access.create(name, role, tenant))
    if as_json:
        output.emit(made)
        return
    output.results.print(made.key, markup=False)
    if role is KeyRole.WORKER:
        output.notes.print(
            "It is shown only now. On the other machine:\n"
            "  greenroom worker --server URL --token KEY"
        )
        return
    output.notes.print(
        "It is shown only now. From now on requests must show a key, on this machine too:\n"
        "  commands   GREENROOM_API_KEY in the environment, or --api-key\n"
        "  programs   the header X-API-Key or Authorization: Bearer\n"
        "  browsers   the page /login asks for it"
    )


@keys.command("list", epilog="Example: greenroom keys list --all")
def list_keys(
    everything: Annotated[bool, typer.Option("--all", help="Revoked ones too.")] = False,
    tenant: Tenant = None,
    every_tenant: Annotated[
        bool, typer.Option("--every-tenant", help="For the operator: those of all tenants.")
    ] = False,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List the keys by name and beginning, with their last use."""
    found = _ask(
        server, data_dir, api_key,
        lambda access: access.of_every_tenant() if every_tenant else access.all(tenant),
    )  # fmt: skip
    shown = [key for key in found if everything or key.revoked_at is None]
    if as_json:
        output.emit({"keys": shown})
    elif shown:
        _print(shown)
    else:
        output.notes.print("There is no key. `greenroom keys create NAME` makes one.")


@keys.command("revoke", epilog="Example: greenroom keys revoke laptop")
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its name, or its beginning gr_...")],
    last: Annotated[
        bool, typer.Option("--last", help="Even the last: then loopback is open to everybody.")
    ] = False,
    tenant: Tenant = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key invalid at once, and end what is open with it."""
    gone = _ask(
        server, data_dir, api_key, lambda access: access.revoke(key, tenant, even_last=last)
    )
    if as_json:
        output.emit(gone)
        return
    output.results.print(f"{escape(gone.name)} ({gone.id}) is not valid any more.")


def _ask(
    server: str | None,
    data_dir: Path | None,
    api_key: str | None,
    question: Callable[[KeyAccess], Awaitable[T]],
) -> T:
    async def ask() -> T:
        async with key_access(server, client_config(data_dir, api_key)) as access:
            return await question(access)

    return event_loop.run(ask())


def _print(found: list[KeyLine]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    several = len({key.tenant for key in found}) > 1
    titles = ("key", "name", "role", "made", "last used", "revoked")
    for title in (*titles, "tenant") if several else titles:
        table.add_column(title, no_wrap=True)
    for key in found:
        owner = (escape(key.tenant),) if several else ()
        times = (minute(at) for at in (key.created_at, key.last_used_at, key.revoked_at))
        table.add_row(f"{key.id}...", escape(key.name), key.role, *times, *owner)
    output.results.print(table)
