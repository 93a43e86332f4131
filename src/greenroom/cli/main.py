"""The command `greenroom`: its parts, its global flags, and how errors end it."""

import importlib
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from greenroom import __version__
from greenroom.cli import output
from greenroom.cli.exit_code import ExitCode, exit_code
from greenroom.domain.errors import AppError, ErrorCode

_COMMANDS = (
    "serve", "worker", "run", "jobs", "workflows", "keys", "workers", "tenants", "webhooks",
    "secret", "doctor", "demo", "simulate", "trace",
)  # fmt: skip
"""Each is the module of that name here, and in it the function, or the group, of that name."""


class _Commands(TyperGroup):
    """Loads a command when it is asked for: all together they are half of the start."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's signature
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the group's signature, whose types are private
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"greenroom.cli.{cmd_name}")
        part = getattr(module, cmd_name)
        if isinstance(part, typer.Typer):
            part.rich_markup_mode = None
            command: Any = get_group(part)
        else:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(epilog=f"Example: {module.EXAMPLE}")(part)
            command = get_command(alone)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="greenroom",
    cls=_Commands,
    help="The job server for ComfyUI.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> NoReturn:
    """Run the command line and end the process with a documented exit code."""
    try:
        app(prog_name="greenroom")
    except AppError as error:
        if "--debug" in sys.argv:
            raise
        output.report(error, as_json="--json" in sys.argv)
        sys.exit(exit_code(error.code))
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        told = f"This is a fault in Greenroom ({type(error).__name__}); --debug shows where."
        output.report(AppError(ErrorCode.INTERNAL, told), as_json="--json" in sys.argv)
        sys.exit(ExitCode.INTERNAL)
    sys.exit(ExitCode.OK)


def _version(wanted: bool) -> None:
    if wanted:
        output.results.print(__version__)
        raise typer.Exit


@app.callback()
def root(
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    _debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback when something goes wrong.")
    ] = False,
) -> None:
    pass
