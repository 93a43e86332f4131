"""What is computed again, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.conformance.engine import Notes
from tests.engine.cpu.graphs import empty, make_run, node

from greenroom.domain.run import NodeOutput, NodesCached, NodeStarted
from greenroom.engine.base import EngineError, Run, RunResult
from greenroom.engine.cpu.cache import Cache, Entry
from greenroom.engine.cpu.engine import CpuEngine

LOAD = {
    "1": node("LoadImage", image="x.png"),
    "2": node("SaveImage", images=["1", 0], filename_prefix="t/x"),
}


def saving(prefix: str, color: int = 0) -> dict:
    save = node("SaveImage", images=["1", 0], filename_prefix=prefix)
    return {"1": empty(color=color), "2": save}


async def started(engine: CpuEngine, run: Run) -> list[str]:
    """The nodes that ran."""
    notes = Notes()
    await engine.run(run, notes)
    return [event.node.node_id for event in notes.of(NodeStarted)]


async def test_a_repeated_run_shows_its_old_outputs_without_running(engine: CpuEngine):
    first = await engine.run(make_run(saving("x")), Notes())
    notes = Notes()
    second = await engine.run(make_run(saving("x")), notes)
    assert notes.of(NodesCached)[0].nodes == ("1", "2")
    assert notes.of(NodeStarted) == []
    assert notes.of(NodeOutput)[0].cached
    assert second == replace(first, outputs_reused=True)


async def test_the_files_of_a_repeated_run_can_be_fetched_though_moved_before(
    engine: CpuEngine, tmp_path: Path
):
    run = make_run(saving("x"))
    for number in range(2):
        run = make_run(saving("x"))
        result = await engine.run(run, Notes())
        (item,) = result.outputs["2"]["images"]
        path = await engine.fetch(run, item, tmp_path / "scratch")
        with Image.open(path.rename(tmp_path / f"{number}.png")) as image:
            assert image.size == (8, 8)


async def test_only_what_changed_and_what_follows_from_it_runs(engine: CpuEngine):
    assert await started(engine, make_run(saving("x"))) == ["1", "2"]
    assert await started(engine, make_run(saving("y"))) == ["2"]
    assert await started(engine, make_run(saving("y", color=1))) == ["1", "2"]


async def test_results_do_not_depend_on_the_names_of_nodes(engine: CpuEngine):
    await engine.run(make_run(saving("x")), Notes())
    renamed = {"a": empty(), "b": node("SaveImage", images=["a", 0], filename_prefix="x")}
    assert await started(engine, make_run(renamed)) == []


async def test_a_picture_with_other_bytes_under_its_old_name_is_loaded_again(engine, picture):
    first, second = picture(seed=1), picture(seed=2)
    assert await started(engine, make_run(LOAD, {"x.png": first})) == ["1", "2"]
    assert await started(engine, make_run(LOAD, {"x.png": first})) == []
    assert await started(engine, make_run(LOAD, {"x.png": second})) == ["1", "2"]


async def test_tenants_do_not_see_each_others_results(engine: CpuEngine):
    await engine.run(make_run(saving("x"), tenant="a"), Notes())
    assert await started(engine, make_run(saving("x"), tenant="b")) == ["1", "2"]


async def test_freed_memory_is_forgotten(engine: CpuEngine):
    await engine.run(make_run(saving("x")), Notes())
    await engine.free(unload_models=True, free_memory=False)
    assert await started(engine, make_run(saving("x"))) == []
    await engine.free(unload_models=False, free_memory=True)
    assert await started(engine, make_run(saving("x"))) == ["1", "2"]


async def test_a_node_that_only_sends_pictures_always_runs(engine: CpuEngine):
    graph = {"1": empty(), "2": node("SaveImageWebsocket", images=["1", 0])}
    await engine.run(make_run(graph), Notes())
    assert await started(engine, make_run(graph)) == ["2"]


async def test_a_failed_run_keeps_the_results_before_the_failure(engine: CpuEngine):
    blur = node("ImageBlur", image=["1", 0], blur_radius=31, sigma=1.0)
    broken = {**saving("x"), "3": blur, "4": node("PreviewImage", images=["3", 0])}
    with pytest.raises(EngineError):
        await engine.run(make_run(broken), Notes())
    assert await started(engine, make_run(saving("x"))) == []


async def test_new_names_keep_clear_of_those_that_cached_outputs_bring_along(engine: CpuEngine):
    await engine.run(make_run(saving("x")), Notes())
    second = node("SaveImage", images=["3", 0], filename_prefix="x")
    result = await engine.run(make_run({**saving("x"), "3": empty(color=7), "4": second}), Notes())
    assert names(result) == ["x_00001_.png", "x_00002_.png"]


def names(result: RunResult) -> list[str]:
    items = (item for output in result.outputs.values() for item in output["images"])
    return sorted(item["filename"] for item in items)


async def test_the_files_of_old_runs_go_when_nothing_needs_them(tmp_path: Path):
    engine = CpuEngine(tmp_path / "engine", cache_bytes=20_000)
    await engine.start()
    for color in range(60):
        await engine.run(make_run(saving("x", color)), Notes())
    await engine.stop()
    assert len(list((tmp_path / "engine").iterdir())) < 60


def entry(size: int, home: str = "") -> Entry:
    return Entry((["x" * size],), {"images": []} if home else None, home)


def test_the_cache_drops_what_was_not_used_for_longest():
    cache = Cache(5000)
    cache.put("a", entry(1000))
    cache.put("b", entry(1000))
    assert cache.get("a")
    cache.put("c", entry(1000))
    assert [key for key in "abc" if cache.get(key)] == ["a", "c"]


def test_the_cache_keeps_nothing_that_is_larger_than_itself():
    cache = Cache(5000)
    cache.put("a", entry(1000))
    cache.put("huge", entry(6000))
    assert cache.get("huge") is None
    assert cache.get("a")


def test_the_cache_knows_which_folders_it_needs():
    cache = Cache(5000)
    cache.put("a", replace(entry(10), ui={"images": [1]}, home="/one"))
    cache.put("b", entry(10))
    assert cache.homes() == ("/one",)
