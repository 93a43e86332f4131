"""The work of `greenroom simulate --scaling`: replay a load, print what scaling makes of it."""

from collections import Counter
from dataclasses import dataclass

from rich.table import Table

from greenroom.cli import output
from greenroom.cli.simulation import read_trace
from greenroom.domain.json import JsonValue
from greenroom.domain.scaling import figures, synthetic
from greenroom.domain.scaling.decision import Act, Reason
from greenroom.domain.scaling.figures import ScalingFigures
from greenroom.domain.scaling.rule import Rule
from greenroom.domain.scaling.simulator import Replay, ScalingSimulator

_ROWS = (
    ("jobs", "jobs", "{:,.0f}"),
    ("wait_p50_s", "wait, median", "{:,.0f} s"),
    ("wait_p95_s", "wait, 95 of 100", "{:,.0f} s"),
    ("wait_max_s", "wait, longest", "{:,.0f} s"),
    ("most_instances", "instances at once, at most", "{:,.0f}"),
    ("cold_starts", "cold starts", "{:,.0f}"),
    ("thrash", "of them needless: too soon after an end", "{:,.0f}"),
    ("instance_hours", "hours of instances", "{:,.1f}"),
    ("starting_share", "of that, starting", "{:.0%}"),
    ("busy_share", "of that, running jobs", "{:.0%}"),
    ("warm_share", "of that, ready without work", "{:.0%}"),
)


@dataclass(frozen=True, slots=True)
class Replayed:
    figures: ScalingFigures
    moves: Counter[tuple[Act, Reason]]

    def as_json(self) -> dict[str, JsonValue]:
        moves: list[JsonValue] = [
            {"act": act.value, "reason": reason.value, "count": count}
            for (act, reason), count in self.moves.most_common()
        ]
        return {**self.figures.as_json(), "moves": moves}


def replay(source: str, rule: Rule, start_ms: int) -> Replayed:
    """Replay under the rule. NOT_FOUND or BAD_REQUEST for a bad trace or rule."""
    rule.check()
    done = ScalingSimulator(rule, start_ms).run(read_trace(source, synthetic.LOADS))
    return Replayed(figures.measure(done), _moves(done))


def _moves(done: Replay) -> Counter[tuple[Act, Reason]]:
    return Counter((move.act, move.reason) for step in done.steps for move in step.decision.moves)


def show(found: Replayed, title: str) -> None:
    table = Table(title=title, box=None, title_justify="left", show_header=False)
    for name, told, form in _ROWS:
        table.add_row(told, form.format(found.figures.as_json()[name]))
    for (act, reason), count in found.moves.most_common():
        table.add_row(f"{act}: {reason}", f"{count:,}", style="dim")
    output.results.print(table)
