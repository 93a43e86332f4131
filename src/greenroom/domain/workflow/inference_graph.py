"""A graph seen for its parameters: each node's inputs with their specs, and where values start."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.dynamic_inputs import unfold
from greenroom.domain.workflow.graph import Graph, Node, as_link, topological_order
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.object_info import NodeClass, ObjectInfo

_SIMPLE_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
_LONGEST_WAY = 50
_LONG_NAME = 8
_SIDES = frozenset({"positive", "negative", "positiveprompt", "negativeprompt"})
_TYPED = re.compile(r"(?:int|float|boolean|string|text)\s*[(\uff08](.+)[)\uff09]", re.IGNORECASE)
"""Titles such as "Int (Width)"."""


class Place(NamedTuple):
    """An input of a node."""

    node_id: str
    input_name: str


@dataclass(frozen=True, slots=True)
class SeenNode:
    node: Node
    cls: NodeClass
    specs: Mapping[str, InputSpec]
    title: str | None
    """The title, when somebody gave the node one of its own."""
    constant: str | None
    """The one widget of a node that does nothing but give its value."""

    def literal(self, name: str) -> JsonValue:
        """The value of an input that is not linked, else None."""
        value = self.node.inputs.get(name)
        return None if as_link(value) is not None else value


class SeenGraph(Mapping[str, SeenNode]):
    """The nodes whose class is known, each after the nodes it takes from."""

    def __init__(self, graph: Graph, object_info: ObjectInfo) -> None:
        self._nodes: dict[str, SeenNode] = {}
        for node_id in topological_order(graph):
            node = graph.nodes[node_id]
            cls = object_info.find(node.class_type)
            if cls is not None:
                self._nodes[node_id] = _seen(node, cls)

    def __getitem__(self, node_id: str) -> SeenNode:
        return self._nodes[node_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def start(self, place: Place) -> Place | None:
        """Where the value of an input is written: there, or at a constant that is linked to it.

        None when it is computed, or the input has no value at all.
        """
        for _ in range(_LONGEST_WAY):
            seen = self._nodes.get(place.node_id)
            if seen is None or place.input_name not in seen.node.inputs:
                return None
            link = as_link(seen.node.inputs[place.input_name])
            if link is None:
                return place
            origin = self._nodes.get(link.node_id)
            if origin is None or origin.constant is None:
                return None
            place = Place(link.node_id, origin.constant)
        return None


def _seen(node: Node, cls: NodeClass) -> SeenNode:
    specs, _ = unfold(cls, node.inputs)
    return SeenNode(
        node=node,
        cls=cls,
        specs={spec.name: spec for spec in specs},
        title=_own_title(node, cls),
        constant=_constant(cls),
    )


def _own_title(node: Node, cls: NodeClass) -> str | None:
    """The title, unless it only says what kind of node it is."""
    if not isinstance(node.title, str):
        return None
    letters = _letters(node.title)
    kinds = (_letters(cls.name), _letters(cls.display_name))
    if not letters or any(_says_only(letters, kind) for kind in kinds):
        return None
    if "textencode" in letters or letters in _SIDES:
        return None
    typed = _TYPED.fullmatch(node.title.strip())
    title = typed[1].strip() if typed is not None else node.title.strip()
    return title[:1].upper() + title[1:]


def _says_only(letters: str, kind: str) -> bool:
    return letters == kind or (len(kind) >= _LONG_NAME and kind in letters)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _constant(cls: NodeClass) -> str | None:
    widgets = [spec for spec in cls.inputs.values() if spec.is_widget]
    alone = len(widgets) == 1 and len(cls.inputs) == 1
    simple = alone and widgets[0].type in _SIMPLE_TYPES and widgets[0].type in cls.outputs
    return widgets[0].name if simple else None
