"""The options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="GREENROOM_SERVER",
        metavar="URL",
        help="The server to talk to; without it, the one that runs on the data folder.",
    ),
]
ApiKey: TypeAlias = Annotated[
    str | None,
    typer.Option("--api-key", metavar="KEY", help="The server's key, or GREENROOM_API_KEY."),
]
DataDir: TypeAlias = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="The data folder.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
