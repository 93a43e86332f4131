"""What the inputs of a graph are for, told by their class, type and name."""

from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from greenroom.domain.workflow.file_inputs import FileKind, file_inputs
from greenroom.domain.workflow.graph import as_link
from greenroom.domain.workflow.inference_graph import Place, SeenGraph, SeenNode
from greenroom.domain.workflow.inference_prompts import find_prompts, is_prompt_text
from greenroom.domain.workflow.input_spec import InputSpec
from greenroom.domain.workflow.model_folders import model_folder
from greenroom.domain.workflow.seeds import seed_inputs


class Role(IntEnum):
    """In the order of a form."""

    PROMPT = 0
    NEGATIVE_PROMPT = 1
    TEXT = 2
    IMAGE = 3
    MASK = 4
    VIDEO = 5
    AUDIO = 6
    FILE = 7
    WIDTH = 8
    HEIGHT = 9
    SIZE = 10
    LENGTH = 11
    FRAME_RATE = 12
    BATCH = 13
    SETTING = 14
    SEED = 15
    STEPS = 16
    CFG = 17
    SAMPLER = 18
    SCHEDULER = 19
    DENOISE = 20
    MODEL = 21
    LORA = 22
    LORA_STRENGTH = 23
    PREFIX = 24


class Found(NamedTuple):
    role: Role
    place: Place
    """Where the value is written."""
    spec: InputSpec
    """The input that the value is for: the same place, or one that a constant is linked to."""
    title: str | None
    """What somebody called the node that the value stands in."""
    user: str
    """The node that the value is for."""


_BY_NAME: dict[str, Role] = {
    "aspect_ratio": Role.SIZE,
    "batch_size": Role.BATCH,
    "cfg": Role.CFG,
    "denoise": Role.DENOISE,
    "duration": Role.LENGTH,
    "duration_seconds": Role.LENGTH,
    "fps": Role.FRAME_RATE,
    "frame_rate": Role.FRAME_RATE,
    "guidance": Role.CFG,
    "height": Role.HEIGHT,
    "length": Role.LENGTH,
    "megapixels": Role.SIZE,
    "num_frames": Role.LENGTH,
    "resolution": Role.SIZE,
    "sampler_name": Role.SAMPLER,
    "scheduler": Role.SCHEDULER,
    "seconds": Role.LENGTH,
    "steps": Role.STEPS,
    "strength_clip": Role.LORA_STRENGTH,
    "strength_model": Role.LORA_STRENGTH,
    "width": Role.WIDTH,
}
_OF_MAKERS = frozenset(
    {Role.WIDTH, Role.HEIGHT, Role.SIZE, Role.LENGTH, Role.FRAME_RATE, Role.BATCH}
)
"""Roles that count only at nodes that make something new, not at those that resize or cut."""
_MAKER_PREFIXES = ("Create", "Save")
_MEDIA = frozenset({"IMAGE", "LATENT", "MASK", "VIDEO"})
_FILE_ROLES = {
    FileKind.IMAGE: Role.IMAGE,
    FileKind.VIDEO: Role.VIDEO,
    FileKind.AUDIO: Role.AUDIO,
}
_PAID = "comfy_api_nodes"
_TEXT_NAMES = frozenset({"prompt", "text", "negative_prompt", "lyrics", "tags"})
_TITLED = frozenset({Role.IMAGE, Role.MASK, Role.VIDEO, Role.AUDIO, Role.FILE})
_GROUPS = {
    Role.HEIGHT: Role.WIDTH,
    Role.SIZE: Role.WIDTH,
    Role.LORA_STRENGTH: Role.LORA,
}
"""Roles that stand together with another of the same node."""


def find_roles(graph: SeenGraph) -> list[Found]:
    """Every parameter of a graph in the order of a form; the first role of a place wins."""
    found: dict[Place, Found] = {}
    positive, negative = find_prompts(graph)
    for role, places in ((Role.PROMPT, positive), (Role.NEGATIVE_PROMPT, negative)):
        for place in places:
            seen = graph[place.node_id]
            found.setdefault(
                place, Found(role, place, seen.specs[place.input_name], seen.title, place.node_id)
            )
    for item in _by_input(graph):
        found.setdefault(item.place, item)
    for item in _named_constants(graph):
        found.setdefault(item.place, item)
    return _in_order(list(found.values()))


def _by_input(graph: SeenGraph) -> Iterator[Found]:
    masks = _used_as_mask(graph)
    for node_id, seen in graph.items():
        for name, role in _roles(seen, as_mask=node_id in masks):
            place = graph.start(Place(node_id, name))
            if place is None:
                continue
            origin = graph[place.node_id]
            own = origin.title if origin.constant is not None or role in _TITLED else None
            yield Found(role, place, seen.specs[name], own, node_id)


def _named_constants(graph: SeenGraph) -> Iterator[Found]:
    """Constants that somebody gave a name: a sign that they are meant to be changed."""
    for node_id, seen in graph.items():
        if seen.constant is None or seen.title is None:
            continue
        if seen.literal(seen.constant) is not None:
            spec = seen.specs[seen.constant]
            place = Place(node_id, seen.constant)
            yield Found(_constant_role(seen), place, spec, seen.title, node_id)


