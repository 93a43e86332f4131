"""Check one node alone: its literals, its links and its files, but not the nodes it links to."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow import node_errors
from greenroom.domain.workflow.dynamic_inputs import unfold
from greenroom.domain.workflow.file_inputs import FileInput
from greenroom.domain.workflow.graph import Graph, is_link
from greenroom.domain.workflow.input_checks import check_literal
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.links import check_link, nowhere
from greenroom.domain.workflow.node_errors import Crash, NodeError
from greenroom.domain.workflow.object_info import NodeClass

LinkedInput: TypeAlias = tuple[str, list[JsonValue], InputSpec | None]
"""(input name, [node id, slot], its spec when the class declares it)."""

_ABSENT: JsonObject = {}


@dataclass(slots=True)
class NodeReport:
    """What was found at one node."""

    errors: list[NodeError] = field(default_factory=list)
    links: list[LinkedInput] = field(default_factory=list)
    converted: dict[str, JsonValue] = field(default_factory=dict)
    """Inputs whose value runs in another form than it was sent in."""
    dotted: bool = False
    """Whether names are shown without the names of their holders."""
    crash: Crash | None = None
    """The first one that the checks come upon."""


@dataclass(frozen=True, slots=True)
class NodeChecker:
    graph: Graph
    classes: Mapping[str, NodeClass]
    """Node id -> its class."""
    files: Container[str]
    """Names of files that are there, as graphs say them."""

    def check(self, node_id: str) -> NodeReport:
        """Look at every input of a node. With a crash, nothing else in the report counts."""
        report = NodeReport()
        node_class = self.classes[node_id]
        inputs = self.graph.nodes[node_id].inputs
        if node_id in self.graph.without_inputs:
            report.crash = Crash("KeyError", "'inputs'")
            return report
        specs = node_class.plain
        if node_class.dynamic:
            specs, report.dotted = unfold(node_class, inputs)
        present = self._check_inputs(report, specs, inputs, node_class.unlisted)
        if present < len(inputs):
            self._follow_undeclared(report, specs, inputs)
        if node_class.file_inputs:
            self._check_files(report, node_class, inputs)
        return report

    def _check_inputs(
        self,
        report: NodeReport,
        specs: tuple[InputSpec, ...],
        inputs: JsonObject,
        unlisted: frozenset[str],
    ) -> int:
        """Look at every declared input; how many are there."""
        present = len(specs)
        for spec in specs:
            name, python_type, members, bounded, low, high = spec.quick
            value = inputs.get(name, _ABSENT)
            if value is _ABSENT:
                present -= 1
                if spec.required:
                    report.errors.append(_missing(name, dotted=report.dotted))
            elif (
                type(value) is not python_type
                or (members is not None and value not in members)
                or (bounded and not (isinstance(value, (int, float)) and low <= value <= high))
            ):
                self._check_input(report, spec, value, unlisted)
        return present

    def _check_input(
        self, report: NodeReport, spec: InputSpec, value: JsonValue, unlisted: frozenset[str]
    ) -> None:
        found: NodeError | Crash | None
        if isinstance(value, list):
            found = check_link(spec, value, self.classes)
            if found is None:
                report.links.append((spec.name, value, spec))
        else:
            listed = spec.name not in unlisted
            taken, found = check_literal(spec, value, listed=listed)
            if taken is not value:
                report.converted[spec.name] = taken
        if isinstance(found, Crash):
            report.crash = report.crash or found
        elif found is not None:
            report.errors.append(found)

    def _follow_undeclared(
        self, report: NodeReport, specs: tuple[InputSpec, ...], inputs: JsonObject
    ) -> None:
        # A run follows links of undeclared inputs too, so they must lead somewhere.
        declared = {spec.name for spec in specs}
        for name, value in inputs.items():
            if name in declared or not isinstance(value, list) or not is_link(value):
                continue
            if value[0] in self.classes:
                report.links.append((name, value, None))
            else:
                report.crash = report.crash or nowhere(value[0])

    def _check_files(self, report: NodeReport, node_class: NodeClass, inputs: JsonObject) -> None:
        for file in node_class.file_inputs:
            if not file.checked or file.name not in inputs:
                continue
            value = report.converted.get(file.name, inputs[file.name])
            found = self._check_file(file, value)
            if isinstance(found, Crash):
                report.crash = report.crash or found
            elif found is not None:
                names = [name for name in inputs if name in node_class.inputs]
                for name in names if file.speaks_for_all else [file.name]:
                    report.errors.append(node_errors.custom_validation_failed(name, found))

    def _check_file(self, file: FileInput, value: JsonValue) -> str | Crash | None:
        """What is wrong with the value of a file input; a linked one is not known in time."""
        if not file.names_a_file(value):
            return None
        if not isinstance(value, str):
            kind = "NoneType" if is_link(value) else type(value).__name__
            return Crash("AttributeError", f"'{kind}' object has no attribute 'endswith'")
        return None if value in self.files else f"Invalid {file.kind} file: {value}"


def _missing(name: str, *, dotted: bool) -> NodeError:
    shown = name.rsplit(".", 1)[-1] if dotted else name
    return node_errors.required_input_missing(name, shown)
