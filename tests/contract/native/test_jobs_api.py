"""The jobs API and the history: filters, order, paging, cancel, and their recorded shapes."""

import pytest
from tests.contract.native import graphs
from tests.contract.native.conftest import running
from tests.contract.native.recordings import exchange, needs_recordings

ID = "6f1c1b1e-0000-4000-8000-000000000001"
SMALL = {"width": 8, "height": 8, "batch_size": 1, "color": 0}
BAD = {
    "1": {"class_type": "EmptyImage", "inputs": SMALL},
    "2": {"class_type": "ImageBlur", "inputs": {"image": ["1", 0], "blur_radius": 31, "sigma": 1}},
    "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
}
"""Blurs a picture that is smaller than the blur: fails when it runs."""


@pytest.fixture
async def native(tmp_path):
    async with running(tmp_path) as started:
        yield started


async def finish(native, graph, **fields):
    """Run a graph to its end; gives its id."""
    async with native.socket("finisher") as ears:
        body = {"prompt": graph, "client_id": "finisher", **fields}
        sent = await native.post("/prompt", body)
        assert sent.status == 200, sent.body
        prompt_id = sent.json()["prompt_id"]
        await ears.until_done(prompt_id)
    return prompt_id


async def listed(native, query=""):
    answer = await native.get(f"/api/jobs{query}")
    assert answer.status == 200, answer.body
    return [job["id"] for job in answer.json()["jobs"]], answer.json()["pagination"]


async def test_the_list_is_filtered_sorted_and_paged(native):
    done = [await finish(native, graphs.picture(color)) for color in (1, 2, 3)]
    workflow = {"extra_pnginfo": {"workflow": {"id": "wf-1"}}}
    with_workflow = await finish(native, graphs.picture(4), extra_data=workflow)
    failed = await finish(native, BAD)
    everything = [*done, with_workflow, failed]
    assert await listed(native) == (
        everything[::-1], {"offset": 0, "limit": None, "total": 5, "has_more": False},
    )  # fmt: skip
    assert (await listed(native, "?sort_order=ASC"))[0] == everything
    assert await listed(native, "?limit=2&offset=1") == (
        [with_workflow, done[2]], {"offset": 1, "limit": 2, "total": 5, "has_more": True},
    )  # fmt: skip
    assert (await listed(native, "?offset=-5&limit=1"))[1]["offset"] == 0
    assert await listed(native, "?offset=9999&limit=1") == (
        [], {"offset": 9999, "limit": 1, "total": 5, "has_more": False},
    )  # fmt: skip
    assert (await listed(native, "?status=failed"))[0] == [failed]
    assert (await listed(native, "?status=%20FAILED%20,,cancelled"))[0] == [failed]
    assert len((await listed(native, "?status="))[0]) == 5
    assert await listed(native, "?status=,") == (
        [], {"offset": 0, "limit": None, "total": 0, "has_more": False},
    )  # fmt: skip
    assert (await listed(native, "?workflow_id=wf-1"))[0] == [with_workflow]
    assert len((await listed(native, "?workflow_id="))[0]) == 5
    assert (await listed(native, "?output_type=video&unknown=1"))[1]["total"] == 5
    by_time, _ = await listed(native, "?sort_by=Execution_Duration&sort_order=asc")
    assert sorted(by_time) == sorted(everything)
    times = [await duration(native, job_id) for job_id in by_time]
    assert times == sorted(times)


async def duration(native, job_id):
    job = (await native.get(f"/api/jobs/{job_id}")).json()
    return job["execution_end_time"] - job["execution_start_time"]


UNKNOWN = (
    "Invalid status value(s): {}. Valid values: pending, in_progress, completed, failed, cancelled"
)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("status=done,foo", UNKNOWN.format("done, foo")),
        ("sort_by=create_time", "sort_by must be 'created_at' or 'execution_duration'"),
        ("sort_order=up", "sort_order must be 'asc' or 'desc'"),
        ("limit=", "limit must be an integer"),
        ("limit=0", "limit must be a positive integer"),
        ("limit=-1", "limit must be a positive integer"),
        ("offset=1.5", "offset must be an integer"),
        ("offset=x&limit=x&sort_by=x&status=x", UNKNOWN.format("x")),
        ("offset=x&limit=x&sort_order=x", "sort_order must be 'asc' or 'desc'"),
        ("offset=x&limit=x", "limit must be an integer"),
    ],
)  # fmt: skip
async def test_a_bad_parameter_is_named_and_the_first_counts(native, query, text):
    answer = await native.get(f"/api/jobs?{query}")
    assert (answer.status, answer.json()) == (400, {"error": text})


async def test_numbers_beyond_all_reason_are_harmless(native):
    huge = "9" * 400
    assert (await listed(native, f"?limit={huge}&offset={huge}"))[0] == []
    assert (await native.get(f"/history?max_items={huge}&offset={huge}")).json() == {}


