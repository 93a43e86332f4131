"""The errors of a workflow file that cannot be read or converted."""

from collections.abc import Mapping

from greenroom.domain.errors import AppError
from greenroom.domain.json import JsonValue
from greenroom.domain.workflow.prompt_error import prompt_error

_GROUP_NODES = ("workflow>", "workflow/")
"""How the types of group nodes begin."""


def unreadable(message: str, **extra_info: JsonValue) -> AppError:
    """INVALID_GRAPH for a file that is no workflow, or one that contradicts itself."""
    return prompt_error("invalid_workflow", message, extra_info=extra_info)


def missing_classes(classes: Mapping[str, str]) -> AppError:
    """INVALID_GRAPH for node types nobody defines: execution id of a node -> its type."""
    names = sorted(set(classes.values()))
    message = f"unknown node type{'s' if len(names) > 1 else ''}: {', '.join(names)}"
    if any(name.startswith(_GROUP_NODES) for name in names):
        message += "; a group node can be read when every node inside it is known"
    info: dict[str, JsonValue] = {"missing": names, "nodes": dict(classes)}
    return prompt_error("missing_node_type", message, extra_info=info)
