"""Graphs for the built-in engine, and the runs made of them."""

from collections.abc import Mapping
from pathlib import Path

from greenroom.domain.ids import new_job_id
from greenroom.engine.base import InputFile, Run
from greenroom.engine.cpu.catalogue import DEFINITIONS


def node(class_type: str, **inputs) -> dict:
    return {"class_type": class_type, "inputs": inputs}


def empty(width: int = 8, height: int = 8, batch: int = 1, color: int = 0) -> dict:
    return node("EmptyImage", width=width, height=height, batch_size=batch, color=color)


def hanging() -> dict:
    """A pattern that takes for ever and never lets go of the interpreter."""
    search = {
        "string": "a" * 64 + "b",
        "regex_pattern": "(a+)+$",
        "mode": "First Match",
        "group_index": 1,
        "case_insensitive": False,
        "multiline": False,
        "dotall": False,
    }
    return {"1": node("RegexExtract", **search), "2": node("PreviewAny", source=["1", 0])}


def toiling() -> dict:
    """Many small steps: seconds of work that can be stopped between any two of them."""
    return {
        "1": empty(1024, 1024, batch=16),
        "2": node("ImageBlur", image=["1", 0], blur_radius=31, sigma=3.0),
        "3": node("PreviewImage", images=["2", 0]),
    }


def make_run(graph: Mapping, inputs: Mapping[str, Path] | None = None, **more) -> Run:
    """A run of every output node. `inputs`: name as the graph says it -> file."""
    outputs = tuple(i for i, each in graph.items() if DEFINITIONS[each["class_type"]].output_node)
    listed = tuple(_input(name, path) for name, path in (inputs or {}).items())
    facts = {"job_id": new_job_id(), "attempt": 1, "outputs": outputs, "inputs": listed}
    return Run(graph=graph, **(facts | more))


def _input(name: str, path: Path) -> InputFile:
    subfolder, _, base = name.rpartition("/")
    return InputFile("input", subfolder, base, path)