@needs_recordings
async def test_a_job_looks_like_the_recorded_ones(native):
    await finish(native, graphs.picture(16711680), prompt_id=ID)
    await finish(native, BAD)
    job = (await native.get(f"/api/jobs/{ID}")).json()
    assert shape(job) == shape(exchange("job_one").answer)
    for path in ("/api/jobs", "/api/api/jobs", "/jobs"):
        jobs = (await native.get(path)).json()["jobs"]
        known = {entry["status"]: entry for entry in exchange("jobs_all").answer["jobs"]}
        known |= {entry["status"]: entry for entry in exchange("api_jobs").answer["jobs"]}
        for entry in jobs:
            assert shape(entry) == shape(known[entry["status"]])
    entry = (await native.get(f"/history/{ID}")).json()[ID]
    wanted = exchange("history_after_secrets").answer[ID]
    assert shape(entry) == shape({**wanted, "prompt": entry["prompt"]})
    assert entry["prompt"][2] == wanted["prompt"][2]


def shape(value):
    """Names and types, without the values that differ."""
    if isinstance(value, dict) and "traceback" in value:
        return sorted(value)
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items()) if key != "client_id"}
    if isinstance(value, list):
        return [shape(item) for item in value][:1]
    return "a number" if isinstance(value, int | float) and value is not True else type(value)


async def test_queue_and_jobs_show_what_waits_and_runs(native):
    number = {"prompt": graphs.slow(), "client_id": "c"}
    async with native.socket("c") as ears:
        slow = (await native.post("/prompt", number)).json()["prompt_id"]
        await ears.until(is_executing("2"))
        ids = {}
        for name, fields in (
            ("n1", {}), ("n2", {}), ("front1", {"front": True}), ("front2", {"front": True}),
            ("late", {"number": 5000}), ("soon", {"number": -9999}), ("text", {"number": "0.5"}),
            ("both", {"front": True, "number": 3}),
        ):  # fmt: skip
            sent = await native.post("/prompt", {"prompt": graphs.picture(), **fields})
            ids[name] = sent.json()["prompt_id"]
        queue = (await native.get("/queue")).json()
        assert [item[1] for item in queue["queue_running"]] == [slow]
        order = ["soon", "front2", "front1", "text", "n1", "n2", "both", "late"]
        assert [item[1] for item in queue["queue_pending"]] == [ids[name] for name in order]
        item = queue["queue_running"][0]
        assert item[2:] == [number["prompt"], {**item[3]}, ["100"]]
        assert item[3]["client_id"] == "c"
        assert (await listed(native, "?status=in_progress"))[0] == [slow]
        assert (await listed(native, "?status=pending"))[1]["total"] == 8
        job = (await native.get(f"/api/jobs/{slow}")).json()
        assert job["status"] == "in_progress"
        assert job["workflow"]["prompt"] == number["prompt"]
        assert "outputs" not in job
        assert (await native.get("/prompt")).json() == {"exec_info": {"queue_remaining": 9}}
        assert (await native.get(f"/history/{slow}")).json() == {}
        assert (await native.post("/queue", {"delete": [ids["n1"], slow, "nope"]})).body == b""
        assert (await native.get("/prompt")).json() == {"exec_info": {"queue_remaining": 8}}
        assert (await native.post("/queue", {"clear": True})).status == 200
        queue = (await native.get("/queue")).json()
        assert (len(queue["queue_running"]), queue["queue_pending"]) == (1, [])
        assert (await native.post("/interrupt", {"prompt_id": "nope"})).status == 200
        assert (await native.get("/prompt")).json() == {"exec_info": {"queue_remaining": 1}}
        assert (await native.send("POST", "/interrupt")).body == b""
        await ears.until_done(slow)
    assert (await native.get(f"/api/jobs/{slow}")).json()["status"] == "cancelled"


def is_executing(node):
    return lambda message: (
        isinstance(message, dict)
        and message["type"] == "executing"
        and message["data"]["node"] == node
    )


