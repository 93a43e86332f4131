"""`greenroom trace`: what a server's jobs came to, as a trace for `greenroom simulate`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from greenroom.cli import event_loop, options, output
from greenroom.cli.server_choice import client_config, running_server
from greenroom.domain.errors import AppError, ErrorCode

trace = typer.Typer(no_args_is_help=True, help="Traces of jobs, for `greenroom simulate`.")


@trace.command("export", epilog="Example: greenroom trace export jobs.jsonl --limit 5000")
def export(
    path: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to; without it, standard output.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many jobs, the newest.")] = 1_000,
    server: options.Server = None,
    api_key: options.ApiKey = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Write when jobs came, how long they ran and which models they used; no texts, no pictures."""
    from greenroom.cli import trace_export  # noqa: PLC0415 - slow to load, and rarely needed

    url = running_server(server, config := client_config(data_dir, api_key))
    lines = event_loop.run(trace_export.lines(url, config.api_key, limit))
    if path is not None:
        _write(path, lines)
    if as_json:
        written = None if path is None else str(path)
        output.emit({"jobs": [json.loads(line) for line in lines], "file": written})
    elif path is None:
        for line in lines:
            output.results.out(line)
    else:
        output.results.print(f"{len(lines)} jobs are in {path}.")


def _write(path: Path, lines: Sequence[str]) -> None:
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}"
        raise AppError(ErrorCode.BAD_REQUEST, message) from error
