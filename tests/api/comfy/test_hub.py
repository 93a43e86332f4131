"""Events of the bus on real sockets: who hears them, and as what."""

import json

import pytest

from greenroom.domain import run
from greenroom.domain.event import JobChanged, JobRan
from greenroom.domain.ids import DEFAULT_TENANT, JobId, TenantId
from greenroom.domain.job import Job, JobEvent, JobState

JOB = JobId("6f1c1b1e-0000-4000-8000-000000000001")
NODE = run.NodeRef("4.0.0.3", "4", "4", "9")
PLAIN = run.NodeRef("2", "2")


class Stage:
    """Publishes what a worker's process would."""

    def __init__(self, services):
        self.bus = services.jobs._bus

    def ran(self, body, tenant=DEFAULT_TENANT, client_id="me", at=5):
        self.bus.publish(JobRan(JOB, tenant, client_id, 1, at, body))

    def changed(self, event, state, tenant=DEFAULT_TENANT, client_id="me", **fields):
        job = Job(JOB, tenant, 1, state, 0.0, 1, client_id=client_id, **fields)
        self.bus.publish(JobChanged(1, event, job, 9))

    def submit(self, **fields):
        self.changed(JobEvent.SUBMIT, JobState.QUEUED, **fields)

    def claim(self, **fields):
        self.changed(JobEvent.CLAIM, JobState.RUNNING, started_at=2, **fields)

    def end(self, event, state, **fields):
        self.changed(event, state, started_at=2, finished_at=9, **fields)


@pytest.fixture
def stage(services):
    return Stage(services)


class Ears:
    def __init__(self, socket):
        self.socket = socket

    async def next(self):
        frame = await self.socket.receive(timeout=20)
        return frame.data if isinstance(frame.data, bytes) else json.loads(frame.data)

    async def types(self, count):
        heard = [await self.next() for _ in range(count)]
        return [m["type"] if isinstance(m, dict) else m[:4] for m in heard]


@pytest.fixture
async def me(edge):
    async with edge() as client, client.ws_connect("/ws?clientId=me") as socket:
        ears = Ears(socket)
        await ears.next()
        yield ears


