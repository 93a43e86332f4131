"""`greenroom doctor`: look at everything a server needs, and say what to do."""

from dataclasses import asdict

import typer
from rich.markup import escape

from greenroom.cli import checks, event_loop, options, output
from greenroom.cli.checks import Finding, Health
from greenroom.cli.exit_code import ExitCode
from greenroom.cli.setting_options import with_settings
from greenroom.config import Config

EXAMPLE = "greenroom doctor --data-dir ~/greenroom"

_MARKS = {Health.GOOD: "[green]good[/]", Health.NOTE: "[blue]note[/]", Health.BAD: "[red]bad [/]"}


@with_settings
def doctor(config: Config, server: options.Server = None, as_json: options.AsJson = False) -> None:
    """Check folder, disk, database, port, engine and server; exit 1 when one of them is bad."""
    findings = event_loop.run(_findings(config, server))
    if as_json:
        output.emit([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print(finding)
    if any(finding.health is Health.BAD for finding in findings):
        raise typer.Exit(ExitCode.FAILED)


async def _findings(config: Config, server: str | None) -> list[Finding]:
    local = [await check(config) for check in checks.LOCAL_CHECKS]
    return [*local, await checks.server(config, server)]


def _print(finding: Finding) -> None:
    output.results.print(f"{_MARKS[finding.health]} {finding.what:<12} {escape(finding.text)}")
    if finding.advice:
        output.results.print(f"     {'':<12} {escape(finding.advice)}")
