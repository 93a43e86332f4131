"""Nodes that make and compute numbers."""

from greenroom.engine.cpu.definition import Definition, Output, spec

PRIMITIVE_INT = Definition(
    "PrimitiveInt",
    display_name="Int",
    category="utilities/primitive",
    module="comfy_extras.nodes_primitive",
    required={
        "value": spec(
            "INT", min=-9223372036854775807, max=9223372036854775807, control_after_generate="fixed"
        )
    },
    outputs=(Output("INT", "INT"),),
)

PRIMITIVE_FLOAT = Definition(
    "PrimitiveFloat",
    display_name="Float",
    category="utilities/primitive",
    module="comfy_extras.nodes_primitive",
    required={"value": spec("FLOAT", min=-9223372036854775807, max=9223372036854775807, step=0.1)},
    outputs=(Output("FLOAT", "FLOAT"),),
)

PRIMITIVE_BOOLEAN = Definition(
    "PrimitiveBoolean",
    display_name="Boolean",
    category="utilities/primitive",
    module="comfy_extras.nodes_primitive",
    required={"value": spec("BOOLEAN")},
    outputs=(Output("BOOLEAN", "BOOLEAN"),),
)

COMFY_NUMBER_CONVERT = Definition(
    "ComfyNumberConvert",
    display_name="Convert Number",
    category="utilities",
    module="comfy_extras.nodes_number_convert",
    required={"value": spec("INT,FLOAT,STRING,BOOLEAN", display_name="value")},
    outputs=(
        Output("FLOAT", "FLOAT"),
        Output("INT", "INT"),
    ),
    aliases=(
        "int to float",
        "float to int",
        "number convert",
        "int2float",
        "float2int",
        "cast",
        "parse number",
        "string to number",
        "bool to int",
    ),
)

COMFY_MATH_EXPRESSION = Definition(
    "ComfyMathExpression",
    display_name="Math Expression",
    category="utilities",
    module="comfy_extras.nodes_math",
    required={
        "expression": spec("STRING", default="a + b", multiline=True),
        "values": spec(
            "COMFY_AUTOGROW_V3",
            template={
                "input": {"required": {"value": ["FLOAT,INT,BOOLEAN", {}]}},
                "names": [
                    "a",
                    "b",
                    "c",
                    "d",
                    "e",
                    "f",
                    "g",
                    "h",
                    "i",
                    "j",
                    "k",
                    "l",
                    "m",
                    "n",
                    "o",
                    "p",
                    "q",
                    "r",
                    "s",
                    "t",
                    "u",
                    "v",
                    "w",
                    "x",
                    "y",
                    "z",
                ],
                "min": 1,
            },
        ),
    },
    outputs=(
        Output("FLOAT", "FLOAT"),
        Output("INT", "INT"),
        Output("BOOLEAN", "BOOL"),
    ),
    aliases=(
        "expression",
        "formula",
        "calculate",
        "calculator",
        "eval",
        "math",
    ),
)

DEFINITIONS = (
    PRIMITIVE_INT,
    PRIMITIVE_FLOAT,
    PRIMITIVE_BOOLEAN,
    COMFY_NUMBER_CONVERT,
    COMFY_MATH_EXPRESSION,
)
