"""What the workers that are up list besides their nodes, as one: subgraphs, models and the like."""

import asyncio
from collections.abc import Iterable, Mapping

from greenroom.domain.errors import AppError
from greenroom.domain.ids import WorkerId
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.listing import Listing, Question
from greenroom.service.workers import Workers

_HEADED = ".safetensors"
"""The one kind of file whose header holds metadata."""


class Listings:
    """Asks at every call, since models come and go while a ComfyUI runs.

    A worker that is up but too busy to answer counts with what it said last.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._last: dict[WorkerId, dict[Question, JsonValue]] = {}

    async def subgraphs(self) -> JsonObject:
        """Ids come of paths on the worker: what is the same but for its id is listed once."""
        shown: dict[str, JsonValue] = {}
        for key, entry in (await self._subgraphs()).items():
            if entry not in shown.values():
                shown[key] = entry
        return shown

    async def subgraph(self, key: str) -> JsonObject | None:
        """One subgraph with its data, of the first worker that has it."""
        if key not in await self._subgraphs():
            return None
        return _first(await self._ask(Question(Listing.SUBGRAPH, key)))

    async def node_replacements(self) -> JsonObject:
        return _joined(await self._ask(Question(Listing.NODE_REPLACEMENTS)))

    async def translations(self) -> JsonObject:
        return _joined(await self._ask(Question(Listing.TRANSLATIONS)))

    async def model_folders(self) -> dict[str, JsonObject]:
        """Folder -> {name, folders, extensions} as the first worker says it that has the folder."""
        return _by_name(await self._ask(Question(Listing.MODEL_FOLDERS)))

    async def model_names(self, folder: str) -> list[str] | None:
        """The files of all workers; None when no worker tells."""
        told = await self._ask(Question(Listing.MODEL_NAMES, folder))
        lists = [answer for answer in told if isinstance(answer, list)]
        names = (name for answer in lists for name in answer if isinstance(name, str))
        return list(dict.fromkeys(names)) if lists else None

    async def model_files(self, folder: str) -> dict[str, JsonObject] | None:
        """File -> {name, pathIndex, modified, created, size}; None when no worker tells."""
        told = await self._ask(Question(Listing.MODEL_FILES, folder))
        lists = [answer for answer in told if isinstance(answer, list)]
        return _by_name(lists) if lists else None

    async def metadata(self, folder: str, file: str) -> JsonObject | None:
        """What the header of a model file says, from the first worker that has the file."""
        if not file.endswith(_HEADED):
            return None
        return _first(await self._ask(Question(Listing.MODEL_METADATA, folder, file)))

    async def _subgraphs(self) -> JsonObject:
        return _joined(await self._ask(Question(Listing.SUBGRAPHS)))

    async def told(self, question: Question) -> dict[WorkerId, JsonValue]:
        """The answers of the workers that have one, in the order of the workers."""
        asked = self._workers.answering()
        for gone in self._last.keys() - set(asked):
            del self._last[gone]
        answers = await asyncio.gather(*(self._answer(worker, question) for worker in asked))
        pairs = zip(asked, answers, strict=True)
        return {worker: answer for worker, answer in pairs if answer is not None}

    def last_told(self, question: Question) -> dict[WorkerId, JsonValue]:
        """What the workers that are up said when they were last asked this."""
        said = {worker: self._last.get(worker, {}) for worker in self._workers.answering()}
        return {worker: last[question] for worker, last in said.items() if question in last}

    async def _ask(self, question: Question) -> list[JsonValue]:
        return list((await self.told(question)).values())

    async def _answer(self, worker: WorkerId, question: Question) -> JsonValue:
        try:
            answer = await self._workers.ask(worker, question)
        except AppError:
            return self._last.get(worker, {}).get(question)
        kept = self._last.setdefault(worker, {})
        if answer is None:
            kept.pop(question, None)
        elif not question.file:
            kept[question] = answer
        return answer


def _first(answers: Iterable[JsonValue]) -> JsonObject | None:
    return next((answer for answer in answers if isinstance(answer, dict)), None)


def _by_name(lists: Iterable[JsonValue]) -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = {}
    for entries in lists:
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(name := entry.get("name"), str):
                found.setdefault(name, entry)
    return found


def _joined(answers: Iterable[JsonValue]) -> dict[str, JsonValue]:
    """All entries of all objects; where two have the same, the first one's."""
    found: dict[str, JsonValue] = {}
    for answer in answers:
        for key, value in answer.items() if isinstance(answer, Mapping) else ():
            known = found.get(key)
            if isinstance(known, Mapping) and isinstance(value, Mapping):
                found[key] = _joined((known, value))
            else:
                found.setdefault(key, value)
    return found
