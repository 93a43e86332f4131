"""A graph against the node classes of the fleet: what may run, and what is wrong with the rest."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import Graph, ancestors, parse_graph
from greenroom.domain.workflow.input_checks import unwrap
from greenroom.domain.workflow.node_check import NodeChecker
from greenroom.domain.workflow.node_errors import NodeError
from greenroom.domain.workflow.object_info import NodeClass, ObjectInfo
from greenroom.domain.workflow.prompt_error import prompt_error, unknown_class
from greenroom.domain.workflow.walk import Walk

_MOST_NODES_REPORTED = 500
_MOST_DEPENDENTS_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Validated:
    """A graph of which at least one output may run."""

    outputs: tuple[str, ...]
    """The good output nodes, in the graph's order."""
    graph_to_run: JsonObject
    """The graph with its values converted; the submitted one is not touched."""
    node_errors: dict[str, JsonValue]
    """Node id -> {errors, dependent_outputs, class_type} of what was left out; often empty."""
    graph: Graph
    """The submitted graph, parsed."""


def validate(
    graph: "Graph | JsonValue",
    object_info: ObjectInfo,
    *,
    files: Container[str],
    targets: Sequence[str] | None = None,
) -> Validated:
    """Check a graph as ComfyUI does, or INVALID_GRAPH with ComfyUI's answer in the details.

    `files` holds those of `referenced_files` that exist. `targets` names the output nodes to run;
    None means all.
    """
    graph = graph if isinstance(graph, Graph) else parse_graph(graph)
    classes = _classes(graph, object_info)
    outputs = _outputs(classes, targets)
    walk = Walk(NodeChecker(graph, classes, files))
    findings = _Findings(graph)
    good = []
    for output in outputs:
        verdict = walk.settle(output)
        if verdict.good:
            good.append(output)
        else:
            findings.add(output, verdict.errors, walk)
    node_errors = findings.node_errors()
    if not good:
        raise prompt_error(
            "prompt_outputs_failed_validation",
            "Prompt outputs failed validation",
            "\n".join(findings.lines),
            node_errors=node_errors,
        )
    return Validated(tuple(good), _graph_to_run(graph, walk.converted), node_errors, graph)


def referenced_files(
    graph: "Graph | JsonValue", object_info: ObjectInfo, outputs: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The files that a graph reads, each once, named as in the graph: `sub/x.png [output]`.

    With `outputs`, only what those nodes need.
    """
    graph = graph if isinstance(graph, Graph) else parse_graph(graph)
    needed = graph.nodes if outputs is None else ancestors(graph, outputs)
    found: dict[str, None] = {}
    for node_id, node in graph.nodes.items():
        node_class = object_info.find(node.class_type)
        if node_class is None or not node_class.file_inputs or node_id not in needed:
            continue
        for file in node_class.file_inputs:
            name = unwrap(node.inputs.get(file.name))
            if isinstance(name, str) and file.names_a_file(name):
                found[name] = None
    return tuple(found)


def _classes(graph: Graph, object_info: ObjectInfo) -> dict[str, NodeClass]:
    classes: dict[str, NodeClass] = {}
    for node_id, node in graph.nodes.items():
        node_class = object_info.find(node.class_type)
        if node_class is None:
            raise unknown_class(node_id, node.class_type, node.title or node.class_type)
        classes[node_id] = node_class
    return classes


def _outputs(classes: Mapping[str, NodeClass], targets: Sequence[str] | None) -> list[str]:
    outputs = [node_id for node_id, node_class in classes.items() if node_class.output_node]
    if targets is not None:
        wanted = set(targets)
        outputs = [node_id for node_id in outputs if node_id in wanted]
    if not outputs:
        raise prompt_error("prompt_no_outputs", "Prompt has no outputs")
    return outputs


class _Findings:
    """What is wrong, gathered output by output."""

    def __init__(self, graph: Graph) -> None:
        self.lines: list[str] = []
        self._graph = graph
        self._failed: list[str] = []
        self._bad: dict[str, tuple[list[NodeError], int]] = {}
        """Node id -> its errors, and how many outputs had failed before they were known."""

    def add(self, output: str, errors: list[NodeError], walk: Walk) -> None:
        self.lines += [f"{error['message']}: {error['details']}" for error in errors]
        for node_id in walk.newly_bad:
            known = walk.verdicts[node_id].errors
            if known and node_id not in self._bad and len(self._bad) < _MOST_NODES_REPORTED:
                self._bad[node_id] = (known, len(self._failed))
        walk.newly_bad.clear()
        self._failed.append(output)

    def node_errors(self) -> dict[str, JsonValue]:
        """Every bad node with the failed outputs: a node known to be bad counts against all later
        ones too, as ComfyUI does it.
        """
        return {
            node_id: {
                "errors": errors,
                "dependent_outputs": self._failed[before : before + _MOST_DEPENDENTS_SHOWN],
                "class_type": self._graph.nodes[node_id].class_type,
            }
            for node_id, (errors, before) in self._bad.items()
        }


def _graph_to_run(graph: Graph, converted: Mapping[str, Mapping[str, JsonValue]]) -> JsonObject:
    if not converted and not graph.without_inputs:
        return graph.source
    prompt = dict(graph.source)
    for node_id, values in converted.items():
        inputs = {**graph.nodes[node_id].inputs, **values}
        prompt[node_id] = {**_body(graph, node_id), "inputs": inputs}
    # A node without inputs that nothing needs would still end the worker that looks at it.
    for node_id in graph.without_inputs:
        prompt[node_id] = {**_body(graph, node_id), "inputs": {}}
    return prompt


def _body(graph: Graph, node_id: str) -> JsonObject:
    body = graph.source[node_id]
    return body if isinstance(body, Mapping) else {}
