"""Visit the nodes that outputs need, depth first without recursion, and settle each one's fate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow import node_errors
from greenroom.domain.workflow.node_check import LinkedInput, NodeChecker
from greenroom.domain.workflow.node_errors import Crash, NodeError

_LONGEST_CYCLE_SHOWN = 100


class Verdict(NamedTuple):
    """Whether a node and all it needs is good, and what is wrong with the node itself."""

    good: bool
    errors: list[NodeError]


@dataclass(slots=True)
class _Visit:
    """A node whose links are being followed."""

    node_id: str
    links: Iterator[LinkedInput]
    errors: list[NodeError]
    good: bool = True


_GOOD = Verdict(good=True, errors=[])


class Walk:
    """The verdicts reached so far, and the values to run in place of those sent."""

    def __init__(self, checker: NodeChecker) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.converted: dict[str, Mapping[str, JsonValue]] = {}
        self.newly_bad: list[str] = []
        """Nodes found bad, in that order; the reader empties it."""
        self._checker = checker

    def settle(self, output: str) -> Verdict:
        """The verdict on an output node, with those on all the nodes it needs."""
        known = self.verdicts.get(output)
        if known is not None:
            return known
        path: dict[str, _Visit] = {}
        opened = self._open(output)
        if isinstance(opened, Crash):
            self._decide(output, [node_errors.exception_during_validation(opened)])
            return self.verdicts[output]
        path[output] = current = opened
        while True:
            link = next(current.links, None)
            if link is not None:
                current = self._follow(current, link, path)
                continue
            self._close(current)
            path.popitem()
            if not path:
                return self.verdicts[output]
            good = self.verdicts[current.node_id].good
            current = next(reversed(path.values()))
            current.good = current.good and good

    def _follow(self, current: _Visit, link: LinkedInput, path: dict[str, _Visit]) -> _Visit:
        """Go down a link; the visit to go on with."""
        name, value, spec = link
        target = str(value[0])
        known = self.verdicts.get(target)
        if known is None and target not in path:
            opened = self._open(target)
            if not isinstance(opened, Crash):
                path[target] = opened
                return opened
            config = spec.config if spec is not None else None
            error = node_errors.exception_during_inner_validation(opened, name, config, value)
            self._decide(target, [error])
        elif known is None:
            self._close_cycle(target, path)
        elif known.good:
            return current
        current.good = False
        return current

    def _open(self, node_id: str) -> _Visit | Crash:
        report = self._checker.check(node_id)
        if report.crash is not None:
            return report.crash
        if report.converted:
            self.converted[node_id] = report.converted
        return _Visit(node_id, iter(report.links), report.errors)

    def _close(self, visit: _Visit) -> None:
        earlier = self.verdicts.get(visit.node_id)
        if earlier is None and visit.good and not visit.errors:
            self.verdicts[visit.node_id] = _GOOD
            return
        errors = list(earlier.errors) if earlier is not None else []
        errors += [error for error in visit.errors if error not in errors]
        self._decide(visit.node_id, errors)

    def _close_cycle(self, start: str, path: dict[str, _Visit]) -> None:
        nodes: list[str] = []
        for node_id in reversed(path):
            nodes.append(node_id)
            if node_id == start:
                break
        nodes.reverse()
        # Each node of a cycle shows all of it: beyond a length the answer would grow as a square.
        shown = nodes[:_LONGEST_CYCLE_SHOWN]
        graph = self._checker.graph
        names = [f"{node_id} ({graph.nodes[node_id].class_type})" for node_id in [*shown, start]]
        if len(nodes) > len(shown):
            names.insert(-1, "...")
        text = " -> ".join(names)
        for node_id in shown:
            self._decide(node_id, [node_errors.dependency_cycle(node_id, text, shown)])
        for node_id in nodes[len(shown) :]:
            self._decide(node_id, [])

    def _decide(self, node_id: str, errors: list[NodeError]) -> None:
        self.verdicts[node_id] = Verdict(good=False, errors=errors)
        self.newly_bad.append(node_id)
