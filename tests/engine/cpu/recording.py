"""The recordings of a real ComfyUI beside this repository, as the built-in engine sees them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from greenroom.engine.base import InputFile, Run
from greenroom.engine.cpu.catalogue import DEFINITIONS

ORACLE = Path(__file__).parents[4] / "shared" / "oracle"

_TEMP = re.compile(r"_temp_[a-z]{5}_(\d{5})")

Words = dict[str, list[Any]]
"""Node id -> what was said about it, in order."""


@dataclass(frozen=True)
class Recording:
    """One accepted prompt whose nodes are all built in."""

    name: str
    entry: Mapping[str, Any]
    """Its history."""
    messages: tuple[Mapping[str, Any], ...]
    """What the WebSocket brought for it."""

    @property
    def graph(self) -> Mapping[str, Any]:
        return self.entry["prompt"][2]

    def run(self) -> Run:
        _, prompt_id, graph, extra, outputs = self.entry["prompt"]
        return Run(prompt_id, 1, graph, tuple(outputs), extra, inputs())

    def file(self, node_id: str, item: Mapping[str, str]) -> Path:
        name = f"{node_id}_{item['type']}_{item['filename']}"
        return ORACLE / "runs" / self.name / "outputs" / name

    @cached_property
    def cached(self) -> set[str]:
        """The nodes whose results that server still had."""
        return {n for m in self._of("execution_cached") for n in m["nodes"]}

    @cached_property
    def error(self) -> Mapping[str, Any] | None:
        return next(self._of("execution_error"), None)

    def words(self) -> Words:
        """What the messages say of each node: start, step, show, text, preview, finish."""
        said: Words = defaultdict(list)
        running: set[str] = set()
        for message in self.messages:
            for node_id, word in _words(message, running):
                said[node_id].append(word)
        return said

    def _of(self, kind: str) -> Iterator[Mapping[str, Any]]:
        return (m["msg"]["data"] for m in self.messages if m.get("msg", {}).get("type") == kind)


def _words(record: Mapping[str, Any], running: set[str]) -> Iterator[tuple[str, Any]]:
    if record.get("kind") == "binary":
        node_id = record.get("node_id") or record["metadata"]["node_id"]
        yield node_id, ("text", record["text"]) if record["event"] == 3 else "preview"
        return
    data = record["msg"]["data"]
    match record["msg"]["type"]:
        case "executing" if data["node"] is not None:
            running.add(data["node"])
            yield data["node"], "start"
        case "executed":
            running.add(data["node"])
            yield data["node"], ("show", renamed(data["output"]))
        case "progress":
            yield data["node"], ("step", data["value"], data["max"])
        case "progress_state":
            for node_id, state in data["nodes"].items():
                if state["state"] == "finished" and node_id in running:
                    running.discard(node_id)
                    yield node_id, "finish"


def renamed(output: Mapping[str, Any]) -> dict[str, Any]:
    """The output without what differs from run to run: letters and numbers of temporary names."""
    return {key: _renamed(items) for key, items in output.items()}


def _renamed(items: Sequence[Any]) -> list[Any]:
    """Numbered from 1: a recorded node object kept its letters, and so its numbers, for ever."""
    matches = [_TEMP.search(item["filename"]) for item in items if isinstance(item, Mapping)]
    numbers = [int(match[1]) for match in matches if match]
    if not numbers:
        return list(items)
    assert numbers == list(range(numbers[0], numbers[0] + len(items)))
    return [
        item | {"filename": _TEMP.sub(f"_temp_*_{number}", item["filename"])}
        for number, item in enumerate(items, start=1)
    ]


def inputs() -> tuple[InputFile, ...]:
    files = sorted((ORACLE / "inputs").iterdir())
    plain = (InputFile("input", "", path.name, path) for path in files)
    return (*plain, InputFile("input", "sub/dir", "grad.png", ORACLE / "inputs" / "grad.png"))


def _lines(path: Path) -> tuple[Mapping[str, Any], ...]:
    records = (json.loads(line) for line in path.read_text().splitlines())
    return tuple(r for r in records if "msg" in r or r.get("kind") == "binary")


def recordings() -> list[Recording]:
    """Every run of one accepted prompt; the rest are refusals, sessions, or other nodes' runs."""
    found = []
    for folder in sorted((ORACLE / "runs").glob("*/history.json")):
        for entry in json.loads(folder.read_text()).values():
            if all(node["class_type"] in DEFINITIONS for node in entry["prompt"][2].values()):
                messages = _lines(folder.parent / "ws.jsonl")
                found.append(Recording(folder.parent.name, entry, messages))
    return found


def session(name: str) -> list[Recording]:
    """The prompts of one session, one after another."""
    folder = ORACLE / "runs" / name
    messages = _lines(folder / "ws_a.jsonl")
    entries = {}
    for path in sorted(folder.glob("history_*.json")):
        entries |= json.loads(path.read_text())
    return [
        Recording(name, entry, tuple(m for m in messages if _prompt_id(m) == prompt_id))
        for prompt_id, entry in entries.items()
    ]


def _prompt_id(record: Mapping[str, Any]) -> str | None:
    return record.get("msg", {}).get("data", {}).get("prompt_id")
