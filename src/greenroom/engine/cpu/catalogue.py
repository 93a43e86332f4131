"""Every built-in node's declaration, by class name. Light: it loads nothing that computes."""

from greenroom.domain.json import JsonObject
from greenroom.engine.cpu.definition import Definition
from greenroom.engine.cpu.definitions import (
    audio,
    batch,
    composite,
    create,
    filters,
    geometry,
    load,
    logic,
    mask,
    number,
    save,
    scale,
    text,
    video,
)

_FAMILIES = (
    load, create, save, scale, filters, geometry, batch, mask, composite, text, number, logic,
    audio, video,
)  # fmt: skip

DEFINITIONS: dict[str, Definition] = {
    definition.name: definition for family in _FAMILIES for definition in family.DEFINITIONS
}


def object_info() -> JsonObject:
    """ComfyUI's /object_info for the built-in nodes. Lists of input files are left empty."""
    return {name: definition.as_json() for name, definition in DEFINITIONS.items()}
