"""A stored version -> what callers see of it: its graph in API format, and its form."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from greenroom.domain.clock import Millis
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
_MOST_KNOWN = 1000


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


@dataclass(frozen=True, slots=True)
class _Form:
    """What follows from the content and the node classes alone."""

    graph: JsonObject | None
    manifest: Manifest


class WorkflowForms:
    """Converts and infers with the node classes that the fleet has now, and remembers it."""

    def __init__(self, nodes: NodeInfo) -> None:
        self._nodes = nodes
        self._view: ObjectInfo | None = None
        self._classes: EditorClasses = _VerbatimClasses(ObjectInfo({}))
        self._known: OrderedDict[str, _Form] = OrderedDict()

    def version(self, stored: StoredVersion) -> WorkflowVersion:
        """The version with its form; milliseconds when it is not known yet."""
        content, entry = stored.content, stored.entry
        form = self._form(stored.digest, content)
        manifest = replace(
            form.manifest,
            id=entry.id,
            name=entry.name,
            version=stored.version,
            date=form.manifest.date or _date(stored.created_at),
        )
        return WorkflowVersion(
            id=entry.id,
            version=stored.version,
            name=entry.name,
            tags=entry.tags,
            kind=manifest.kind,
            manifest=manifest,
            inferred=content.manifest is None,
            graph=form.graph,
            content=content,
            digest=stored.digest,
            source=stored.source,
            created_at=stored.created_at,
        )

    def check(self, content: Content) -> None:
        """INVALID_GRAPH when the content could never be run; unknown classes may come later.

        INVALID_JSON when it is nested too deep to be kept.
        """
        content.check()
        if content.prompt is not None:
            parse_graph(content.prompt)
        elif content.workflow is not None:
            self.convert(content.workflow)

    def convert(self, workflow: JsonObject) -> Conversion:
        """The editor's form as a prompt, dates left in it; INVALID_GRAPH when it is broken."""
        conversion = convert(parse_ui_graph(workflow), self._editor_classes())
        if not conversion.missing:
            parse_graph(conversion.prompt)
        return conversion

    def _form(self, digest: str, content: Content) -> _Form:
        classes = self._editor_classes()
        form = self._known.get(digest)
        if form is None:
            graph = self._graph(content)
            form = _Form(graph, self._manifest(content, graph))
            if classes is self._classes:
                self._known[digest] = form
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return form

    def _graph(self, content: Content) -> JsonObject | None:
        if content.prompt is not None or content.workflow is None:
            return content.prompt
        try:
            conversion = self.convert(content.workflow)
        except AppError:
            return None  # told when it is to be run; a list must not fail over one workflow
        return None if conversion.missing else conversion.prompt

    def _manifest(self, content: Content, graph: JsonObject | None) -> Manifest:
        if content.manifest is not None:
            return read_manifest(content.manifest)
        if graph is None:
            return Manifest("", "", 0, "", WorkflowKind.STATIC, (), ())
        return infer_manifest(graph, self._nodes.view(), workflow_id="", name="")

    def _editor_classes(self) -> EditorClasses:
        view = self._nodes.view()
        if view is not self._view:
            self._view, self._classes = view, _VerbatimClasses(view)
            self._known = OrderedDict()
        return self._classes


def _date(instant: Millis) -> str:
    return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%d %H:%M")