def _in_order(found: list[Found]) -> list[Found]:
    """As a form shows them; what belongs together stays together, node by node."""
    batches = [item for item in found if item.role is Role.BATCH]
    if len(batches) > 1:
        found = [item for item in found if item.role is not Role.BATCH]
    first: dict[tuple[Role, str], int] = {}
    seen_before: Counter[Role] = Counter()
    keys: dict[Place, tuple[int, int, int, int]] = {}
    for index, item in enumerate(found):
        group = _GROUPS.get(item.role, item.role)
        if group is Role.WIDTH:
            # The first width goes with the first height, wherever they stand.
            rank = seen_before[item.role]
            seen_before[item.role] += 1
        else:
            rank = first.setdefault((group, item.user), index)
        keys[item.place] = (group, _model_rank(item), rank, item.role)
    return sorted(found, key=lambda item: keys[item.place])


def _roles(seen: SeenNode, *, as_mask: bool) -> Iterator[tuple[str, Role]]:
    files = {item.name: item.kind for item in file_inputs(seen.cls.name, seen.cls.inputs)}
    seeds = {spec.name for spec in seed_inputs(seen.cls)}
    for name, spec in seen.specs.items():
        if name in files:
            role = _FILE_ROLES.get(files[name], Role.FILE)
            yield name, Role.MASK if role is Role.IMAGE and as_mask else role
        elif name in seeds:
            yield name, Role.SEED
        elif model_folder(seen.cls.name, name) is not None and spec.choices is not None:
            yield name, Role.LORA if "lora" in name else Role.MODEL
        elif name == "filename_prefix":
            yield name, Role.PREFIX
        else:
            role_by_name = _role_by_name(seen, spec)
            if role_by_name is not None:
                yield name, role_by_name


def _model_rank(item: Found) -> int:
    """Models that draw stand before those that help them."""
    name = item.spec.name.rsplit(".", 1)[-1]
    return _MODEL_ORDER.get(name, len(_MODEL_ORDER)) if item.role is Role.MODEL else 0


_MODEL_ORDER = {"ckpt_name": 0, "unet_name": 1, "model": 2, "control_net_name": 3, "name": 4}


def _role_by_name(seen: SeenNode, spec: InputSpec) -> Role | None:
    if not spec.is_widget and as_link(seen.node.inputs.get(spec.name)) is None:
        return None
    name = spec.name.rsplit(".", 1)[-1]
    paid = seen.cls.module.startswith(_PAID)
    role = _BY_NAME.get(name)
    if role is Role.LORA_STRENGTH and not any("lora" in other for other in seen.specs):
        return None
    if role is not None and (role not in _OF_MAKERS or paid or _makes_something(seen)):
        return role
    if is_prompt_text(seen, spec) and (paid or name in _TEXT_NAMES):
        return _text_role(name) if "CONDITIONING" not in seen.cls.outputs else Role.TEXT
    return Role.SETTING if paid and spec.is_widget and spec.nested is None else None


def _text_role(name: str) -> Role:
    if "negative" in name:
        return Role.NEGATIVE_PROMPT
    return Role.PROMPT if name in {"prompt", "prompt_text", "text"} else Role.TEXT


def _makes_something(seen: SeenNode) -> bool:
    if seen.cls.name.startswith(_MAKER_PREFIXES):
        return True
    taken = {
        part for spec in seen.specs.values() if not spec.is_widget for part in spec.type.split(",")
    }
    if "LATENT" in seen.cls.outputs:
        return "LATENT" not in taken
    return not taken & _MEDIA


def _constant_role(seen: SeenNode) -> Role:
    title = (seen.title or "").lower()
    kind = seen.specs[seen.constant or ""].type
    if kind == "STRING":
        if "negative" in title:
            return Role.NEGATIVE_PROMPT
        return Role.PROMPT if "prompt" in title else Role.TEXT
    for word, role in _TITLE_WORDS.items():
        if word in title and kind in {"INT", "FLOAT"}:
            return role
    return Role.SETTING


_TITLE_WORDS = {
    "width": Role.WIDTH,
    "height": Role.HEIGHT,
    "length": Role.LENGTH,
    "duration": Role.LENGTH,
    "frame rate": Role.FRAME_RATE,
    "fps": Role.FRAME_RATE,
    "steps": Role.STEPS,
    "cfg": Role.CFG,
}


def _used_as_mask(graph: SeenGraph) -> set[str]:
    """Nodes that load a picture of which only the mask is used."""
    used: dict[str, set[float]] = {}
    for node_id in graph:
        for value in graph[node_id].node.inputs.values():
            link = as_link(value)
            if link is not None:
                used.setdefault(link.node_id, set()).add(link.slot)
    return {
        node_id
        for node_id, slots in used.items()
        if node_id in graph
        and all(
            0 <= slot < len(graph[node_id].cls.outputs)
            and graph[node_id].cls.outputs[int(slot)] == "MASK"
            for slot in slots
        )
    }