async def test_jobs_are_cancelled_one_by_one_and_together(native):
    async with native.socket("c") as ears:
        running_one = await started(native, ears, "c")
        waiting = [(await native.post("/prompt", {"prompt": graphs.picture(n)})).json()["prompt_id"]
                   for n in range(3)]  # fmt: skip
        cancel = f"/api/jobs/{waiting[0]}/cancel"
        assert (await native.send("POST", cancel)).json() == {"cancelled": True}
        assert (await native.send("POST", cancel)).json() == {"cancelled": False}
        many = {"job_ids": [*waiting[1:], running_one]}
        assert (await native.post("/api/jobs/cancel", many)).json() == {"cancelled": True}
        heard = await ears.until_done(running_one)
        assert (await native.post("/api/jobs/cancel", many)).json() == {"cancelled": False}
    interrupted = next(m["data"] for m in heard if m["type"] == "execution_interrupted")
    assert interrupted["prompt_id"] == running_one
    assert interrupted["node_type"] == "ImageBlur"
    assert "1" in interrupted["executed"]
    entry = (await native.get(f"/history/{running_one}")).json()[running_one]
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["completed"] is False
    assert entry["status"]["messages"][-1] == ["execution_interrupted", interrupted]
    states = {job["status"] for job in (await native.get("/api/jobs")).json()["jobs"]}
    assert states == {"cancelled"}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"zz", {"error": "Request body must be valid JSON"}),
        (b'{"job_ids": "x"}', {"error": "job_ids must be a list"}),
        (b"[]", {"error": "job_ids must be a list"}),
        (b'{"job_ids": ["x", 5]}',
         {"error": "job_ids contains invalid id(s)", "invalid_ids": ["x", "5"]}),
    ],
)  # fmt: skip
async def test_a_bad_list_of_jobs_to_cancel_is_refused(native, body, answer):
    sent = await native.send("POST", "/api/jobs/cancel", body)
    assert (sent.status, sent.json()) == (400, answer)


async def started(native, ears, client_id):
    sent = await native.post("/prompt", {"prompt": graphs.slow(), "client_id": client_id})
    await ears.until(is_executing("2"))
    return sent.json()["prompt_id"]


async def test_history_is_listed_from_either_end_and_deleted(native):
    ids = [await finish(native, graphs.picture(color)) for color in range(4)]

    async def history(query=""):
        return list((await native.get(f"/history{query}")).json())

    assert await history() == ids
    assert await history("?max_items=2") == ids[2:]
    assert await history("?max_items=2&offset=1") == ids[1:3]
    assert await history("?max_items=0") == await history("?max_items=-1") == []
    assert await history("?max_items=0&offset=0") == ids[:1]
    assert await history("?max_items=2&offset=-3") == ids[2:]
    assert await history("?offset=3") == ids[3:]
    assert (await native.post("/history", {"clear": False})).body == b""
    assert (await native.post("/history", {"delete": [ids[1], "nope"]})).status == 200
    assert await history() == [ids[0], *ids[2:]]
    assert (await native.get(f"/api/jobs/{ids[1]}")).status == 404
    assert (await native.post("/history", {"clear": True})).status == 200
    assert await history() == []
    assert (await listed(native))[1]["total"] == 0


async def test_a_repeated_id_gives_the_same_job_and_another_graph_is_refused(native):
    assert await finish(native, graphs.picture(1), prompt_id=ID) == ID
    again = await native.post("/prompt", {"prompt": graphs.picture(1), "prompt_id": ID})
    assert (again.status, again.json()["prompt_id"]) == (200, ID)
    other = await native.post("/prompt", {"prompt": graphs.picture(2), "prompt_id": ID})
    assert other.status == 400
    assert other.json()["error"]["message"]
    assert (await listed(native))[1]["total"] == 1
    assert (await native.get("/prompt")).json() == {"exec_info": {"queue_remaining": 0}}


async def test_secrets_are_never_shown_and_the_usage_source_is_noted(native):
    extra = {"api_key_comfy_org": "SECRET-A", "auth_token_comfy_org": "SECRET-B", "zzz": 1}
    body = {"prompt": graphs.picture(), "extra_data": extra, "prompt_id": ID}
    await native.post("/prompt", body, **{"Comfy-Usage-Source": "my-script"})
    while not (await native.get(f"/history/{ID}")).json():
        pass
    for path in ("/history", "/api/jobs", f"/api/jobs/{ID}", "/queue", f"/history/{ID}"):
        assert b"SECRET" not in (await native.get(path)).body
    extra = (await native.get(f"/api/jobs/{ID}")).json()["workflow"]["extra_data"]
    assert sorted(extra) == ["comfy_usage_source", "create_time", "zzz"]
    assert extra["comfy_usage_source"] == "my-script"


async def test_long_lists_are_as_whole_as_short_ones(native):
    async with native.socket("c") as ears:
        slow = await started(native, ears, "c")
        ids = [
            (await native.post("/prompt", {"prompt": graphs.picture(n)})).json()["prompt_id"]
            for n in range(60)
        ]
        queue = (await native.get("/queue")).json()
        assert [item[1] for item in queue["queue_pending"]] == ids
        assert (await listed(native, "?sort_order=asc"))[0] == [slow, *ids]
        await native.post("/queue", {"clear": True})
        await native.send("POST", "/interrupt")
        await ears.until_done(slow)
    assert set((await native.get("/history")).json()) == {slow, *ids}
