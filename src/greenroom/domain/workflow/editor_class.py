"""What the editor makes of a node class: its sockets, and its widgets in their saved order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.input_spec import (
    AUTOGROW,
    COMBO,
    DYNAMIC_COMBO,
    MATCH_TYPE,
    DynamicCombo,
    InputSpec,
)
from greenroom.domain.workflow.object_info import NodeClass, ObjectInfo

WIDGET_DEFAULTS: Final[Mapping[str, JsonValue]] = {
    "INT": 0,
    "FLOAT": 0,
    "STRING": "",
    "BOOLEAN": False,
    COMBO: None,
    DYNAMIC_COMBO: None,
    "COLOR": "#000000",
    "COLORS": [],
    "BOUNDING_BOX": {"x": 0, "y": 0, "width": 512, "height": 512},
    "BOUNDING_BOXES": [],
    "CURVE": {"points": [[0, 0], [1, 1]], "interpolation": "monotone_cubic"},
    "RANGE": None,
    "COMPOSITOR": {},
    "MARKDOWN": "",
    "TEXTAREA": "",
    "IMAGECOMPARE": ["", ""],
    "CHART": None,
    "GALLERIA": None,
    "PAINTER": "",
    "LOAD_3D": "",
    "WEBCAM": "",
    "AUDIO_RECORD": "",
}
"""Types that the editor shows a widget for, with the value it has before any is set."""

_EDITOR_TITLES: Final[Mapping[str, str]] = {
    "ByteDance2ReferenceNode": "ByteDance Seedance 2.5 Reference to Video",
    "IdeogramPImage": "Ideogram P-Image",
    "LTXVConcatAVLatent": "LTXVConcatAVLatent",
    "LTXVSeparateAVLatent": "LTXVSeparateAVLatent",
}
"""Titles of the editor's own word list where it does not follow the server's display names."""

_UPLOADS = ("image_upload", "video_upload", "animated_image_upload")
_SEED_NAMES = frozenset({"seed", "noise_seed"})


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    """One widget, and how its value is saved and sent."""

    name: str
    type: str
    default: JsonValue
    options: JsonObject
    choices: tuple[JsonValue, ...] = ()
    saved: bool = True
    """Whether it takes a place in `widgets_values`."""
    sent: bool = True
    """Whether it appears in the prompt."""
    socket: bool = True
    """Whether a link can feed it."""
    controls: int = 0
    """Places in `widgets_values` after it that say what happens to the value after a run."""
    branches: Mapping[str, tuple[InputSpec, ...]] | None = None
    """Of a dynamic combo: key -> the inputs that appear when it is chosen."""
    multiline: bool = False
    """Whether it is a text area, which makes text of whatever it is given."""
    fixed: bool = False
    """Whether the prompt always has the default, whatever the file says."""
    growing: bool = False
    """Whether a further widget appears once this one is not empty: option1, option2, ..."""


@dataclass(frozen=True, slots=True)
class SocketSpec:
    """An input that only a link can feed. Its type is `flexible` when links decide it."""

    name: str
    type: str
    flexible: bool = False
    grows: bool = False
    """Whether it stands for any number of sockets: name.x, name.y, ..."""


@dataclass(frozen=True, slots=True)
class EditorClass:
    name: str
    title: str
    sockets: tuple[SocketSpec, ...]
    widgets: tuple[WidgetSpec, ...]
    placeholders: tuple[bool, ...]
    """The places of older files' `widgets_values`: True where a forced input had one."""
    outputs: tuple[str, ...]
    output_names: tuple[str, ...]


class EditorClasses:
    """Every class of an object_info as the editor sees it, each made when first asked for."""

    def __init__(self, object_info: ObjectInfo) -> None:
        self._object_info = object_info
        self._made: dict[str, EditorClass | None] = {}

    def find(self, name: str) -> EditorClass | None:
        if name not in self._made:
            definition = self._object_info.find(name)
            self._made[name] = None if definition is None else editor_class(definition)
        return self._made[name]


def editor_class(definition: NodeClass) -> EditorClass:
    """The editor's view of one class."""
    inputs = tuple(definition.inputs.values())
    return EditorClass(
        name=definition.name,
        title=_EDITOR_TITLES.get(definition.name, definition.display_name),
        sockets=tuple(socket_spec(spec) for spec in inputs if not has_widget(spec)),
        widgets=tuple(_with_extras(definition, inputs)),
        placeholders=tuple(_placeholders(inputs)),
        outputs=tuple(COMBO if isinstance(o, list) else str(o) for o in definition.outputs),
        output_names=definition.output_names,
    )


