"""The work of `greenroom simulate`: read a trace, replay it, print the figures."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import assert_never

from rich.table import Table

from greenroom.cli import output
from greenroom.cli.simulate import PolicyName
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.scheduling import metrics, simulator, synthetic, trace
from greenroom.domain.scheduling.fifo import FifoPool
from greenroom.domain.scheduling.metrics import Metrics
from greenroom.domain.scheduling.policy import Policy
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.scheduling.trace import TraceJob

_ROWS = (
    ("jobs", "{:,.0f}"),
    ("jobs_per_hour", "{:,.0f}"),
    ("wait_p50_s", "{:,.0f} s"),
    ("wait_p95_s", "{:,.0f} s"),
    ("wait_max_s", "{:,.0f} s"),
    ("loads", "{:,.0f}"),
    ("loading_share", "{:.0%}"),
    ("fairness", "{:.0%}"),
    ("slowest_tenant_wait_s", "{:,.0f} s"),
)
_TITLES = {
    "jobs": "jobs",
    "jobs_per_hour": "jobs per hour",
    "wait_p50_s": "wait, median",
    "wait_p95_s": "wait, 95 of 100",
    "wait_max_s": "wait, longest",
    "loads": "runs that loaded models",
    "loading_share": "busy time spent loading",
    "fairness": "worst-served tenant got of its due",
    "slowest_tenant_wait_s": "mean wait of the slowest tenant",
}


def figures(
    source: str, policies: Iterable[PolicyName], workers: int, memory: int
) -> dict[PolicyName, Metrics]:
    """What each policy makes of the trace. NOT_FOUND or BAD_REQUEST when there is none."""
    jobs = read_trace(source, synthetic.TRACES)
    return {
        name: metrics.measure(simulator.simulate(jobs, _policy(name, jobs), workers, memory))
        for name in dict.fromkeys(policies)
    }


def read_trace(source: str, made_up: Mapping[str, Callable[[], list[TraceJob]]]) -> list[TraceJob]:
    """The jobs of a file, or of a made-up trace. NOT_FOUND or BAD_REQUEST when there is none."""
    made = made_up.get(source)
    if made is not None:
        return made()
    try:
        jobs = trace.read(Path(source).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        known = ", ".join(made_up)
        message = f"There is no file {source}, and no trace of that name: {known}."
        raise AppError(ErrorCode.NOT_FOUND, message) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AppError(ErrorCode.BAD_REQUEST, f"{source} cannot be read: {error}") from error
    if not jobs:
        raise AppError(ErrorCode.BAD_REQUEST, f"{source} holds no jobs.")
    return jobs


def _policy(name: PolicyName, jobs: list[TraceJob]) -> Policy:
    match name:
        case PolicyName.FIFO:
            return FifoPool()
        case PolicyName.GREENROOM:
            return Pool(loads=simulator.load_times(jobs))
        case _:
            assert_never(name)


def show(found: dict[PolicyName, Metrics], title: str) -> None:
    table = Table(title=title, box=None, title_justify="left", header_style="dim")
    table.add_column("")
    for name in found:
        table.add_column(name, justify="right")
    for row, form in _ROWS:
        values = [form.format(figures.as_json()[row]) for figures in found.values()]
        table.add_row(_TITLES[row], *values)
    output.results.print(table)
