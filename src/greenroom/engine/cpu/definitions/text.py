"""Nodes that make, search and show text."""

from greenroom.engine.cpu.definition import Definition, Output, combo, spec

PRIMITIVE_STRING = Definition(
    "PrimitiveString",
    display_name="Text",
    category="utilities/primitive",
    module="comfy_extras.nodes_primitive",
    required={"value": spec("STRING", multiline=False)},
    outputs=(Output("STRING", "STRING"),),
    aliases=(
        "text",
        "string",
        "text box",
        "prompt",
    ),
)

STRING_CONCATENATE = Definition(
    "StringConcatenate",
    display_name="Concatenate Text",
    category="text",
    module="comfy_extras.nodes_string",
    required={
        "string_a": spec("STRING", multiline=True),
        "string_b": spec("STRING", multiline=True),
        "delimiter": spec("STRING", default="", multiline=False),
    },
    outputs=(Output("STRING", "STRING"),),
    aliases=(
        "concatenate",
        "text concat",
        "join text",
        "merge text",
        "combine strings",
        "string concat",
        "append text",
        "combine text",
    ),
)

STRING_LENGTH = Definition(
    "StringLength",
    display_name="Text Length",
    category="text",
    module="comfy_extras.nodes_string",
    required={"string": spec("STRING", multiline=True)},
    outputs=(Output("INT", "length"),),
    aliases=(
        "character count",
        "text size",
        "string length",
    ),
)

STRING_REPLACE = Definition(
    "StringReplace",
    display_name="Replace Text",
    category="text",
    module="comfy_extras.nodes_string",
    required={
        "string": spec("STRING", multiline=True),
        "find": spec("STRING", multiline=True),
        "replace": spec("STRING", multiline=True),
    },
    outputs=(Output("STRING", "STRING"),),
    aliases=(
        "replace",
        "find and replace",
        "substitute",
        "swap text",
    ),
)

REGEX_EXTRACT = Definition(
    "RegexExtract",
    display_name="Extract Text",
    category="text",
    module="comfy_extras.nodes_string",
    required={
        "string": spec("STRING", multiline=True),
        "regex_pattern": spec("STRING", multiline=True),
        "mode": combo("First Match", "All Matches", "First Group", "All Groups"),
        "case_insensitive": spec("BOOLEAN", advanced=True, default=True),
        "multiline": spec("BOOLEAN", advanced=True, default=False),
        "dotall": spec("BOOLEAN", advanced=True, default=False),
        "group_index": spec("INT", advanced=True, default=1, min=0, max=100),
    },
    outputs=(Output("STRING", "STRING"),),
    aliases=(
        "regex extract",
        "regex",
        "pattern extract",
        "text parser",
        "parse text",
    ),
)

JSON_EXTRACT_STRING = Definition(
    "JsonExtractString",
    display_name="Extract Text from JSON",
    category="text",
    module="comfy_extras.nodes_string",
    required={
        "json_string": spec("STRING", multiline=True),
        "key": spec("STRING", multiline=False),
    },
    outputs=(Output("STRING", "STRING"),),
    aliases=(
        "json",
        "extract json",
        "parse json",
        "json value",
        "read json",
    ),
)

PREVIEW_ANY = Definition(
    "PreviewAny",
    display_name="Preview as Text",
    category="utilities",
    module="comfy_extras.nodes_preview_any",
    required={"source": spec("*")},
    outputs=(Output("STRING", "STRING"),),
    aliases=(
        "show output",
        "inspect",
        "debug",
        "print value",
        "show text",
    ),
    description="Preview any input value as text.",
    classic=True,
    output_node=True,
)

SAVE_TEXT = Definition(
    "SaveText",
    display_name="Save Text",
    category="text",
    module="comfy_extras.nodes_text",
    required={
        "text": spec("STRING", forceInput=True, multiline=False),
        "filename_prefix": spec("STRING", default="ComfyUI", multiline=False),
        "format": combo("txt", "csv", "md", "json", default="txt"),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("STRING", "text"),),
    aliases=(
        "save text",
        "write text",
        "export text",
    ),
    description="Save text content to a file in the output directory.",
    output_node=True,
)

DEFINITIONS = (
    PRIMITIVE_STRING,
    STRING_CONCATENATE,
    STRING_LENGTH,
    STRING_REPLACE,
    REGEX_EXTRACT,
    JSON_EXTRACT_STRING,
    PREVIEW_ANY,
    SAVE_TEXT,
)
