"""`greenroom workflows`: convert, check and show workflow files, and keep them in the library."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from greenroom.cli import event_loop, library, options, output, workflow_files
from greenroom.cli.form_table import form_table
from greenroom.cli.given_workflow import given_workflow
from greenroom.cli.node_source import ObjectInfoFile, known_nodes
from greenroom.cli.server_choice import client_config, running_server
from greenroom.config import Config
from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest_json import manifest_json
from greenroom.domain.workflow.reading.workflow_file import WorkflowFile
from greenroom.service.workflow_source import id_from

workflows = typer.Typer(
    no_args_is_help=True, help="Convert and check workflow files; keep them in the library."
)

_PREFIX = "Example: greenroom workflows"
workflows.command("convert", epilog=f"{_PREFIX} convert portrait.json --to api --output out.json")(
    workflow_files.convert
)
workflows.command("validate", epilog=f"{_PREFIX} validate *.json --object-info object_info.json")(
    workflow_files.check
)
workflows.command("extract", epilog=f"{_PREFIX} extract picture.png --output workflow.json")(
    workflow_files.extract
)
workflows.command("import", epilog=f"{_PREFIX} import portrait.json --tag faces")(library.take_in)
workflows.command("list", epilog=f"{_PREFIX} list --tag faces")(library.list_workflows)
workflows.command("export", epilog=f"{_PREFIX} export portrait --output portrait")(library.export)
workflows.command("rename", epilog=f"{_PREFIX} rename portrait 'Portrait, soft light'")(
    library.rename
)
workflows.command("tag", epilog=f"{_PREFIX} tag portrait faces soft")(library.tag_workflow)
workflows.command("delete", epilog=f"{_PREFIX} delete portrait")(library.delete)


@workflows.command("show", epilog=f"{_PREFIX} show picture.png")
def show(
    workflow: Annotated[
        str, typer.Argument(metavar="WORKFLOW", help="A file, or an id of the library.")
    ],
    object_info: ObjectInfoFile = None,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what can be set in a workflow and what it makes; of the library's, who can run it."""
    given = given_workflow(workflow)
    config = client_config(data_dir, api_key)
    if given.file is None:
        url = running_server(server, config)
        library.show_workflow(workflow, url, config.api_key, as_json=as_json)
        return
    manifest = event_loop.run(_inferred(Path(workflow), given.file, object_info, server, config))
    if as_json:
        output.emit({"format": given.file.format, "manifest": manifest})
        return
    output.results.print(f"[bold]{escape(workflow)}[/]  {given.file.format}")
    output.results.print(form_table(manifest))


async def _inferred(
    path: Path, file: WorkflowFile, object_info: Path | None, server: str | None, config: Config
) -> JsonObject:
    nodes = await known_nodes(object_info, server, config)
    classes = EditorClasses(nodes.object_info)
    prompt = workflow_files.convert_file(file, workflow_files.Format.API, classes)
    made = infer_manifest(prompt, nodes.object_info, workflow_id=id_from(path.stem), name=path.stem)
    return manifest_json(made)
