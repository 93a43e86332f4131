"""Nodes that choose between inputs."""

from greenroom.engine.cpu.definition import Definition, Output, spec

COMFY_SWITCH_NODE = Definition(
    "ComfySwitchNode",
    display_name="If/Else Switch",
    category="utilities/logic",
    module="comfy_extras.nodes_logic",
    required={
        "switch": spec("BOOLEAN"),
        "on_false": spec(
            "COMFY_MATCHTYPE_V3",
            lazy=True,
            template={"template_id": "switch", "allowed_types": "*"},
        ),
        "on_true": spec(
            "COMFY_MATCHTYPE_V3",
            lazy=True,
            template={"template_id": "switch", "allowed_types": "*"},
        ),
    },
    outputs=(Output("COMFY_MATCHTYPE_V3", "output"),),
    aliases=(
        "if",
        "then",
        "switch",
        "conditional",
        "branch",
    ),
    matchtypes=("switch",),
    experimental=True,
)

DEFINITIONS = (COMFY_SWITCH_NODE,)