def has_widget(spec: InputSpec) -> bool:
    """Whether the editor shows a widget for an input."""
    return not spec.options.get("forceInput") and _widget_type(spec) in WIDGET_DEFAULTS


def socket_spec(spec: InputSpec) -> SocketSpec:
    """The socket of an input that has no widget."""
    return SocketSpec(
        spec.name,
        spec.type,
        flexible=spec.type == MATCH_TYPE,
        grows=spec.type == AUTOGROW,
    )


def widget_spec(spec: InputSpec) -> WidgetSpec:
    """The widget of an input that has one."""
    kind = _widget_type(spec)
    choices = spec.choices or ()
    branches = spec.nested.options if isinstance(spec.nested, DynamicCombo) else None
    if branches is not None:
        choices = tuple(branches)
    default = spec.options.get("default", WIDGET_DEFAULTS[kind])
    if default is None and choices:
        default = choices[0]
    return WidgetSpec(
        name=spec.name,
        type=kind,
        default=default,
        options=spec.options,
        choices=choices,
        saved=kind != "IMAGECOMPARE",
        socket=not spec.options.get("socketless"),
        controls=_controls(kind, spec),
        multiline=kind == "STRING" and bool(spec.options.get("multiline")),
        branches=branches,
    )


def _widget_type(spec: InputSpec) -> str:
    widget_type = spec.options.get("widgetType")
    return widget_type if isinstance(widget_type, str) else spec.type


def _controls(kind: str, spec: InputSpec) -> int:
    wanted = spec.options.get("control_after_generate")
    if kind == "INT":
        return int(bool(wanted) if wanted is not None else spec.name in _SEED_NAMES)
    # A combo's control brings a text field to filter its options, and that has a place too.
    return 2 if kind == COMBO and wanted else 0


def _with_extras(definition: NodeClass, inputs: tuple[InputSpec, ...]) -> Iterator[WidgetSpec]:
    for spec in inputs:
        if spec.required and has_widget(spec):
            yield widget_spec(spec)
            yield from _beside(definition.name, spec)
    yield from _editor_only(definition.name, inputs)
    for spec in inputs:
        if not spec.required and has_widget(spec):
            yield widget_spec(spec)


def _beside(name: str, spec: InputSpec) -> Iterator[WidgetSpec]:
    """Buttons that the editor puts right after an input."""
    remote = spec.options.get("remote")
    if isinstance(remote, Mapping) and remote.get("refresh_button"):
        yield _button("auto refresh")
        yield WidgetSpec("refresh", "BUTTON", "refresh", {}, socket=False)
    if name == "Load3D" and spec.name == "model_file":
        yield _button("upload model")
        yield _button("upload extra")
        yield WidgetSpec("clear", "BUTTON", "clear", {}, socket=False)


def _editor_only(name: str, inputs: tuple[InputSpec, ...]) -> Iterator[WidgetSpec]:
    """Widgets that no definition lists: upload buttons, players, viewers, editable options."""
    if name == "CustomCombo":
        yield WidgetSpec("index", "INT", -1, {}, socket=False)
        yield WidgetSpec("option1", "STRING", "", {}, socket=False, growing=True)
    if name in {"SaveGLB", "Preview3D"}:
        yield WidgetSpec("image", "PREVIEW_3D", "", {}, socket=False, fixed=True)
    combos = [spec for spec in inputs if spec.required and spec.type == COMBO]
    if any(spec.options.get("audio_upload") for spec in combos):
        yield _button("audioUI")
        yield _button("upload")
    if any(spec.options.get(kind) for spec in combos for kind in _UPLOADS):
        yield _button("upload")
    if any(spec.type == "AUDIO_RECORD" for spec in inputs):
        yield _button("audioUI")


def _button(name: str) -> WidgetSpec:
    return WidgetSpec(name, "BUTTON", None, {}, sent=False, socket=False)


def _placeholders(inputs: tuple[InputSpec, ...]) -> Iterator[bool]:
    for spec in inputs:
        forced = bool(spec.options.get("forceInput"))
        if forced or has_widget(spec):
            yield forced
            if spec.options.get("control_after_generate"):
                yield False
