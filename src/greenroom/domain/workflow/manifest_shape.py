"""The fields of manifest.yaml: the one table behind its reader and its JSON Schema."""

from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.manifest import (
    INPUT_TYPE_ALIASES,
    InputType,
    OutputType,
    WorkflowKind,
)
from greenroom.domain.workflow.shape import (
    Anything,
    Either,
    Field,
    Flag,
    Integer,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Record,
    Text,
)

_NODE_ID = Either((Text(filled=True), Integer()))
_TEXTS = ListOf(Text())
_NOTES = Either((Text(), ListOf(Text())))

_OPTION = Either(
    (
        Text(),
        Number(),
        Flag(),
        Record(
            {
                "label": Field(Text(), "What the form shows; by default the value."),
                "value": Field(Anything(), "What is submitted.", required=True),
            }
        ),
    )
)
_RESOLUTION = Record(
    {
        "label": Field(Text()),
        "w": Field(Integer(1), required=True),
        "h": Field(Integer(1), required=True),
    }
)

INPUT = Record(
    {
        "id": Field(Text(filled=True), "The name of the parameter.", required=True),
        "name": Field(Text(), "What the form shows."),
        "label": Field(Text(), "The same as `name`; wins over it."),
        "type": Field(
            OneOf((*InputType, *INPUT_TYPE_ALIASES)), "What kind of field.", required=True
        ),
        "required": Field(Flag(), "Whether a value must be given.", default=False),
        "default": Field(Anything(), "The value when none is given."),
        "tooltip": Field(Text()),
        "placeholder": Field(Text()),
        "advanced": Field(Flag(), "Whether it is folded away at first.", default=False),
        "node_id": Field(_NODE_ID, "The node that gets the value."),
        "field": Field(Text(filled=True), "The input of that node."),
        "min": Field(Number()),
        "max": Field(Number()),
        "step": Field(Number()),
        "multiline": Field(Flag(), "Whether a text has more than one line."),
        "options": Field(ListOf(_OPTION), "What a select offers."),
        "presets": Field(
            Either((MapOf(ListOf(_RESOLUTION)), ListOf(_RESOLUTION))),
            "Sizes by family of models.",
        ),
        "base_model": Field(Text(), "Which LoRAs a picker shows."),
        "max_loras": Field(Integer(1), "How many LoRAs may be chosen."),
        "per_scene": Field(Anything(), "The fields of one scene."),
    }
)
OUTPUT = Record(
    {
        "id": Field(Text(filled=True)),
        "name": Field(Text()),
        "label": Field(Text()),
        "type": Field(OneOf(tuple(OutputType)), required=True),
        "format": Field(Text(), "The usual file name extension."),
        "node_id": Field(_NODE_ID, "The node that makes it."),
    }
)
STAGE = Record(
    {
        "block": Field(Text(filled=True), "The stage's name.", required=True),
        "file": Field(Text(filled=True), "The block's file; by default the stage's name."),
        "switch": Field(Text(filled=True), "The parameter that chooses the file."),
        "cases": Field(MapOf(Text(filled=True)), "Value of the parameter -> file."),
        "default": Field(Text(), "The case for any other value; without it the stage is left out."),
        "condition": Field(
            Text(filled=True), "`param`, `!param`, `param == value` or `param != value`."
        ),
        "repeat": Field(
            Either((Integer(0), Text(filled=True))), "How often, or the parameter that says so."
        ),
        "repeat_variable": Field(Text(filled=True), "An older name of `repeat`."),
        "chain": Field(Flag(), "Whether each round takes over from the one before."),
        "chain_imports": Field(MapOf(Text()), "Import -> export of the round before."),
        "in_repeat": Field(Flag(), "false: this stage ends the repeated group.", default=True),
        "scene_index": Field(Integer(0), "The scene whose values the stage uses, from 0."),
        "lora_injection": Field(
            Either((Flag(), OneOf(("chain", "paired")))), "How chosen LoRAs come in."
        ),
        "lora_nodes": Field(
            Either((ListOf(Text()), MapOf(Text()))), "The two loaders of paired LoRAs."
        ),
        "lora_start_slot": Field(Integer(1), "The first slot for paired LoRAs.", default=3),
        "vae_override": Field(
            Either((Flag(), Text(filled=True))), "The parameter that names another VAE."
        ),
        "models": Field(Either((_TEXTS, MapOf(_TEXTS))), "Model files, for all cases or by case."),
    }
)
MANIFEST = Record(
    {
        "id": Field(Text(filled=True), "The workflow's id; the name of its folder.", required=True),
        "name": Field(Text(filled=True), "What people read.", required=True),
        "version": Field(Integer(0), "Goes up with every change.", required=True),
        "date": Field(Text(filled=True), "YYYY-MM-DD HH:MM", required=True),
        "type": Field(OneOf(tuple(WorkflowKind)), default="static"),
        "category": Field(Text(), "t2i, i2v, i2i, ... or any other word."),
        "description": Field(Text()),
        "author": Field(Text()),
        "group": Field(Text(), "Cards with the same group stand together."),
        "base_model": Field(Text()),
        "workflow_file": Field(Text(filled=True), default="workflow.json"),
        "blocks_dir": Field(Text(filled=True), default="blocks"),
        "defaults": Field(MapOf(Anything()), "Variables of a dynamic workflow."),
        "pipeline": Field(ListOf(STAGE), "The stages of a dynamic workflow."),
        "inputs": Field(ListOf(INPUT), required=True),
        "outputs": Field(ListOf(OUTPUT), required=True),
        "required_models": Field(_TEXTS, "Exact file names."),
        "required_models_map": Field(MapOf(_TEXTS), "File names by stage, or under `always`."),
        "required_nodes": Field(_TEXTS, "Node classes."),
        "technical_notes": Field(_NOTES),
        "tags": Field(_TEXTS),
    }
)


def manifest_schema() -> JsonObject:
    """The JSON Schema of a manifest."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow manifest",
        **MANIFEST.schema(),
    }
