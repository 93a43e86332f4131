"""A manifest's JSON value -> Manifest, with every fault named by place and line."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.condition import parse_condition
from greenroom.domain.workflow.manifest import (
    INPUT_TYPE_ALIASES,
    InputType,
    LoraInjection,
    Manifest,
    ManifestInput,
    ManifestOutput,
    Option,
    OutputType,
    Resolution,
    Stage,
    WorkflowKind,
)
from greenroom.domain.workflow.manifest_shape import MANIFEST
from greenroom.domain.workflow.shape import Path, Problem

LineOf: TypeAlias = Callable[[Path], int | None]
"""The line where the value at a path begins, when the file it came from has lines."""

_MOST_TOLD = 20


def parse_manifest(value: JsonValue, line_of: LineOf | None = None) -> Manifest:
    """The manifest in a JSON value.

    BAD_REQUEST tells every fault: {"problems": [{path, line, message}]}.
    """
    problems = list(MANIFEST.problems(value))
    if problems or not isinstance(value, Mapping):
        raise _refusal(problems, line_of)
    manifest = _manifest(value)
    problems = list(_contradictions(manifest))
    if problems:
        raise _refusal(problems, line_of)
    return manifest


def _refusal(problems: Iterable[Problem], line_of: LineOf | None) -> AppError:
    told: list[JsonObject] = []
    lines: list[str] = []
    for problem in list(problems)[:_MOST_TOLD]:
        line = line_of(problem.path) if line_of is not None else None
        place = _place(problem.path)
        told.append({"path": place, "line": line, "message": problem.message})
        lines.append(
            f"{f'line {line}: ' if line else ''}{place or 'the manifest'} {problem.message}"
        )
    return AppError(ErrorCode.BAD_REQUEST, "\n".join(lines), {"problems": told})


def _place(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _contradictions(manifest: Manifest) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(manifest.inputs):
        path: Path = ("inputs", index)
        if item.id in seen:
            yield Problem((*path, "id"), f"is {item.id!r}, which an earlier input has too")
        seen.add(item.id)
        if item.min is not None and item.max is not None and item.min > item.max:
            yield Problem((*path, "min"), f"is {item.min}, more than max, {item.max}")
        if item.input_name is not None and item.node_id is None:
            yield Problem(path, "has a 'field' but no 'node_id'")
    if manifest.kind is WorkflowKind.DYNAMIC and not manifest.pipeline:
        yield Problem((), "is dynamic and lacks 'pipeline'")
    for index, stage in enumerate(manifest.pipeline):
        yield from _stage_contradictions(stage, ("pipeline", index))


def _stage_contradictions(stage: Stage, path: Path) -> Iterator[Problem]:
    if stage.switch is not None and not stage.cases:
        yield Problem(path, "has a 'switch' but no 'cases'")
    if stage.default is not None and stage.default not in stage.cases:
        yield Problem((*path, "default"), f"is {stage.default!r}, which is none of the cases")
    if stage.condition is not None and parse_condition(stage.condition) is None:
        yield Problem((*path, "condition"), f"cannot be read: {stage.condition!r}")


def _manifest(value: JsonObject) -> Manifest:
    notes = value.get("technical_notes")
    return Manifest(
        id=str(value["id"]),
        name=str(value["name"]),
        version=int(str(value["version"])),
        date=str(value["date"]),
        kind=WorkflowKind(str(value.get("type", WorkflowKind.STATIC))),
        inputs=tuple(_input(item) for item in _records(value.get("inputs"))),
        outputs=tuple(
            _output(item, index) for index, item in enumerate(_records(value.get("outputs")))
        ),
        category=_text(value, "category"),
        description=_text(value, "description"),
        author=_text(value, "author"),
        group=_text(value, "group"),
        base_model=_text(value, "base_model"),
        workflow_file=_text(value, "workflow_file") or "workflow.json",
        blocks_dir=_text(value, "blocks_dir") or "blocks",
        defaults=_mapping(value.get("defaults")),
        pipeline=tuple(_stage(item) for item in _records(value.get("pipeline"))),
        required_models=_texts(value.get("required_models")),
        required_models_map=_texts_by_key(value.get("required_models_map")),
        required_nodes=_texts(value.get("required_nodes")),
        technical_notes=notes if isinstance(notes, str) else "\n".join(_texts(notes)),
        tags=_texts(value.get("tags")),
    )


def _input(value: JsonObject) -> ManifestInput:
    name = str(value["type"])
    kind = INPUT_TYPE_ALIASES.get(name) or InputType(name)
    node_id = value.get("node_id")
    options = tuple(_option(item) for item in _items(value.get("options")))
    default = value.get("default")
    if default is None and options:
        default = options[0].value
    return ManifestInput(
        id=str(value["id"]),
        label=_text(value, "label") or _text(value, "name") or str(value["id"]),
        type=kind,
        required=value.get("required") is True,
        default=-1 if default is None and kind is InputType.SEED else default,
        tooltip=_text(value, "tooltip"),
        placeholder=_text(value, "placeholder"),
        advanced=value.get("advanced") is True,
        node_id=None if node_id is None else str(node_id),
        input_name=_text(value, "field") or None,
        min=_number(value.get("min")),
        max=_number(value.get("max")),
        step=_number(value.get("step")),
        multiline=value.get("multiline") is True,
        options=options,
        presets=_presets(value.get("presets")),
        base_model=_text(value, "base_model") or None,
        max_loras=_integer(value.get("max_loras")),
        per_scene=value.get("per_scene") or None,
    )


def _option(value: JsonValue) -> Option:
    if isinstance(value, Mapping):
        inner = value.get("value")
        return Option(_text(value, "label") or str(inner), inner)
    return Option(str(value), value)


def _presets(value: JsonValue) -> dict[str, tuple[Resolution, ...]]:
    families = value if isinstance(value, Mapping) else {"": value} if value else {}
    return {
        family: tuple(_resolution(item) for item in _records(items))
        for family, items in families.items()
    }


def _resolution(value: JsonObject) -> Resolution:
    width, height = int(str(value["w"])), int(str(value["h"]))
    return Resolution(_text(value, "label") or f"{width} x {height}", width, height)


def _output(value: JsonObject, index: int) -> ManifestOutput:
    node_id = value.get("node_id")
    kind = OutputType(str(value["type"]))
    name = _text(value, "label") or _text(value, "name")
    return ManifestOutput(
        id=_text(value, "id") or f"output_{index + 1}",
        name=name or kind.capitalize(),
        type=kind,
        node_id=None if node_id is None else str(node_id),
    )


def _stage(value: JsonObject) -> Stage:
    repeat = value.get("repeat", value.get("repeat_variable"))
    return Stage(
        block=str(value["block"]),
        file=_text(value, "file") or None,
        switch=_text(value, "switch") or None,
        cases={key: str(item) for key, item in _mapping(value.get("cases")).items()},
        default=_text(value, "default") or None,
        condition=_text(value, "condition") or None,
        repeat=repeat if isinstance(repeat, int | str) else None,
        chain=value.get("chain") is True,
        chain_imports={k: str(v) for k, v in _mapping(value.get("chain_imports")).items()},
        in_repeat=value.get("in_repeat") is not False,
        scene_index=_integer(value.get("scene_index")),
        lora_injection=_lora_injection(value.get("lora_injection")),
        lora_nodes=_lora_nodes(value.get("lora_nodes")),
        lora_start_slot=_integer(value.get("lora_start_slot")) or 3,
        vae_override=_vae_override(value.get("vae_override")),
        models=_stage_models(value.get("models")),
    )


def _lora_injection(value: JsonValue) -> LoraInjection | None:
    if value is True:
        return LoraInjection.CHAIN
    return LoraInjection(value) if isinstance(value, str) else None


def _lora_nodes(value: JsonValue) -> tuple[str, str]:
    names = list(_mapping(value).values()) if isinstance(value, Mapping) else list(_items(value))
    high, low = [*(str(name) for name in names), *("lora_high", "lora_low")[len(names) :]][:2]
    return high, low


def _vae_override(value: JsonValue) -> str | None:
    return "vae" if value is True else value if isinstance(value, str) else None


def _stage_models(value: JsonValue) -> dict[str, tuple[str, ...]]:
    if isinstance(value, Mapping):
        return _texts_by_key(value)
    return {"": files} if (files := _texts(value)) else {}


def _texts_by_key(value: JsonValue) -> dict[str, tuple[str, ...]]:
    return {key: _texts(item) for key, item in _mapping(value).items()}


def _text(value: JsonObject, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in _items(value))


def _items(value: JsonValue) -> Iterable[JsonValue]:
    return value if isinstance(value, list) else ()


def _records(value: JsonValue) -> Iterator[JsonObject]:
    return (item for item in _items(value) if isinstance(item, Mapping))


def _mapping(value: JsonValue) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _number(value: JsonValue) -> float | None:
    return value if isinstance(value, int | float) else None


def _integer(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None
