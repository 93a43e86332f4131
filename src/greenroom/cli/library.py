"""`greenroom workflows import`, `list`, `show`, `export`, `rename`, `tag` and `delete`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeAlias, TypeVar

import aiohttp
import typer
from rich.markup import escape
from rich.table import Table

from greenroom.cli import options, output
from greenroom.cli.asking import ask, ask_running
from greenroom.cli.client import Client
from greenroom.cli.form_table import form_table
from greenroom.cli.library_wire import ExportedFiles, WorkflowLine, WorkflowList, WorkflowPage
from greenroom.cli.many_files import Handled, handle_all, report
from greenroom.cli.server_choice import client_config, running_server
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.service.workflow_export import ExportForm
from greenroom.service.workflow_folder import find_workflows, id_below, load_workflow

T = TypeVar("T")

WORKFLOWS = "/api/admin/library/workflows"

WorkflowId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The workflow's id.")]


def take_in(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of workflows.")
    ],
    workflow_id: Annotated[
        str | None, typer.Option("--id", help="Its id; by default made of the file's name.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people read.")] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Repeatable.")
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Put workflows into the library; what is there already gets a new version."""
    url = running_server(server, config := client_config(data_dir, api_key))
    found = dict(_found(paths))
    if (workflow_id or name) and len(found) > 1:
        raise AppError(ErrorCode.BAD_REQUEST, "--id and --name are for one workflow at a time.")
    given = {"name": name or "", "tags": ",".join(tags or ())}

    def handle(path: Path) -> Handled:
        fields = {**given, "id": workflow_id or found[path] or ""}
        line = ask(url, config.api_key, lambda client: _send(client, path, fields))
        state = "new" if line.created else "unchanged"
        told = f"{line.id} version {line.version} ({state}; {line.readiness})"
        details: JsonObject = {
            "id": line.id, "version": line.version, "created": line.created, "ready": line.ready,
        }  # fmt: skip
        return Handled(str(path), told, details=details)

    report(handle_all(list(found), handle), "imported", as_json=as_json)


def list_workflows(
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """List the library, and what is missing to run each."""
    query = {"tag": tag} if tag else {}
    shown = ask_running(
        server, data_dir, api_key,
        lambda client: client.ask("GET", WORKFLOWS, WorkflowList, params=query),
    )  # fmt: skip
    if as_json:
        output.emit(shown)
        return
    table = Table(box=None)
    for title in ("id", "name", "version", "tags", "state"):
        table.add_column(title, no_wrap=title == "id")
    for line in shown.workflows:
        row = (line.id, line.name, str(line.version), ", ".join(line.tags), line.readiness)
        table.add_row(*map(escape, row))
    output.results.print(table)


def show_workflow(workflow_id: str, url: str, api_key: str | None, *, as_json: bool) -> None:
    """Print a workflow of the library: its form, its versions, what it needs and who has it."""
    page = ask(
        url, api_key, lambda client: client.ask("GET", f"{WORKFLOWS}/{workflow_id}", WorkflowPage)
    )
    if as_json:
        output.emit(page)
        return
    versions = ", ".join(map(str, page.versions))
    output.results.print(f"[bold]{escape(page.name)}[/]  {escape(page.id)}  versions {versions}")
    output.results.print(escape(page.readiness))
    for what, names in (("model", page.missing_models), ("node", page.missing_nodes)):
        for name in names:
            output.results.print(f"  [red]no worker has the {what}[/] {escape(name)}")
    output.results.print(form_table(page.manifest))


def export(
    workflow_id: WorkflowId,
    to: Annotated[
        ExportForm, typer.Option("--to", help="folder: what import takes; api or ui: one file.")
    ] = ExportForm.FOLDER,
    version: Annotated[int | None, typer.Option(help="An older version.")] = None,
    target: Annotated[
        Path | None,
        typer.Option("--output", metavar="PATH", help="By default a folder named like the id."),
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Write a workflow of the library to files."""
    query = {"to": to.value} | ({"version": str(version)} if version is not None else {})
    exported = ask_running(
        server, data_dir, api_key,
        lambda client: client.ask(
            "GET", f"{WORKFLOWS}/{workflow_id}/export", ExportedFiles, params=query
        ),
    )  # fmt: skip
    if to is not ExportForm.FOLDER and target is None:
        output.emit(json.loads(next(iter(exported.files.values()))))
        return
    folder = to is ExportForm.FOLDER or (target is not None and target.is_dir())
    place = target or Path(workflow_id)
    written = [
        _write(place / _inside(name) if folder else place, text)
        for name, text in exported.files.items()
    ]
    if as_json:
        output.emit({"files": [str(path) for path in written]})
        return
    for path in written:
        output.results.print(escape(str(path)))


def rename(
    workflow_id: WorkflowId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people read.")],
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Give a workflow another name; its id stays."""
    changed = ask_running(
        server, data_dir, api_key, lambda client: _change(client, workflow_id, {"name": name})
    )
    _print_change(changed, as_json=as_json)


def tag_workflow(
    workflow_id: WorkflowId,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG...]", help="All its tags from now on.")
    ] = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Replace the tags of a workflow; without any, it has none."""
    changed = ask_running(
        server, data_dir, api_key, lambda client: _change(client, workflow_id, {"tags": tags or []})
    )
    _print_change(changed, as_json=as_json)


def delete(
    workflow_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The workflows' ids.")],
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Forget workflows with all their versions; their jobs and outputs stay."""

    async def work(client: Client) -> None:
        for workflow_id in workflow_ids:
            await client.ask("DELETE", f"{WORKFLOWS}/{workflow_id}", type(None))

    ask_running(server, data_dir, api_key, work)
    if as_json:
        output.emit({"deleted": workflow_ids})


def _found(paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
    """The paths with the ids that follow from their folders, and what lies in folders of many."""
    for path in paths:
        found = list(find_workflows(path)) if path.is_dir() else [path]
        if not found:
            raise AppError(ErrorCode.BAD_REQUEST, f"There is no workflow in {path}.")
        for one in found:
            yield one, id_below(path, one) if path.is_dir() else None


async def _send(client: Client, path: Path, given: dict[str, str]) -> WorkflowLine:
    source = load_workflow(path)
    form = aiohttp.FormData()
    for name, text in {**given, "source": source.name}.items():
        form.add_field(name, text)
    for name, data in source.files.items():
        form.add_field(name, data, filename=PurePosixPath(name).name)
    return await client.ask("POST", WORKFLOWS, WorkflowLine, data=form)


async def _change(client: Client, workflow_id: str, body: dict[str, Any]) -> WorkflowLine:
    return await client.ask("PATCH", f"{WORKFLOWS}/{workflow_id}", WorkflowLine, json=body)


def _print_change(line: WorkflowLine, *, as_json: bool) -> None:
    if as_json:
        output.emit(line)
        return
    tags = f"  ({', '.join(line.tags)})" if line.tags else ""
    output.results.print(escape(f"{line.id}  {line.name}{tags}"))


def _inside(name: str) -> PurePosixPath:
    """A relative path: what a server says must not lead out of the folder."""
    parts = [part for part in PurePosixPath(name).parts if part not in {"/", ".."}]
    return PurePosixPath(*parts)


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        message = f"Cannot write {path}: {error.strerror}."
        raise AppError(ErrorCode.STORAGE_UNAVAILABLE, message) from error
    return path
