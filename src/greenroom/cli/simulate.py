"""`greenroom simulate`: replay a trace under a scheduling policy, in virtual time."""

from enum import StrEnum
from typing import Annotated

import typer

from greenroom.cli import options, output

EXAMPLE = "greenroom simulate mix --workers 4"


class PolicyName(StrEnum):
    FIFO = "fifo"
    GREENROOM = "greenroom"


_TRACE_HELP = "A file of JSON lines, or one of: mix, backlog, bursts, trickle, tenants."


def simulate(
    source: Annotated[str, typer.Argument(metavar="TRACE", help=_TRACE_HELP)],
    policy: Annotated[
        list[PolicyName] | None, typer.Option(help="May be repeated; without it, all.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1000, help="How many workers run.")] = 4,
    memory: Annotated[
        int, typer.Option(min=1, max=100, help="Sets of models that a worker keeps loaded.")
    ] = 1,
    as_json: options.AsJson = False,
) -> None:
    """Replay a trace of jobs in virtual time, and compare what policies make of it."""
    from greenroom.cli import simulation  # noqa: PLC0415 - slow to load, and rarely needed

    found = simulation.figures(source, policy or PolicyName, workers, memory)
    if as_json:
        output.emit({name: figures.as_json() for name, figures in found.items()})
        return
    simulation.show(found, f"{source} on {workers} workers")
