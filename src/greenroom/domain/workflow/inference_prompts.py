"""Which texts of a graph are its prompts: found by going back from the samplers."""

from collections.abc import Iterator

from greenroom.domain.workflow.graph import as_link
from greenroom.domain.workflow.inference_graph import Place, SeenGraph, SeenNode
from greenroom.domain.workflow.input_spec import ANY_TYPE, MATCH_TYPE, InputSpec

_CARRIERS = frozenset({"CONDITIONING", "GUIDER", "STRING", ANY_TYPE, MATCH_TYPE})
_NOT_PROMPTS = frozenset(
    {
        "delimiter",
        "expression",
        "filename_prefix",
        "find",
        "json",
        "json_string",
        "pattern",
        "regex_pattern",
        "replace",
    }
)
_DISSECTORS = ("Json", "Regex")
"""Classes that take texts apart: what they are given is data, not words for a model."""
_POSITIVE, _NEGATIVE = "positive", "negative"
_ALONE = frozenset({"conditioning", "cond1"})


def find_prompts(graph: SeenGraph) -> tuple[list[Place], list[Place]]:
    """The texts that lead to a sampler as positive and as negative, nearest first.

    A text that leads to both counts as positive: the negative was made from it.
    """
    positive = _gather(graph, _POSITIVE)
    negative = [place for place in _gather(graph, _NEGATIVE) if place not in set(positive)]
    return positive, negative


def _gather(graph: SeenGraph, side: str) -> list[Place]:
    found: dict[Place, None] = {}
    walked: set[str] = set()
    waiting = [start for node_id in graph for start in _entries(graph[node_id], side)]
    for node_id in waiting:
        seen = graph.get(node_id)
        if seen is None or node_id in walked or seen.cls.name.startswith(_DISSECTORS):
            continue
        walked.add(node_id)
        for name, spec in seen.specs.items():
            if not _leads_to_text(seen, spec, side):
                continue
            link = as_link(seen.node.inputs.get(name))
            if link is not None:
                waiting.append(link.node_id)
            elif is_prompt_text(seen, spec) and isinstance(seen.literal(name), str):
                found[Place(node_id, name)] = None
    return list(found)


def _entries(seen: SeenNode, side: str) -> Iterator[str]:
    """The nodes that a sampler takes its conditioning of one side from."""
    for name, value in seen.node.inputs.items():
        link = as_link(value)
        if link is None:
            continue
        alone = side == _POSITIVE and name in _ALONE and "CONDITIONING" not in seen.cls.outputs
        if (name == side or alone) and seen.specs.get(name) is not None:
            yield link.node_id


def _leads_to_text(seen: SeenNode, spec: InputSpec, side: str) -> bool:
    if spec.type not in _CARRIERS and ANY_TYPE not in spec.type:
        return False
    if spec.name in _NOT_PROMPTS:
        return False
    other = _NEGATIVE if side == _POSITIVE else _POSITIVE
    return spec.name != other or side not in seen.specs


def is_prompt_text(seen: SeenNode, spec: InputSpec) -> bool:
    """Whether a widget holds words for a model, not the name or the setting of something."""
    if spec.type != "STRING" or spec.name in _NOT_PROMPTS:
        return False
    return bool(spec.options.get("multiline")) or seen.constant == spec.name
