"""What custom nodes bring for the editor's page, from workers that have it: scripts, templates.

A pack that several workers have is taken from the first of them, whole, so that its files fit
together.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeAlias
from urllib.parse import unquote

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonValue
from greenroom.domain.listing import Listing, Question
from greenroom.domain.page_file import PageContent, PageFile, PageFolder, is_inside
from greenroom.service.listings import Listings
from greenroom.service.workers import Workers

_SCRIPTS = "/extensions/"
_NO_PACKS = frozenset({"core", "greenroom"})
"""Names below which the scripts of the frontend and ours lie."""
_MOST_KEPT = 64 * 1024 * 1024
"""Bytes of files that are kept in memory, to be asked for again only whether they changed."""

_Told: TypeAlias = dict[WorkerId, JsonValue]
_Packs: TypeAlias = dict[str, tuple[WorkerId, list[str]]]
"""Pack -> the worker that it is taken from, and what that lists of it."""


class PageFiles:
    def __init__(self, workers: Workers, listings: Listings) -> None:
        self._workers = workers
        self._listings = listings
        self._kept: OrderedDict[tuple[WorkerId, PageFile], PageContent] = OrderedDict()
        self._kept_bytes = 0

    async def scripts(self) -> list[str]:
        """The addresses of all scripts, as the workers tell them: /extensions/<pack>/<path>."""
        packs = _script_packs(await self._listings.told(Question(Listing.EXTENSIONS)))
        return [address for _, addresses in packs.values() for address in addresses]

    async def templates(self) -> dict[str, list[str]]:
        """Pack -> the names of its workflows."""
        packs = _template_packs(await self._listings.told(Question(Listing.TEMPLATES)))
        return {pack: names for pack, (_, names) in packs.items()}

    async def extension(self, pack: str, path: str) -> PageContent | None:
        """A script or what it needs; None when no worker has it. UNAVAILABLE, TOO_LARGE."""
        owner = await self._owner(Question(Listing.EXTENSIONS), _script_packs, pack)
        return await self._of_pack(owner, PageFile(PageFolder.EXTENSIONS, f"{pack}/{path}"))

    async def template(self, pack: str, path: str) -> PageContent | None:
        """A workflow or its picture; None when no worker has it. UNAVAILABLE, TOO_LARGE."""
        owner = await self._owner(Question(Listing.TEMPLATES), _template_packs, pack)
        return await self._of_pack(owner, PageFile(PageFolder.TEMPLATES, f"{pack}/{path}"))

    async def model_preview(self, folder: str, name: str) -> PageContent | None:
        """The picture beside a model, of the first worker that has both. UNAVAILABLE, TOO_LARGE."""
        question = Question(Listing.MODEL_FILES, folder)
        for worker, files in (await self._listings.told(question)).items():
            index = _index_of(files, name)
            if index is not None:
                file = PageFile(PageFolder.MODEL_PREVIEWS, f"{folder}/{index}/{name}")
                content = await self._fetch(worker, file)
                if content is not None:
                    return content
        return None

    async def _owner(
        self, question: Question, packs_of: Callable[[_Told], _Packs], pack: str
    ) -> WorkerId | None:
        """Asks anew only for a pack that was not listed when the page was opened."""
        known = packs_of(self._listings.last_told(question)).get(pack)
        if known is None:
            known = packs_of(await self._listings.told(question)).get(pack)
        return None if known is None else known[0]

    async def _of_pack(self, owner: WorkerId | None, file: PageFile) -> PageContent | None:
        return None if owner is None else await self._fetch(owner, file)

    async def _fetch(self, worker: WorkerId, file: PageFile) -> PageContent | None:
        """A worker that is too busy to answer counts with what it gave last."""
        if not is_inside(file.path):
            return None
        known = self._kept.get((worker, file))
        try:
            content = await self._workers.page_file(worker, file, known)
        except AppError as trouble:
            if known is None or trouble.code is not ErrorCode.UNAVAILABLE:
                raise
            return known
        self._keep(worker, file, content)
        return content

    def _keep(self, worker: WorkerId, file: PageFile, content: PageContent | None) -> None:
        before = self._kept.pop((worker, file), None)
        if before is not None:
            self._kept_bytes -= len(before.data)
        if content is None:
            return
        self._kept[worker, file] = content
        self._kept_bytes += len(content.data)
        while self._kept_bytes > _MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.data)


def _script_packs(told: _Told) -> _Packs:
    packs: _Packs = {}
    for worker, addresses in told.items():
        for address in addresses if isinstance(addresses, list) else ():
            pack = _pack_of(address)
            if pack is not None and isinstance(address, str):
                _note(packs, worker, pack, [address])
    return packs


def _template_packs(told: _Told) -> _Packs:
    packs: _Packs = {}
    for worker, by_pack in told.items():
        for pack, names in by_pack.items() if isinstance(by_pack, dict) else ():
            if isinstance(names, list) and is_inside(pack):
                _note(packs, worker, pack, (name for name in names if isinstance(name, str)))
    return packs


def _note(packs: _Packs, worker: WorkerId, pack: str, listed: Iterable[str]) -> None:
    owner, known = packs.setdefault(pack, (worker, []))
    if owner == worker:
        known.extend(listed)


def _pack_of(address: JsonValue) -> str | None:
    """None for what is no script of a pack of custom nodes."""
    if not isinstance(address, str) or not address.startswith(_SCRIPTS):
        return None
    pack, _, path = address.removeprefix(_SCRIPTS).partition("/")
    pack = unquote(pack)
    if pack in _NO_PACKS or not is_inside(f"{pack}/{path}") or not path.endswith(".js"):
        return None
    return pack


def _index_of(files: JsonValue, name: str) -> int | None:
    for entry in files if isinstance(files, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            index = entry.get("pathIndex")
            return index if isinstance(index, int) else None
    return None
