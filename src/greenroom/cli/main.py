"""The command `greenroom`: its parts, its global flags, and how errors end it."""

import sys
from typing import Annotated, NoReturn

import typer

from greenroom import __version__
from greenroom.cli import (
    demo,
    doctor,
    jobs,
    keys,
    output,
    run,
    serve,
    simulate,
    trace,
    workers,
    workflows,
)
from greenroom.cli.exit_code import ExitCode, exit_code
from greenroom.domain.errors import AppError, ErrorCode

app = typer.Typer(
    name="greenroom",
    help="The job server for ComfyUI.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(epilog=f"Example: {serve.EXAMPLE}")(serve.serve)
app.command(epilog=f"Example: {run.EXAMPLE}")(run.run)
app.add_typer(jobs.jobs, name="jobs")
app.add_typer(workflows.workflows, name="workflows")
app.add_typer(keys.keys, name="keys")
app.add_typer(workers.workers, name="workers")
app.command(epilog=f"Example: {doctor.EXAMPLE}")(doctor.doctor)
app.command(epilog=f"Example: {demo.EXAMPLE}")(demo.demo)
app.command(epilog=f"Example: {simulate.EXAMPLE}")(simulate.simulate)
app.add_typer(trace.trace, name="trace")


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
