"""`greenroom webhooks`: see deliveries, send one again, and change the secret that signs them."""

from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import options, output
from greenroom.cli.asking import ask_running
from greenroom.cli.moments import minute
from greenroom.domain.delivery import DeliveryStatus
from greenroom.domain.quantity import milliseconds

webhooks = typer.Typer(no_args_is_help=True, help="See webhooks' deliveries, send one again.")
secret = typer.Typer(no_args_is_help=True, help="The secret that signs deliveries.")
webhooks.add_typer(secret, name="secret")

_PATH = "/api/admin/webhooks"
_COLOURS = {"delivered": "green", "failed": "red", "pending": "yellow"}


class DeliveryLine(msgspec.Struct, frozen=True):
    """Times are milliseconds since the Unix epoch."""

    id: str
    job_id: str | None
    job_state: str | None
    batch_id: str | None
    at: int
    url: str
    status: str
    attempts: int
    next_at: int | None = None
    ended_at: int | None = None
    last_status: int | None = None
    last_error: str | None = None


class Resting(msgspec.Struct, frozen=True):
    target: str
    failures: int
    until: int
    waiting: int


class DeliveryPage(msgspec.Struct, frozen=True):
    deliveries: list[DeliveryLine]
    next: int | None = None
    resting: list[Resting] = []


class Try(msgspec.Struct, frozen=True):
    number: int
    at: int
    status: int | None = None
    latency_ms: int | None = None
    answer: str = ""
    error: str | None = None


class DeliveryStory(DeliveryLine, frozen=True, kw_only=True):
    tries: list[Try]
    body: str | None = None


class Secret(msgspec.Struct, frozen=True):
    secret: str
    created_at: int
    ends_at: int | None = None


class Secrets(msgspec.Struct, frozen=True):
    secrets: list[Secret]


@webhooks.command("list", epilog="Example: greenroom webhooks list --status failed")
def list_deliveries(
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only those.")] = None,
    job: Annotated[str | None, typer.Option(metavar="ID", help="Only those of the job.")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="URL", help="Only those to its host.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, the newest first.")] = 50,
    before: Annotated[
        int | None, typer.Option(min=1, metavar="NUMBER", help="The `next` of the page before.")
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List deliveries, and the targets that rest because they do not answer."""
    query: dict[str, Any] = {"limit": limit}
    query |= {"status": status.value} if status else {}
    query |= {"job": job} if job else {}
    query |= {"target": target} if target else {}
    query |= {"before": before} if before else {}
    path = f"{_PATH}/deliveries"
    found = ask_running(
        server, data_dir, api_key, lambda one: one.ask("GET", path, DeliveryPage, params=query)
    )
    if as_json:
        output.emit(found)
        return
    _print(found.deliveries)
    if found.next is not None:
        output.notes.print(f"There are more: --before {found.next}")
    for one in found.resting:
        output.notes.print(
            f"{escape(one.target)} has failed {one.failures} times in a row: "
            f"{one.waiting} deliveries wait, the next try is at {minute(one.until)}."
        )


@webhooks.command("show", epilog="Example: greenroom webhooks show msg_4f0c12ab90de")
def show(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id, msg_...")],
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Show a delivery: every try with what the target said, and the body."""
    path = f"{_PATH}/deliveries/{delivery}"
    found = ask_running(server, data_dir, api_key, lambda one: one.ask("GET", path, DeliveryStory))
    if as_json:
        output.emit(found)
        return
    _print([found])
    for one in found.tries:
        said = f"answered {one.status} in {one.latency_ms} ms" if one.status else one.error or ""
        output.results.print(f"{one.number}. {minute(one.at)}  {escape(said)}")
        if one.answer:
            output.results.print(f"   {escape(one.answer)}")
    if found.body:
        output.results.print(found.body, markup=False)


@webhooks.command("resend", epilog="Example: greenroom webhooks resend msg_4f0c12ab90de")
def resend(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id, msg_...")],
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Send a delivery once more, whatever became of it, with the same id."""
    path = f"{_PATH}/deliveries/{delivery}/resend"
    again = ask_running(server, data_dir, api_key, lambda one: one.ask("POST", path, DeliveryLine))
    if as_json:
        output.emit(again)
        return
    output.results.print(f"{again.id} goes to {escape(again.url)} once more.")


@secret.command("show", epilog="Example: greenroom webhooks secret show")
def show_secret(
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Print the secret that signs deliveries, for the receiver that checks them."""
    found = ask_running(
        server, data_dir, api_key, lambda one: one.ask("GET", f"{_PATH}/secrets", Secrets)
    )
    if as_json:
        output.emit(found)
        return
    newest, *older = found.secrets
    output.results.print(newest.secret, markup=False)
    for one in older:
        if one.ends_at is not None:
            output.notes.print(f"The one before signs too until {minute(one.ends_at)}.")


@secret.command("rotate", epilog="Example: greenroom webhooks secret rotate --keep 1h")
def rotate_secret(
    keep: Annotated[
        str, typer.Option(metavar="TIME", help="How long the old one signs too; 0s: not at all.")
    ] = "24h",
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a new secret and print it."""
    told = {"keep_seconds": milliseconds(keep) // 1000}
    path = f"{_PATH}/secrets/rotate"
    made = ask_running(
        server, data_dir, api_key, lambda one: one.ask("POST", path, Secret, json=told)
    )
    if as_json:
        output.emit(made)
        return
    output.results.print(made.secret, markup=False)
    output.notes.print(f"Give it to the receivers. Until then the old one is valid for {keep}.")


def _print(deliveries: list[DeliveryLine]) -> None:
    if not deliveries:
        output.notes.print("There are no deliveries. Name a webhook_url when you submit a job.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("id", "status", "job or batch", "tells", "url", "tries", "why"):
        table.add_column(title, no_wrap=title in {"id", "status", "job or batch"})
    for one in deliveries:
        colour = _COLOURS.get(one.status, "white")
        table.add_row(
            one.id, f"[{colour}]{one.status}[/]", (one.job_id or one.batch_id or "")[:8],
            one.job_state or "batch ended", escape(one.url),
            str(one.attempts), escape(one.last_error or ""),
        )  # fmt: skip
    output.results.print(table)
