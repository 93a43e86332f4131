"""Sweeps over HTTP."""

import asyncio

import pytest
from tests.cli import graphs

from greenroom.domain.principal import Principal

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def submit(library, graph, *sweep, status=201, **more):
    body = {"prompt": graph, "sweep": list(sweep), **more}
    return await library.ask("POST", "/batches", status, json=body)


async def finished(library, batch_id):
    """The state of the batch once all its jobs have ended."""
    with library.services.watch.follow(Principal()) as subscription:
        events = aiter(subscription)
        async with asyncio.timeout(60):
            while True:
                state = await library.ask("GET", f"/batches/{batch_id}")
                if state["finished"] == state["total"]:
                    return state
                await anext(events)


async def test_a_batch_runs_to_its_end(library):
    made = await submit(library, graphs.quick(), "1.width=4,8", "1.color=[1, 2]")
    jobs = (await library.ask("GET", f"/batches/{made['batch_id']}/jobs"))["jobs"]
    assert jobs == made["jobs"]
    assert [job["values"]["1"] for job in jobs] == [
        {"width": 4, "color": 1}, {"width": 4, "color": 2},
        {"width": 8, "color": 1}, {"width": 8, "color": 2},
    ]  # fmt: skip
    state = await finished(library, made["batch_id"])
    assert state["counts"] == {"succeeded": 4}
    assert (state["percent"], state["total"]) == (100, 4)


async def test_lists_go_together_in_zip_mode(library):
    made = await submit(library, graphs.quick(), "1.width=4,8", "1.height=6,7", mode="zip")
    assert [job["label"] for job in made["jobs"]] == [
        "1.width=4, 1.height=6",
        "1.width=8, 1.height=7",
    ]


async def test_axes_may_come_as_json(library):
    sweep = {"1": {"inputs": {"color": [1, 2, 3]}}}
    body = {"prompt": graphs.quick(), "sweep": sweep}
    made = await library.ask("POST", "/batches", 201, json=body)
    assert len(made["jobs"]) == 3


async def test_the_rest_of_a_batch_is_stopped(library):
    made = await submit(library, graphs.blurring(40), "1.sigma=1..4")
    stopped = await library.ask("POST", f"/batches/{made['batch_id']}/cancel")
    assert stopped == {"cancelled": 4}
    state = await finished(library, made["batch_id"])
    assert state["counts"] == {"canceled": 4}


@pytest.mark.parametrize(
    ("sweep", "more", "message"),
    [
        ([], {}, "names no input"),
        (["1.width"], {}, "NODE.INPUT=VALUES"),
        (["9.width=1,2"], {}, "no node '9'"),
        (["1.wide=1,2"], {}, "1.wide=1"),
        (["1.width=1,2", "1.width=3"], {}, "swept twice"),
        (["1.width=1..20000"], {}, "20000"),
        (["1.width=1"], {"mode": "all"}, "grid, zip"),
        ({"1": 7}, {}, "a sweep is"),
        (["1.width=0"], {}, "1.width=0"),
    ],
)
async def test_a_sweep_that_cannot_be_is_told_why(library, sweep, more, message):
    body = {"prompt": graphs.quick(), "sweep": sweep, **more}
    status = 413 if "20000" in message else 400
    assert message in (await library.ask("POST", "/batches", status, json=body))["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/jobs"), ("POST", "/cancel")])
async def test_a_batch_that_is_not_there_is_not_found(library, method, path):
    told = await library.ask(method, f"/batches/nothing{path}", 404)
    assert told["code"] == "not_found"
