"""The story of a run on its way: each word counts once, however often it comes."""

import asyncio

import pytest

from greenroom.domain.failure import FailureClass
from greenroom.domain.ids import new_job_id
from greenroom.domain.run import NodeOutput, NodeRef, NodesCached, NodeStepped, RunStarted
from greenroom.engine.base import EngineError, Run, RunResult
from greenroom.engine.remote import messages as wire
from greenroom.engine.remote.engine import RemoteEngine
from greenroom.engine.remote.line import Line
from greenroom.outpost.journal import Journal

NODE = NodeRef("1", "1")
SHOWN = NodeOutput(NODE, {"text": ["hello"]})
DONE = RunResult({"1": {"text": ["hello"]}}, {"1": {"node_id": "1"}})


@pytest.fixture
def run():
    return Run(new_job_id(), 1, {"1": {"class_type": "X", "inputs": {}}}, ("1",))


class Wired:
    """A remote engine, and what it sends; `told` answers as a worker's journal would."""

    def __init__(self):
        self.engine = RemoteEngine(60.0, None)
        self.sent = asyncio.Queue()
        self.heard = []

    def connect(self, session="one"):
        line = Line(lambda frame: self.sent.put_nowait(wire.from_server(frame)), lambda: None)
        self.engine.connect(line, session, owns=False)
        return line

    async def next(self, kind):
        while not isinstance(message := await self.sent.get(), kind):
            pass
        return message

    async def sink(self, event):
        self.heard.append(event)


async def story(begin, run, *events):
    """What a worker tells of a run that ends well."""
    told = []
    journal = Journal(begin, run, told.append)
    for event in events:
        await journal.sink(event)
    journal.end(DONE)
    return journal, told


async def test_words_that_come_twice_or_over_an_old_line_count_once(run):
    wired = Wired()
    old = wired.connect()
    task = asyncio.create_task(wired.engine.run(run, wired.sink))
    begin = await wired.next(wire.Begin)
    assert (begin.after, begin.submit) == (0, True)
    journal, told = await story(begin, run, RunStarted(), NodesCached(()), SHOWN)
    for word in told[:2]:
        wired.engine.hear(old, word)
    new = wired.connect()
    again = await wired.next(wire.Begin)
    assert (again.after, again.submit) == (2, False)
    wired.engine.hear(old, told[2])
    told.clear()
    journal.claim(0)
    for word in told:
        wired.engine.hear(new, word)
    assert await task == DONE
    assert wired.heard == [RunStarted(), NodesCached(()), SHOWN]
    assert (await wired.next(wire.Forget)).attempt == 1


async def test_a_worker_that_was_started_anew_may_tell_its_whole_story_again(run):
    wired = Wired()
    line = wired.connect()
    task = asyncio.create_task(wired.engine.run(run, wired.sink))
    _, told = await story(await wired.next(wire.Begin), run, RunStarted(), NodesCached(()), SHOWN)
    for word in told[:3]:
        wired.engine.hear(line, word)
    line = wired.connect("two")
    begin = await wired.next(wire.Begin)
    step = NodeStepped(NODE, 1, 2)
    repeated = NodeOutput(NODE, SHOWN.output, cached=True)
    _, told = await story(begin, run, RunStarted(), NodesCached(("7",)), step, repeated)
    for word in told:
        wired.engine.hear(line, word)
    assert await task == DONE
    assert wired.heard == [RunStarted(), NodesCached(()), SHOWN, step]


async def test_a_story_of_another_attempt_is_not_heard(run):
    wired = Wired()
    line = wired.connect()
    task = asyncio.create_task(wired.engine.run(run, wired.sink))
    await wired.next(wire.Begin)
    wired.engine.hear(line, wire.Told(run.job_id, 2, 1, wire.Done(b"{}", b"{}", False)))
    wired.engine.hear(line, wire.Told(run.job_id, 1, 2, wire.Done(b"{}", b"{}", False)))
    wired.engine.hear(line, wire.Told(run.job_id, 1, 1, wire.Gone()))
    with pytest.raises(EngineError) as lost:
        await task
    assert lost.value.failure.kind is FailureClass.WORKER_LOST
