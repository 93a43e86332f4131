"""The folder of a job's outputs: its name, and a graph whose files all go there."""

import re
from collections.abc import Mapping

from greenroom.domain.clock import Millis, local_time
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.graph import as_link

FINAL, PREVIEW, INTERMEDIATE = "final", "preview", "intermediate"

_NAME = re.compile(r"[0-9]{8}_[0-9]{6}_[0-9a-f]{6}")
_PREFIX = "filename_prefix"
_VIDEO_COMBINE = "VHS_VideoCombine"


def folder_stamp(now: Millis, distinct: str) -> str:
    """`YYYYMMDD_HHMMSS_6hex`, in the machine's own time; `distinct` are the six digits."""
    local = local_time(now)
    return f"{local:%Y%m%d_%H%M%S}_{distinct}"


def is_folder_name(name: str) -> bool:
    """Whether `name` could be the folder of one job, and nothing else."""
    return _NAME.fullmatch(name) is not None


def place_outputs(graph: JsonObject, folder: str) -> dict[str, JsonValue]:
    """The graph with every file that it saves below `folder`: final, preview, intermediate.

    A prefix that comes from another node is left alone: its text is not known here.
    """
    return {node_id: _placed(node, folder) for node_id, node in graph.items()}


def _placed(node: JsonValue, folder: str) -> JsonValue:
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(inputs, Mapping):
        return node
    if node.get("class_type") == "PreviewImage":
        # Only a saved picture stays; a preview would vanish with the temporary folder.
        saved = {**inputs, _PREFIX: _prefix(folder, PREVIEW)}
        return {**node, "class_type": "SaveImage", "inputs": saved}
    if node.get("class_type") == _VIDEO_COMBINE:
        kind = FINAL if inputs.get("save_output") is True else INTERMEDIATE
        return {**node, "inputs": {**inputs, "save_output": True, _PREFIX: _prefix(folder, kind)}}
    if _PREFIX not in inputs or as_link(inputs[_PREFIX]) is not None:
        return node
    return {**node, "inputs": {**inputs, _PREFIX: _prefix(folder, FINAL)}}


def _prefix(folder: str, kind: str) -> str:
    return f"{folder}/{kind}/{kind}"
