"""The widgets of one node with their values, read from a file's `widgets_values`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.editor_class import (
    EditorClass,
    WidgetSpec,
    has_widget,
    widget_spec,
)
from greenroom.domain.workflow.input_spec import COMBO, DYNAMIC_COMBO
from greenroom.domain.workflow.javascript import as_text
from greenroom.domain.workflow.lora_stack import LORA_STACK_CLASS, stack_widgets

_MOST_GROWN = 200
_OPTIONS_CLASS = "CustomCombo"


@dataclass(frozen=True, slots=True)
class Widget:
    spec: WidgetSpec
    value: JsonValue

    @property
    def name(self) -> str:
        return self.spec.name


def read_widgets(
    cls: EditorClass, saved: Sequence[JsonValue] | Mapping[str, JsonValue]
) -> tuple[Widget, ...]:
    """Every widget of a node, in order. A place that the file lacks leaves the default.

    The list of widgets grows while it is read: a dynamic combo's own inputs follow it as soon as
    its value is known, so where a value belongs depends on the values before it.
    """
    if isinstance(saved, Mapping):
        widgets = _read(cls.widgets, _Named(saved))
        return (*widgets, *_beyond_definition(cls, widgets, saved))
    if cls.name == LORA_STACK_CLASS:
        return tuple(Widget(spec, value) for spec, value in stack_widgets(saved))
    if cls.name == _OPTIONS_CLASS:
        return _with_index(_read(cls.widgets, _Places(saved)))
    return _read(cls.widgets, _Places(_without_placeholders(cls, saved)))


class _Places:
    """Values by position."""

    def __init__(self, values: Sequence[JsonValue]) -> None:
        self._values = values
        self._next = 0

    def take(self, spec: WidgetSpec) -> JsonValue:
        place = self._next
        self._next += 1 + spec.controls
        return self._values[place] if place < len(self._values) else spec.default


class _Named:
    """Values by the widget's name, as some node packs save them."""

    def __init__(self, values: Mapping[str, JsonValue]) -> None:
        self._values = values

    def take(self, spec: WidgetSpec) -> JsonValue:
        return self._values.get(spec.name, spec.default)


def _read(specs: tuple[WidgetSpec, ...], source: _Places | _Named) -> tuple[Widget, ...]:
    waiting = list(reversed(specs))
    widgets: list[Widget] = []
    grown = 0
    while waiting:
        spec = waiting.pop()
        saved = source.take(spec) if spec.saved else spec.default
        value = _settled(spec, saved)
        widgets.append(Widget(spec, value))
        if spec.branches is not None:
            # A choice that the file leaves open is made too late for its inputs to have places.
            placed = spec.saved and saved is not None
            children = spec.branches.get(as_text(value), ())
            made = (widget_spec(child) for child in children if has_widget(child))
            waiting.extend(reversed([replace(c, saved=c.saved and placed) for c in made]))
        if spec.growing and value and grown < _MOST_GROWN:
            grown += 1
            waiting.append(following(spec))
    return tuple(widgets)


def _settled(spec: WidgetSpec, value: JsonValue) -> JsonValue:
    """What the editor makes of a saved value: almost always the value itself."""
    if spec.fixed:
        return spec.default
    if value is None and spec.type in {COMBO, DYNAMIC_COMBO} and spec.choices:
        return spec.choices[0]
    if spec.multiline and not isinstance(value, str):
        return as_text(value)
    return value


def _with_index(widgets: tuple[Widget, ...]) -> tuple[Widget, ...]:
    """A list whose options are written in the node, with the place of the choice worked out."""
    choice = widgets[0].value
    options = [widget.value for widget in widgets[2:]]
    index = options.index(choice) if choice in options else -1
    return (widgets[0], Widget(widgets[1].spec, index), *widgets[2:])


def _beyond_definition(
    cls: EditorClass, widgets: tuple[Widget, ...], saved: Mapping[str, JsonValue]
) -> Iterator[Widget]:
    """Widgets that only the node pack's own editor code makes, such as a video format's settings.

    They are told from buttons and previews by having a plain name and a plain value.
    """
    known = {widget.name for widget in widgets} | {socket.name for socket in cls.sockets}
    for name, value in saved.items():
        plain = isinstance(value, bool | int | float | str)
        if name not in known and plain and name.isidentifier():
            yield Widget(WidgetSpec(name, "OBJECT", None, {}, socket=False), value)


def following(spec: WidgetSpec) -> WidgetSpec:
    """The widget that appears after one that grows: option2 after option1."""
    stem = spec.name.rstrip("0123456789")
    number = spec.name.removeprefix(stem)
    return WidgetSpec(f"{stem}{int(number) + 1}", spec.type, "", {}, socket=False, growing=True)


def _without_placeholders(cls: EditorClass, saved: Sequence[JsonValue]) -> Sequence[JsonValue]:
    if not any(cls.placeholders) or len(cls.placeholders) != len(saved):
        return saved
    return [value for value, forced in zip(saved, cls.placeholders, strict=True) if not forced]
