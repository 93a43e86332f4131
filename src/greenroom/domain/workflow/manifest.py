"""The manifest of a published workflow: its named inputs and outputs, and its pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.json import JsonObject, JsonValue


class WorkflowKind(StrEnum):
    STATIC = "static"
    """One graph, whose inputs are set."""
    DYNAMIC = "dynamic"
    """A graph put together from blocks."""


class InputType(StrEnum):
    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOLEAN = "boolean"
    SELECT = "select"
    SEED = "seed"
    IMAGE = "image"
    MASK = "mask"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    CHECKPOINT_PICKER = "checkpoint_picker"
    RESOLUTION_PICKER = "resolution_picker"
    LORA_PICKER = "lora_picker"
    LORA_PICKER_DYNAMIC = "lora_picker_dynamic"
    SCENE_LIST = "scene_list"
    VAE_PICKER = "vae_picker"


INPUT_TYPE_ALIASES: Mapping[str, InputType] = {
    "string": InputType.TEXT,
    "integer": InputType.INT,
    "number": InputType.FLOAT,
    "bool": InputType.BOOLEAN,
    "dropdown": InputType.SELECT,
    "enum": InputType.SELECT,
}
FILE_TYPES = frozenset(
    {InputType.IMAGE, InputType.MASK, InputType.VIDEO, InputType.AUDIO, InputType.FILE}
)


class OutputType(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    MODEL_3D = "3d"
    FILE = "file"


class LoraInjection(StrEnum):
    CHAIN = "chain"
    """A chain of loaders behind the block's `model` and `clip`."""
    PAIRED = "paired"
    """Slots of two loaders inside the block: one for high noise, one for low."""


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Resolution:
    label: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ManifestInput:
    """One parameter of a workflow, and where its value goes."""

    id: str
    label: str
    type: InputType
    required: bool = False
    default: JsonValue = None
    tooltip: str = ""
    placeholder: str = ""
    advanced: bool = False
    node_id: str | None = None
    input_name: str | None = None
    """The input of that node; `field` in the file."""
    min: float | None = None
    max: float | None = None
    step: float | None = None
    multiline: bool = False
    options: tuple[Option, ...] = ()
    presets: Mapping[str, tuple[Resolution, ...]] = field(default_factory=dict)
    base_model: str | None = None
    max_loras: int | None = None
    per_scene: JsonValue = None


@dataclass(frozen=True, slots=True)
class ManifestOutput:
    id: str
    name: str
    type: OutputType
    node_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline: which block it adds, when, and how often."""

    block: str
    file: str | None = None
    switch: str | None = None
    """The parameter whose value chooses the file among `cases`."""
    cases: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    """The case for values that `cases` lacks."""
    condition: str | None = None
    repeat: int | str | None = None
    chain: bool = False
    chain_imports: Mapping[str, str] = field(default_factory=dict)
    in_repeat: bool = True
    scene_index: int | None = None
    lora_injection: LoraInjection | None = None
    lora_nodes: tuple[str, str] = ("lora_high", "lora_low")
    lora_start_slot: int = 3
    vae_override: str | None = None
    """The parameter that names a VAE file."""
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files the stage needs: by case, or under "" for every case."""


@dataclass(frozen=True, slots=True)
class Manifest:
    id: str
    name: str
    version: int
    date: str
    kind: WorkflowKind
    inputs: tuple[ManifestInput, ...]
    outputs: tuple[ManifestOutput, ...]
    category: str = ""
    description: str = ""
    author: str = ""
    group: str = ""
    base_model: str = ""
    workflow_file: str = "workflow.json"
    blocks_dir: str = "blocks"
    defaults: JsonObject = field(default_factory=dict)
    pipeline: tuple[Stage, ...] = ()
    required_models: tuple[str, ...] = ()
    required_models_map: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required_nodes: tuple[str, ...] = ()
    technical_notes: str = ""
    tags: tuple[str, ...] = ()
