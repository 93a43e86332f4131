"""A folder of workflows that the library follows: imported at the start and on every change."""

import asyncio
import logging
from pathlib import Path
from typing import TypeAlias

from watchfiles import awatch

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.service.workflow_folder import find_workflows, id_below, load_workflow
from greenroom.service.workflow_source import read_source
from greenroom.service.workflows import Workflows

_log = logging.getLogger(__name__)

_PASSING = frozenset({ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_UNAVAILABLE})
"""Not the file's fault: the next scan tries again."""
_LOOK_ANYWAY_MS = 10_000
"""File systems lose notices, and one may come before the watch has begun."""

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of each file of a workflow."""


class WorkflowFolder:
    """What is deleted in the folder stays in the library. Start, stop, and scan are idempotent."""

    def __init__(
        self, folder: Path, library: Workflows, principal: Principal,
        look_anyway_ms: int = _LOOK_ANYWAY_MS,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._library = library
        self._principal = principal
        self._look_anyway_ms = look_anyway_ms
        self._seen: dict[Path, Stamp] = {}
        self._owners: dict[str, Path] = {}
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self.scanned = asyncio.Event()
        """Set after every scan."""

    def start(self) -> None:
        if self._task is None:
            self._stop.clear()
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        task, self._task = self._task, None
        self._stop.set()
        if task is not None:
            await task

    async def scan(self) -> None:
        """Import what is new or has changed; what cannot be used is told in the log, once."""
        try:
            found = await asyncio.to_thread(self._stamps)
        except OSError as error:
            _log.warning("cannot read %s: %s", self._folder, error.strerror)
            return
        for path, stamp in found.items():
            if self._seen.get(path) == stamp:
                continue
            self._seen[path] = stamp
            try:
                await self._take_in(path)
            except AppError as error:
                if error.code in _PASSING:
                    del self._seen[path]
                _log.warning("%s is not in the library: %s", path, error.message)
        self._forget_all_but(found)
        self.scanned.set()

    async def _run(self) -> None:
        await self._scan_safely()
        changes = awatch(
            self._folder,
            stop_event=self._stop,
            rust_timeout=self._look_anyway_ms,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        try:
            async for _ in changes:
                await self._scan_safely()
        except (OSError, RuntimeError):
            _log.exception("%s is no longer watched", self._folder)

    async def _scan_safely(self) -> None:
        try:
            await self.scan()
        except Exception:  # noqa: BLE001 - whatever one scan meets, the next one comes
            _log.exception("a scan of %s failed; the next comes", self._folder)

    async def _take_in(self, path: Path) -> None:
        source = await asyncio.to_thread(load_workflow, path)
        wanted = await asyncio.to_thread(id_below, self._folder, path)
        draft = await asyncio.to_thread(read_source, source, workflow_id=wanted)
        owner = self._owners.setdefault(draft.id, path)
        if owner != path:
            _log.warning("%s is not in the library: %s has its id, %s", path, owner, draft.id)
            return
        published = await self._library.publish(self._principal, draft)
        if published.created:
            _log.info("%s is workflow %s version %d", path, draft.id, published.version.version)

    def _stamps(self) -> dict[Path, Stamp]:
        return {path: _stamp(path) for path in find_workflows(self._folder)}

    def _forget_all_but(self, found: dict[Path, Stamp]) -> None:
        self._seen = {path: stamp for path, stamp in self._seen.items() if path in found}
        self._owners = {name: path for name, path in self._owners.items() if path in found}


def _stamp(path: Path) -> Stamp:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = [(str(file), file.stat()) for file in files if file.is_file()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
