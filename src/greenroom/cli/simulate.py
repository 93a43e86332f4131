"""`greenroom simulate`: replay a trace under a scheduling policy, in virtual time."""

from enum import StrEnum
from typing import Annotated

import typer

from greenroom.cli import options, output
from greenroom.domain.scaling.rule import Rule

EXAMPLE = "greenroom simulate mix --workers 4"


class PolicyName(StrEnum):
    FIFO = "fifo"
    GREENROOM = "greenroom"


_TRACE_HELP = (
    "A file of JSON lines, or one of: mix, backlog, bursts, trickle, tenants. "
    "With --scaling: burst, trickle, flapping."
)


def simulate(
    source: Annotated[str, typer.Argument(metavar="TRACE", help=_TRACE_HELP)],
    policy: Annotated[
        list[PolicyName] | None, typer.Option(help="May be repeated; without it, all.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1000, help="How many workers run.")] = 4,
    memory: Annotated[
        int, typer.Option(min=1, max=100, help="Sets of models that a worker keeps loaded.")
    ] = 1,
    scaling: Annotated[
        bool, typer.Option("--scaling", help="Replay how a deployment is scaled, and no policies.")
    ] = False,
    min_instances: Annotated[int, typer.Option(help="With --scaling.")] = 0,
    max_instances: Annotated[int, typer.Option(help="With --scaling.")] = 10,
    queue_size: Annotated[int, typer.Option(help="With --scaling: waiting jobs for each.")] = 1,
    keep_warm: Annotated[int, typer.Option(help="With --scaling, in seconds.")] = 60,
    cold_start: Annotated[
        float, typer.Option(min=0.0, help="With --scaling: how long a start takes, in seconds.")
    ] = 60.0,
    as_json: options.AsJson = False,
) -> None:
    """Replay a trace of jobs in virtual time, and compare what policies make of it."""
    if scaling:
        rule = Rule(min_instances, max_instances, queue_size, keep_warm * 1000)
        _simulate_scaling(source, rule, round(cold_start * 1000), as_json=as_json)
        return
    from greenroom.cli import simulation  # noqa: PLC0415 - slow to load, and rarely needed

    found = simulation.figures(source, policy or PolicyName, workers, memory)
    if as_json:
        output.emit({name: figures.as_json() for name, figures in found.items()})
        return
    simulation.show(found, f"{source} on {workers} workers")


def _simulate_scaling(source: str, rule: Rule, start_ms: int, *, as_json: bool) -> None:
    from greenroom.cli import scaling_simulation  # noqa: PLC0415 - slow to load, and rarely needed

    found = scaling_simulation.replay(source, rule, start_ms)
    if as_json:
        output.emit(found.as_json())
        return
    scaling_simulation.show(found, f"{source} on at most {rule.max_instances} instances")