@pytest.fixture
async def two(edge):
    """The same client twice: with metadata and without."""
    async with (
        edge() as client,
        client.ws_connect("/ws?clientId=me") as modern,
        client.ws_connect("/ws?clientId=me") as old,
    ):
        await modern.send_json(
            {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
        )
        ears = Ears(modern), Ears(old)
        assert await ears[0].types(2) == ["status", "feature_flags"]
        assert await ears[1].types(1) == ["status"]
        yield ears


async def test_another_tenant_is_never_heard_even_under_the_same_client_id(stage, me):
    other = {"tenant": TenantId("other")}
    stage.submit(**other)
    stage.claim(**other)
    stage.ran(run.RunStarted(), **other)
    stage.ran(run.Preview(PLAIN, run.PreviewFormat.PNG, b"secret"), **other)
    stage.ran(run.NodeText("2", "secret"), **other)
    stage.end(JobEvent.SUCCEED, JobState.SUCCEEDED, **other)
    stage.submit()
    assert await me.next() == {
        "type": "status", "data": {"status": {"exec_info": {"queue_remaining": 1}}},
    }  # fmt: skip


async def test_another_client_hears_how_many_jobs_there_are_and_no_more(stage, me):
    stage.submit(client_id="you")
    stage.claim(client_id="you")
    stage.ran(run.RunStarted(), client_id="you")
    stage.ran(run.NodeText("2", "secret"), client_id="you")
    stage.ran(run.NodeStarted(PLAIN), client_id=None)
    stage.end(JobEvent.SUCCEED, JobState.SUCCEEDED, client_id="you")
    assert await me.types(3) == ["status", "status", "status"]
    stage.ran(run.RunStarted())
    assert await me.types(1) == ["execution_start"]


async def test_a_node_of_an_expanded_graph_carries_the_node_it_stands_for(stage, me):
    stage.ran(run.RunStarted())
    stage.ran(run.NodeStarted(NODE))
    await me.next()
    state, executing = await me.next(), await me.next()
    assert state["data"]["nodes"]["4.0.0.3"] == {
        "value": 0.0, "max": 1.0, "state": "running", "node_id": "4.0.0.3", "prompt_id": JOB,
        "display_node_id": "4", "parent_node_id": "4", "real_node_id": "9",
    }  # fmt: skip
    assert executing["data"] == {"node": "4.0.0.3", "display_node": "4", "prompt_id": JOB}


async def test_a_picture_stands_before_its_progress_with_metadata_and_after_it_without(stage, two):
    stage.ran(run.RunStarted())
    stage.ran(run.Preview(PLAIN, run.PreviewFormat.JPEG, b"jpeg"))
    stage.ran(run.NodeStepped(PLAIN, 1, 6))
    modern, old = two
    four, one = b"\0\0\0\4", b"\0\0\0\1"
    assert await modern.types(4) == ["execution_start", "progress_state", four, "progress"]
    assert await old.types(4) == ["execution_start", "progress_state", "progress", one]


async def test_a_picture_that_comes_after_its_step_is_not_kept_waiting_for_another(stage, two):
    stage.ran(run.RunStarted())
    stage.ran(run.NodeStepped(PLAIN, 1, 6))
    stage.ran(run.Preview(PLAIN, run.PreviewFormat.PNG, b"png"))
    modern, old = two
    assert (await modern.types(4))[-1] == b"\0\0\0\4"
    assert (await old.types(4))[-1] == b"\0\0\0\1"


async def test_a_picture_is_shown_before_the_run_ends(stage, two):
    stage.ran(run.RunStarted())
    stage.ran(run.Preview(PLAIN, run.PreviewFormat.PNG, b"a"))
    stage.ran(run.Preview(PLAIN, run.PreviewFormat.PNG, b"b"))
    stage.end(JobEvent.SUCCEED, JobState.SUCCEEDED)
    _, old = two
    start, first, second, success = [await old.next() for _ in range(4)]
    assert (first, second) == (b"\0\0\0\1\0\0\0\2a", b"\0\0\0\1\0\0\0\2b")
    assert (start["type"], success["type"]) == ("execution_start", "execution_success")


async def test_a_line_of_text_names_its_node(stage, me):
    stage.ran(run.NodeText("12", "width: 64 \u00fc"))
    assert await me.next() == b"\0\0\0\3\0\0\0\x0212" + "width: 64 \u00fc".encode()


async def test_a_blocked_node_is_told_without_a_time_and_the_run_goes_on(stage, me):
    stage.ran(run.RunStarted())
    stage.ran(run.NodeBlocked({"node_id": "3", "exception_type": "ExecutionBlocked"}))
    stage.end(JobEvent.SUCCEED, JobState.SUCCEEDED)
    await me.next()
    blocked = await me.next()
    assert blocked["type"] == "execution_error"
    assert "timestamp" not in blocked["data"]
    assert blocked["data"]["prompt_id"] == JOB
    assert await me.types(3) == ["execution_success", "status", "executing"]


async def test_a_retried_job_starts_over(stage, me):
    stage.ran(run.RunStarted())
    stage.ran(run.NodeStarted(PLAIN))
    stage.changed(JobEvent.RETRY, JobState.QUEUED, started_at=2)
    stage.claim()
    stage.ran(run.RunStarted())
    stage.ran(run.NodeStarted(NODE))
    assert await me.types(6) == [
        "execution_start", "progress_state", "executing", "status", "status", "execution_start",
    ]  # fmt: skip
    state = await me.next()
    assert list(state["data"]["nodes"]) == ["4.0.0.3"]


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.LOST, JobState.EXPIRED])
async def test_a_job_that_ends_badly_without_the_engines_words_gets_its_own(stage, me, state):
    event = {JobState.FAILED: JobEvent.FAIL, JobState.LOST: JobEvent.LOSE}
    error = {"kind": "worker_lost", "message": "The worker w stopped answering."}
    stage.end(event.get(state, JobEvent.EXPIRE), state, error=error)
    told, *rest = [await me.next() for _ in range(3)]
    assert told["data"]["exception_message"] == "The worker w stopped answering.\n"
    assert told["data"]["timestamp"] == 9
    assert [m["type"] for m in rest] == ["status", "executing"]


async def test_a_job_canceled_before_it_began_only_changes_the_number(stage, me):
    stage.submit()
    stage.changed(JobEvent.CANCEL, JobState.CANCELED, finished_at=9)
    stage.submit()
    numbers = [(await me.next())["data"]["status"]["exec_info"]["queue_remaining"] for _ in "abc"]
    assert numbers == [1, 0, 1]


async def test_a_cancel_that_is_asked_for_is_not_told_before_it_is_done(stage, me):
    stage.changed(JobEvent.CANCEL, JobState.CANCELING, started_at=2)
    stage.ran(run.RunStarted())
    assert await me.types(1) == ["execution_start"]
