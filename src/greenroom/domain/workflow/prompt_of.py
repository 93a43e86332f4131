"""The prompt of any workflow file: the one it carries, or the one its workflow converts to."""

from datetime import datetime

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.api_to_ui import api_to_ui
from greenroom.domain.workflow.dynamic_prompt import Choose
from greenroom.domain.workflow.editor_class import EditorClasses
from greenroom.domain.workflow.reading.workflow_file import WorkflowFile
from greenroom.domain.workflow.ui_to_api import ui_to_api
from greenroom.domain.workflow.unreadable import unreadable


def prompt_of(
    file: WorkflowFile,
    classes: EditorClasses,
    *,
    choose: Choose | None = None,
    now: datetime | None = None,
) -> JsonObject:
    """API format. What was run is preferred to what was on the canvas.

    INVALID_GRAPH as `ui_to_api` tells it.
    """
    if file.prompt is not None:
        return file.prompt
    return ui_to_api(_workflow(file), classes, choose=choose, now=now)


def workflow_of(file: WorkflowFile, classes: EditorClasses) -> JsonObject:
    """UI format: the one the file carries, else its prompt laid out. INVALID_GRAPH if it cannot."""
    if file.workflow is not None:
        return file.workflow
    return api_to_ui(file.prompt, classes)


def _workflow(file: WorkflowFile) -> JsonValue:
    if file.workflow is None:
        raise unreadable("there is no workflow")
    return file.workflow
