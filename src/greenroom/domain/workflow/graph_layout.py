"""Places for boxes joined by links: columns from left to right by depth, nothing overlapping."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from greenroom.domain.workflow.unreadable import unreadable

_COLUMN_GAP = 90.0
_ROW_GAP = 60.0
_SWEEPS = 4
_ORIGIN = (80.0, 120.0)


@dataclass(frozen=True, slots=True)
class Box:
    """A node's width and height in pixels, its title bar included."""

    width: float
    height: float


def lay_out(
    boxes: Mapping[str, Box], links: Iterable[tuple[str, str]]
) -> dict[str, tuple[float, float]]:
    """The top left corner of each box. `links` go from a box to one that stands right of it.

    INVALID_GRAPH when they form a circle.
    """
    pairs = dict.fromkeys(links)
    sources: dict[str, list[str]] = {name: [] for name in boxes}
    targets: dict[str, list[str]] = {name: [] for name in boxes}
    for source, target in pairs:
        sources[target].append(source)
        targets[source].append(target)
    depth = _pulled_right(_depths(sources, targets), targets)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in boxes:
        columns[depth[name]].append(name)
    columns = [column for column in columns if column]
    for _ in range(_SWEEPS):
        _sort_by_neighbours(columns, sources)
        _sort_by_neighbours(columns[::-1], targets)
    _sort_by_neighbours(columns, sources)
    return _positions(columns, boxes)


def _depths(
    sources: Mapping[str, Sequence[str]], targets: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """The longest way to each box from one without sources."""
    missing = {name: len(found) for name, found in sources.items()}
    depth = {name: 0 for name, count in missing.items() if count == 0}
    order = list(depth)
    for name in order:
        for target in targets[name]:
            depth[target] = max(depth.get(target, 0), depth[name] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    if len(order) < len(missing):
        raise unreadable("the links of the graph form a circle")
    return {name: depth[name] for name in order}


def _pulled_right(depth: dict[str, int], targets: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Boxes that few need stand next to the first that does, not at the far left."""
    moved = dict(depth)
    for name in reversed(depth):
        if targets[name] and (depth[name] > 0 or len(targets[name]) == 1):
            moved[name] = min(moved[target] for target in targets[name]) - 1
    return moved


def _sort_by_neighbours(
    columns: Sequence[list[str]], neighbours: Mapping[str, Sequence[str]]
) -> None:
    """Order each column by where the boxes it is joined to stand in the columns before."""
    place: dict[str, float] = {}
    for column in columns:
        weight: dict[str, float] = {}
        for index, name in enumerate(column):
            known = [place[other] for other in neighbours[name] if other in place]
            weight[name] = sum(known) / len(known) if known else index / len(column)
        column.sort(key=weight.__getitem__)
        for index, name in enumerate(column):
            place[name] = index / len(column)


def _positions(
    columns: Sequence[Sequence[str]], boxes: Mapping[str, Box]
) -> dict[str, tuple[float, float]]:
    left, top = _ORIGIN
    heights = [
        sum(boxes[name].height + _ROW_GAP for name in column) - _ROW_GAP for column in columns
    ]
    tallest = max(heights, default=0.0)
    corners: dict[str, tuple[float, float]] = {}
    for column, height in zip(columns, heights, strict=True):
        y = top + (tallest - height) / 2
        for name in column:
            corners[name] = (left, y)
            y += boxes[name].height + _ROW_GAP
        left += max(boxes[name].width for name in column) + _COLUMN_GAP
    return corners
