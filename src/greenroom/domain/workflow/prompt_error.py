"""Errors about a whole prompt, as ComfyUI words them: {"error": {...}, "node_errors": {...}}."""

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue


def prompt_error(
    kind: str,
    message: str,
    details: str = "",
    *,
    extra_info: JsonObject | None = None,
    node_errors: JsonObject | None = None,
    code: ErrorCode = ErrorCode.INVALID_GRAPH,
) -> AppError:
    """The AppError whose details are ComfyUI's answer to a refused POST /prompt."""
    error: dict[str, JsonValue] = {
        "type": kind,
        "message": message,
        "details": details,
        "extra_info": extra_info or {},
    }
    return AppError(code, message, {"error": error, "node_errors": node_errors or {}})


def missing_node_type(
    node_id: str, class_type: JsonValue, title: JsonValue, message: str
) -> AppError:
    """A node whose class is absent or unknown."""
    return prompt_error(
        "missing_node_type",
        message,
        f"Node ID '#{node_id}'",
        extra_info={"node_id": node_id, "class_type": class_type, "node_title": title},
    )


def unknown_class(node_id: str, class_type: JsonValue, title: JsonValue) -> AppError:
    """A node whose class no worker has."""
    message = f"Node '{title}' not found. The custom node may not be installed."
    return missing_node_type(node_id, class_type, title, message)
