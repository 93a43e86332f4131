"""The suite that every Engine must pass. Subclass EngineSuite and give it a `bench` fixture."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from greenroom.domain.failure import FailureClass
from greenroom.domain.ids import JobId, new_job_id
from greenroom.domain.listing import Listing, Question
from greenroom.domain.run import (
    NodeFinished,
    NodeOutput,
    NodesCached,
    NodeStarted,
    RunEvent,
    RunStarted,
)
from greenroom.engine.base import Engine, EngineError, Interrupted, Run


@dataclass(frozen=True)
class Bench:
    """A started engine, and graphs for it."""

    engine: Engine
    good: Run
    """Ends well and makes at least one file."""
    failing: Run
    """Makes an output, then a node of it raises."""
    endless: Run
    """Starts a node that does not end by itself."""


class Notes:
    """A sink that remembers, and wakes those who wait for a kind of event."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []
        self._news = asyncio.Condition()

    async def __call__(self, event: RunEvent) -> None:
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    async def until(self, kind: type[RunEvent]) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.of(kind))

    def of(self, kind: type[RunEvent]) -> list[RunEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def anew(run: Run) -> Run:
    """The same graph as another job."""
    return replace(run, job_id=new_job_id())


def files(output: Mapping) -> list[Mapping]:
    return [
        item
        for items in output.values()
        if isinstance(items, list | tuple)
        for item in items
        if isinstance(item, Mapping) and "filename" in item
    ]


async def interrupted_once_running(bench: Bench, run: Run) -> tuple[Interrupted, Notes]:
    notes = Notes()
    task = asyncio.create_task(bench.engine.run(run, notes))
    await notes.until(NodeStarted)
    await bench.engine.interrupt(run.job_id)
    with pytest.raises(Interrupted) as caught:
        await task
    return caught.value, notes


class EngineSuite:
    async def test_object_info_describes_every_class_of_a_graph_it_runs(self, bench: Bench):
        info = await bench.engine.object_info()
        for node in bench.good.graph.values():
            definition = info[node["class_type"]]
            assert definition["name"] == node["class_type"]
            assert {"input", "output", "output_node"} <= definition.keys()

    async def test_a_run_begins_with_its_start_and_the_cached_nodes(self, bench: Bench):
        notes = Notes()
        await bench.engine.run(anew(bench.good), notes)
        assert [type(event) for event in notes.events[:2]] == [RunStarted, NodesCached]
        assert len(notes.of(RunStarted)) == len(notes.of(NodesCached)) == 1

    async def test_a_node_starts_before_it_shows_and_shows_before_it_finishes(self, bench: Bench):
        notes = Notes()
        await bench.engine.run(anew(bench.good), notes)
        for shown in notes.of(NodeOutput):
            own = [e for e in notes.events if getattr(e, "node", None) == shown.node]
            kinds = [type(event) for event in own]
            assert kinds.index(NodeOutput) < kinds.index(NodeFinished)
            if not shown.cached:
                assert kinds.index(NodeStarted) < kinds.index(NodeOutput)

    async def test_the_result_holds_what_the_events_showed(self, bench: Bench):
        notes = Notes()
        result = await bench.engine.run(anew(bench.good), notes)
        shown = {event.node.node_id: event.output for event in notes.of(NodeOutput)}
        assert shown
        assert dict(result.outputs) == shown
        assert set(result.meta) == set(result.outputs)
        for node_id, meta in result.meta.items():
            assert meta["node_id"] == node_id
            assert meta.keys() == {"node_id", "display_node", "parent_node", "real_node_id"}

    async def test_every_file_of_an_output_can_be_fetched_and_moved(
        self, bench: Bench, tmp_path: Path
    ):
        run = anew(bench.good)
        result = await bench.engine.run(run, Notes())
        items = [item for output in result.outputs.values() for item in files(output)]
        assert items
        for number, item in enumerate(items):
            path = await bench.engine.fetch(run, item, tmp_path / "scratch")
            moved = path.rename(tmp_path / str(number))
            assert moved.stat().st_size > 0

    async def test_events_reach_the_sink_one_after_another(self, bench: Bench):
        inside = 0
        seen = 0

        async def slow(_: RunEvent) -> None:
            nonlocal inside, seen
            inside += 1
            assert inside == 1
            for _ in range(10):
                await asyncio.sleep(0)  # lets another event in, if there were one
            inside -= 1
            seen += 1

        await bench.engine.run(anew(bench.good), slow)
        assert seen >= 3

    async def test_a_failing_node_ends_the_run_after_the_outputs_made_before(self, bench: Bench):
        notes = Notes()
        run = anew(bench.failing)
        with pytest.raises(EngineError) as caught:
            await bench.engine.run(run, notes)
        failure = caught.value.failure
        assert failure.kind is FailureClass.NODE_ERROR
        assert failure.node_id in run.graph
        assert failure.node_type == run.graph[failure.node_id]["class_type"]
        assert failure.message
        assert failure.comfy["exception_message"].endswith("\n")
        assert {"exception_type", "traceback", "executed", "current_inputs"} <= failure.comfy.keys()
        assert notes.of(NodeOutput)

    async def test_an_interrupted_run_tells_where_it_was(self, bench: Bench):
        run = anew(bench.endless)
        interrupted, notes = await interrupted_once_running(bench, run)
        started = notes.of(NodeStarted)[-1].node.node_id
        assert interrupted.comfy["node_id"] == started
        assert interrupted.comfy["node_type"] == run.graph[started]["class_type"]
        assert isinstance(interrupted.comfy["executed"], list)

    async def test_after_an_interruption_the_next_run_goes_well(self, bench: Bench):
        await interrupted_once_running(bench, anew(bench.endless))
        assert (await bench.engine.run(anew(bench.good), Notes())).outputs

    async def test_interrupting_another_job_stops_nothing(self, bench: Bench):
        notes = Notes()
        run = anew(bench.good)

        async def sink(event: RunEvent) -> None:
            await bench.engine.interrupt(JobId(new_job_id()))
            await notes(event)

        assert (await bench.engine.run(run, sink)).outputs

    async def test_interrupting_a_run_that_is_over_does_not_touch_the_next(self, bench: Bench):
        run = anew(bench.good)
        await bench.engine.run(run, Notes())
        await bench.engine.interrupt(run.job_id)
        assert (await bench.engine.run(anew(bench.good), Notes())).outputs

    async def test_freeing_memory_leaves_the_engine_able_to_run(self, bench: Bench):
        await bench.engine.free(unload_models=True, free_memory=True)
        assert (await bench.engine.run(anew(bench.good), Notes())).outputs

    async def test_nothing_is_the_answer_to_a_question_about_what_is_not_there(self, bench: Bench):
        assert await bench.engine.ask(Question(Listing.MODEL_NAMES, "nowhere")) is None

    async def test_stopping_the_engine_loses_the_run_that_is_on(self, bench: Bench):
        notes = Notes()
        task = asyncio.create_task(bench.engine.run(anew(bench.endless), notes))
        await notes.until(NodeStarted)
        await bench.engine.stop()
        with pytest.raises(EngineError) as caught:
            await task
        assert caught.value.failure.kind is FailureClass.WORKER_LOST

    async def test_a_stopped_engine_can_start_again(self, bench: Bench):
        await bench.engine.stop()
        await bench.engine.start()
        assert (await bench.engine.run(anew(bench.good), Notes())).outputs
