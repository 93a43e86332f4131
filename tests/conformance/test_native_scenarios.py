"""Recorded scenarios: cached runs, interrupts, the queue, the history, played again in order.

Ids, times and numbers in the queue are new each time and are replaced by the labels of the steps.
"""

import json
import re

import pytest
from tests.contract.native.conftest import running
from tests.contract.native.recordings import ORACLE, needs_recordings
from tests.contract.native.test_jobs_api import is_executing

pytestmark = needs_recordings

RUNS = ORACLE / "runs"

ELSEWHERE = {
    "sc_ws_sessions": "tests/contract/native/test_sessions.py; there one socket deafens another, "
    "and everybody hears runs without a client",
    "sc_feature_flags": "tests/contract/native/test_sessions.py, with the recorded order",
    "sc_interrupt_ksampler": "needs a sampler",
    "sc_duplicate_prompt_id": "there a repeated id overwrites a job; here it is a safe retry, "
    "see tests/contract/native/test_jobs_api.py",
}

KEPT = {
    "job of deleted": "a job that was canceled before it began stays, as cancelled",
    "history of deleted": "likewise",
    "job2 after": "likewise, where it was canceled",
    "after clear": "which of the slow jobs runs by then is a matter of speed",
}
"""Steps whose answer may differ."""


@pytest.fixture
async def native(tmp_path):
    async with running(tmp_path) as started:
        yield started


def recorded(name):
    events = json.loads((RUNS / name / "events.json").read_text())["events"]
    if name == "sc_cached_rerun":
        # The three bodies were written down after the last had been changed.
        for event in events[:2]:
            event["json"]["prompt"]["3"]["inputs"]["filename_prefix"] = "t/cached"
    # How far the queue was at which moment is a matter of speed.
    return [event for event in events if event.get("label") not in {"q", "queue end"}]


def test_every_scenario_is_played_or_has_a_reason():
    played = {"sc_cached_rerun", "sc_free", "sc_history_ops", "sc_interrupt_by_id",
              "sc_interrupt_global", "sc_interrupt_job_cancel", "sc_queue_ops"}  # fmt: skip
    assert {path.name for path in RUNS.glob("sc_*")} == played | set(ELSEWHERE)


class Play:
    """Sends the steps of a scenario and remembers which id stands for which."""

    def __init__(self, native):
        self.native = native
        self.ids = {}

    async def step(self, event):
        path, body = self.translated(event["path"]), self.translated(event["json"])
        data = None if body is None else json.dumps(body).encode()
        answer = await self.native.send(event["method"], path, data)
        assert answer.status == event["response"]["status"] or event["label"] in KEPT, event[
            "label"
        ]
        if event["path"] == "/prompt" and event["method"] == "POST":
            self.ids[event["response"]["body"]["prompt_id"]] = answer.json()["prompt_id"]
        return answer

    def translated(self, value):
        text = json.dumps(value)
        for theirs, ours in self.ids.items():
            text = text.replace(theirs, ours)
        return json.loads(text)

    def wanted(self, event):
        return self.translated(event["response"]["body"])


@pytest.mark.parametrize("name", ["sc_cached_rerun", "sc_free"])
async def test_what_is_cached_is_told_as_it_was_there(native, name):
    play, told = Play(native), messages(name)
    client_id = recorded(name)[0]["json"]["client_id"]
    async with native.socket(client_id, {"supports_preview_metadata": True}) as ears:
        heard = [await ears.next(), await ears.next()]
        for event in recorded(name):
            answer = await play.step(event)
            if event["path"] == "/prompt":
                heard += await ears.until_done(answer.json()["prompt_id"])
    ours, theirs = [plain(m) for m in heard], [plain(m) for m in told]
    assert ours == theirs


def messages(name):
    (path,) = (RUNS / name).glob("ws_*.jsonl")
    records = map(json.loads, path.read_text().splitlines())
    return [record["msg"] for record in records if "msg" in record]


def plain(message):
    """Without ids, times, and the random part of temporary names."""
    data = message["data"]
    if message["type"] == "progress_state":
        nodes = data["nodes"].items()
        return "progress_state", {n: [s["state"], s["value"], s["max"]] for n, s in nodes}
    if message["type"] == "status":
        return "status", data["status"]
    if message["type"] == "execution_cached":
        return "execution_cached", sorted(data["nodes"])
    if message["type"] == "executed":
        return "executed", data["node"], sorted(data["output"])
    return message["type"], data.get("node"), sorted(data)


