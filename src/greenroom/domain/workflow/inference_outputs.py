"""What a graph gives back: its output nodes by kind, savers before previews."""

from collections import Counter
from collections.abc import Iterator

from greenroom.domain.workflow.inference_graph import SeenGraph, SeenNode
from greenroom.domain.workflow.manifest import ManifestOutput, OutputType

_BY_CLASS = {
    "PreviewAny": OutputType.TEXT,
    "Preview3D": OutputType.MODEL_3D,
    "SaveAnimatedPNG": OutputType.IMAGE,
    "SaveAnimatedWEBP": OutputType.IMAGE,
    "SaveGLB": OutputType.MODEL_3D,
    "SaveSVGNode": OutputType.IMAGE,
    "SaveWEBM": OutputType.VIDEO,
    "VHS_VideoCombine": OutputType.VIDEO,
}
_BY_TYPE = (
    ("VIDEO", OutputType.VIDEO),
    ("AUDIO", OutputType.AUDIO),
    ("IMAGE", OutputType.IMAGE),
    ("MASK", OutputType.IMAGE),
    ("MESH", OutputType.MODEL_3D),
    ("FILE_3D", OutputType.MODEL_3D),
    ("SPLAT", OutputType.MODEL_3D),
    ("STRING", OutputType.TEXT),
    ("SVG", OutputType.IMAGE),
)


def form_outputs(graph: SeenGraph) -> Iterator[ManifestOutput]:
    """One entry for each output node, with unique names."""
    nodes = [node_id for node_id in graph if graph[node_id].cls.output_node]
    nodes.sort(key=lambda node_id: _is_preview(graph[node_id]))
    names: Counter[str] = Counter()
    for number, node_id in enumerate(nodes, 1):
        seen = graph[node_id]
        kind = _kind(seen)
        name = seen.title or ("Preview" if _is_preview(seen) else _SHOWN[kind])
        names[name] += 1
        shown = f"{name} {names[name]}" if names[name] > 1 else name
        yield ManifestOutput(f"output_{number}", shown, kind, node_id)


_SHOWN = {
    OutputType.IMAGE: "Image",
    OutputType.VIDEO: "Video",
    OutputType.AUDIO: "Audio",
    OutputType.TEXT: "Text",
    OutputType.MODEL_3D: "3D model",
    OutputType.FILE: "File",
}


def _is_preview(seen: SeenNode) -> bool:
    return "Save" not in seen.cls.name and "Combine" not in seen.cls.name


def _kind(seen: SeenNode) -> OutputType:
    known = _BY_CLASS.get(seen.cls.name)
    if known is not None:
        return known
    types = {part for spec in seen.specs.values() for part in spec.type.split(",")}
    for name, kind in _BY_TYPE:
        if any(part == name or part.startswith(f"{name}_") for part in types):
            return kind
    return OutputType.FILE
