"""The live bar of one job: node, step, percent, time left."""

import contextlib
from collections.abc import Iterator

from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from greenroom.cli.follow import Show
from greenroom.cli.output import notes
from greenroom.cli.workflow_file import Graph, label
from greenroom.domain.clock import Clock
from greenroom.domain.progress import Progress


@contextlib.contextmanager
def progress_bar(graph: Graph, clock: Clock, *, quiet: bool = False) -> Iterator[Show]:
    """What shows each snapshot: a bar on a terminal, else a line for each node; or nothing."""
    if quiet:
        yield lambda _snapshot: None
        return
    if not notes.is_terminal:
        yield _Lines(graph).show
        return
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[left]}"),
        console=notes,
    )
    with bar:
        yield _Live(bar, bar.add_task("waiting", total=100, left=""), graph, clock).show


class _Live:
    def __init__(self, bar: Bar, task: TaskID, graph: Graph, clock: Clock) -> None:
        self._bar = bar
        self._task = task
        self._graph = graph
        self._clock = clock

    def show(self, snapshot: Progress) -> None:
        left = snapshot.eta_seconds(self._clock.now())
        self._bar.update(
            self._task,
            completed=snapshot.percent,
            description=escape(f"{_what(snapshot, self._graph):<32}"),
            left="done" if snapshot.finished else "" if left is None else f"{left} s left",
        )


class _Lines:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._node: str | None = None

    def show(self, snapshot: Progress) -> None:
        node = snapshot.node.node_id if snapshot.node else None
        if snapshot.finished or node not in {None, self._node}:
            self._node = node
            what = "done" if snapshot.finished else _what(snapshot, self._graph)
            notes.print(escape(f"{snapshot.percent:>3} %  {what}"))


def _what(snapshot: Progress, graph: Graph) -> str:
    if snapshot.node is None:
        return "waiting"
    name = label(graph, snapshot.node.display_node_id)
    if snapshot.total_steps > 1:
        return f"{name} {snapshot.step:g}/{snapshot.total_steps:g}"
    return name
