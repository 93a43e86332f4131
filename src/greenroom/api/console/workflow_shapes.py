"""What the console API says of workflows, forms and the library, as types."""

from typing import Any, Literal

import msgspec

from greenroom.api.console.shapes import Image


class Option(msgspec.Struct):
    label: str
    value: Any


class Preset(msgspec.Struct):
    """A size to choose."""

    family: str
    label: str
    width: int
    height: int


class Field(msgspec.Struct):
    """One field of a form."""

    id: str
    label: str
    type: str
    required: bool
    value: Any
    """What the workflow says now."""
    tooltip: str
    placeholder: str
    advanced: bool
    multiline: bool
    min: float | None
    max: float | None
    step: float | None
    options: list[Option]
    """What can be chosen; of a LoRA picker, the files that workers have."""
    image: Image | None
    presets: list[Preset] = []
    most: int | None = None
    """Of a LoRA picker: how many can be chosen."""
    per_scene: list[str] = []
    """Of a list of scenes: what each of them has."""


class Form(msgspec.Struct):
    """A workflow ready to be filled in and run."""

    name: str
    fields: list[Field]
    graph: dict[str, Any]
    workflow: dict[str, Any] | None
    """What was on the editor's canvas."""
    missing: list[str]
    """Node classes that no worker knows."""
    library_id: str | None = None
    """The workflow of the library that it is; None for a graph that came by itself."""


class Order(msgspec.Struct):
    """A filled-in form."""

    name: str
    graph: dict[str, Any]
    values: dict[str, Any] = {}
    workflow: dict[str, Any] | None = None
    library_id: str | None = None
    """Run this workflow of the library instead of the graph."""
    count: int = 1
    """How many runs; each draws its own seed where the seed is -1."""
    sweep: dict[str, list[Any]] = {}
    """Values that a field takes in turn, each with each of the other fields', `count` times."""
    front: bool = False


class Ordered(msgspec.Struct):
    """What came of an order."""

    ids: list[str]
    labels: list[str]
    """What each run varies, such as `Steps 20, CFG 3`; empty where nothing is varied."""


class WorkflowCard(msgspec.Struct):
    """A workflow in the gallery."""

    id: str
    name: str
    source: Literal["sample", "library", "saved", "recent"]
    thumbnail: str | None
    updated_at: int | None
    lacking: list[str] = []
    """Node classes and models that no worker has; empty when it can run."""


class WorkflowList(msgspec.Struct):
    workflows: list[WorkflowCard]


class Save(msgspec.Struct):
    """A form on its way into the library, with the values that stand in it."""

    name: str
    graph: dict[str, Any]
    values: dict[str, Any] = {}
    workflow: dict[str, Any] | None = None
    library_id: str | None = None
    """The workflow of the library that gets a version with these values, and no other changes."""


class LibraryEntry(msgspec.Struct):
    """A workflow of the library, and who could run it."""

    id: str
    name: str
    version: int
    source: str
    updated_at: int
    inferred: bool
    """Whether its form was made from the graph instead of by its author."""
    workers: list[str]
    """Those that have all that it needs."""
    missing_nodes: list[str]
    missing_models: list[str]


class Library(msgspec.Struct):
    entries: list[LibraryEntry]


class Rename(msgspec.Struct):
    id: str
    name: str