@pytest.mark.parametrize(
    "name", ["sc_interrupt_by_id", "sc_interrupt_global", "sc_interrupt_job_cancel"]
)
async def test_an_interrupted_job_looks_as_it_did_there(native, name):
    play, events = Play(native), recorded(name)
    client_id = events[0]["json"]["client_id"]
    async with native.socket(client_id) as ears:
        slow = (await play.step(events[0])).json()["prompt_id"]
        following = (await play.step(events[1])).json()["prompt_id"]
        await ears.until(is_executing("2"))
        for event in events[2:]:
            if "method" not in event:
                await ears.until_done(slow)
                if name != "sc_interrupt_job_cancel":
                    await ears.until_done(following)
                continue
            answer = await play.step(event)
            if event["label"] not in KEPT or answer.status == event["response"]["status"]:
                assert seen(answer, event, play) == seen_there(event, play), event["label"]


def seen(answer, event, play):
    return comparable(answer.json() if answer.body else "", event, play)


def seen_there(event, play):
    return comparable(play.wanted(event), event, play)


def comparable(body, event, play):
    if event["path"].startswith("/api/jobs?") or event["path"] == "/api/jobs":
        known = set(play.ids.values())
        # Jobs accepted in one millisecond come in the order of the heap there.
        mine = [entry_of(job) for job in body["jobs"] if job["id"] in known]
        return sorted(mine, key=lambda job: job["id"])
    if event["path"].startswith("/api/jobs/") and event["method"] == "GET":
        return entry_of(body)
    if event["path"] == "/queue" and event["method"] == "GET":
        return {key: [item_of(item) for item in items] for key, items in body.items()}
    return body


TIMES = ("priority", "create_time", "execution_start_time", "execution_end_time",
         "execution_status", "preview_output", "workflow")  # fmt: skip


def entry_of(job):
    """A later ComfyUI shows the workflow of waiting jobs too, and so do we."""
    text = json.dumps({key: value for key, value in job.items() if key not in TIMES})
    return json.loads(re.sub(r"ComfyUI_temp_[a-z]{5}_\d{5}_", "ComfyUI_temp_x", text))


def item_of(item):
    _, prompt_id, prompt, extra, outputs = item
    return [prompt_id, prompt, sorted(extra), outputs]


async def test_the_queue_is_ordered_and_emptied_as_it_was_there(native):
    play, events = Play(native), recorded("sc_queue_ops")
    client_id = events[0]["json"]["client_id"]
    async with native.socket(client_id) as ears:
        await play.step(events[0])
        await ears.until(is_executing("2"))
        for event in events[1:]:
            if "method" not in event:
                continue
            answer = await play.step(event)
            if event["label"] in KEPT:
                continue
            ours, theirs = seen(answer, event, play), seen_there(event, play)
            if event["path"] == "/queue" and event["method"] == "GET":
                # There the waiting jobs come as a heap holds them; here in the order of running.
                for shown in (ours, theirs):
                    shown["queue_pending"].sort(key=str)
            if event["path"] != "/prompt":
                assert ours == theirs, event["label"]
        await native.post("/queue", {"clear": True})
        await native.send("POST", "/interrupt")


async def test_the_history_is_read_and_deleted_as_it_was_there(native):
    play, events = Play(native), recorded("sc_history_ops")
    graphs = [event for event in events if event.get("path") == "/prompt"]
    async with native.socket("waiting") as ears:
        for event in graphs:
            event["json"]["client_id"] = "waiting"
            prompt_id = (await play.step(event)).json()["prompt_id"]
            await ears.until_done(prompt_id)
    for event in events:
        if "method" not in event or event["path"] == "/prompt":
            continue
        answer = await play.step(event)
        if "offset" in event["path"]:
            # Older runs stood before these there: only how many are given can be compared.
            assert len(answer.json()) == len(event["response"]["body"]), event["label"]
        elif event["path"].startswith("/history?"):
            assert list(answer.json()) == play.wanted(event), event["label"]
        else:
            assert seen(answer, event, play) == seen_there(event, play), event["label"]
