"""Whether a person who looks for some words means a job: by what was written into its graph."""

from collections.abc import Iterator, Mapping

from greenroom.domain.json import JsonObject, JsonValue

_SENT_ALONG = ("workflow_name",)


def mentions(graph: JsonObject, extra_data: JsonObject, words: str) -> bool:
    """`words` stand in a value of an input, or in the workflow's name; case is ignored.

    Names of inputs, classes and nodes do not count: they stand in nearly every graph.
    """
    wanted = words.casefold()
    told = (extra_data.get(name) for name in _SENT_ALONG)
    return any(
        wanted in text.casefold() for value in (*_inputs(graph), *told) for text in _texts(value)
    )


def _inputs(graph: JsonObject) -> Iterator[JsonValue]:
    for node in graph.values():
        inputs = node.get("inputs") if isinstance(node, Mapping) else None
        if isinstance(inputs, Mapping):
            yield from inputs.values()


def _texts(value: JsonValue) -> Iterator[str]:
    """Those of values and of what they hold; a link to another node says nothing."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, Mapping):
            waiting.extend(inner.values())
        elif isinstance(inner, list) and not (len(inner) == 2 and isinstance(inner[1], int)):
            waiting.extend(inner)
