"""A stored version -> what callers see of it: its graph in API format, and its form."""

from dataclasses import replace
from datetime import UTC, datetime

from greenroom.domain.clock import Clock
from greenroom.domain.errors import AppError
from greenroom.domain.json import JsonObject
from greenroom.domain.library import Content, StoredVersion, WorkflowVersion
from greenroom.domain.workflow.editor_class import EditorClass, EditorClasses
from greenroom.domain.workflow.graph import parse_graph
from greenroom.domain.workflow.inference import infer_manifest
from greenroom.domain.workflow.manifest import Manifest, WorkflowKind
from greenroom.domain.workflow.object_info import ObjectInfo
from greenroom.domain.workflow.ui_graph import parse_ui_graph
from greenroom.domain.workflow.ui_to_api import Conversion, convert
from greenroom.service.manifest_file import read_manifest
from greenroom.service.node_info import NodeInfo

_EXPANDING = "dynamicPrompts"


class _VerbatimClasses(EditorClasses):
    """The classes without the editor's expansion of {one|other}, which each run does anew."""

    def find(self, name: str) -> EditorClass | None:
        found = super().find(name)
        if found is None or not any(_EXPANDING in widget.options for widget in found.widgets):
            return found
        widgets = tuple(
            replace(w, options={k: v for k, v in w.options.items() if k != _EXPANDING})
            for w in found.widgets
        )
        return replace(found, widgets=widgets)


class WorkflowForms:
    """Converts and infers with the node classes that the fleet has now."""

    def __init__(self, nodes: NodeInfo, clock: Clock) -> None:
        self._nodes = nodes
        self._clock = clock
        self._view: ObjectInfo | None = None
        self._classes: EditorClasses = _VerbatimClasses(ObjectInfo({}))

    def version(self, stored: StoredVersion) -> WorkflowVersion:
        """The version with its manifest; tens of milliseconds for a large one."""
        content, entry = stored.content, stored.entry
        graph = self._graph(content)
        manifest = self._manifest(stored, graph)
        return WorkflowVersion(
            id=entry.id,
            version=stored.version,
            name=entry.name,
            tags=entry.tags,
            kind=manifest.kind,
            manifest=replace(manifest, id=entry.id, name=entry.name, version=stored.version),
            inferred=content.manifest is None,
            graph=graph,
            content=content,
            digest=stored.digest,
            source=stored.source,
            created_at=stored.created_at,
        )

    def check(self, content: Content) -> None:
        """INVALID_GRAPH when the content could never be run; unknown classes may come later."""
        if content.prompt is not None:
            parse_graph(content.prompt)
        elif content.workflow is not None:
            self.convert(content.workflow)

    def convert(self, workflow: JsonObject) -> Conversion:
        """The editor's form as a prompt; INVALID_GRAPH when it is broken."""
        now = datetime.fromtimestamp(self._clock.now() / 1000, UTC).astimezone()
        return convert(parse_ui_graph(workflow), self._editor_classes(), now=now)

    def _graph(self, content: Content) -> JsonObject | None:
        if content.prompt is not None or content.workflow is None:
            return content.prompt
        try:
            conversion = self.convert(content.workflow)
        except AppError:
            return None  # told when it is to be run; a list must not fail over one workflow
        return None if conversion.missing else conversion.prompt

    def _manifest(self, stored: StoredVersion, graph: JsonObject | None) -> Manifest:
        if stored.content.manifest is not None:
            return read_manifest(stored.content.manifest)
        date = datetime.fromtimestamp(stored.created_at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        empty = Manifest(
            stored.entry.id, stored.entry.name, stored.version, date, WorkflowKind.STATIC, (), ()
        )
        if graph is None:
            return empty
        return infer_manifest(
            graph, self._nodes.view(), workflow_id=empty.id, name=empty.name,
            version=empty.version, date=date,
        )  # fmt: skip

    def _editor_classes(self) -> EditorClasses:
        view = self._nodes.view()
        if view is not self._view:
            self._view, self._classes = view, _VerbatimClasses(view)
        return self._classes
