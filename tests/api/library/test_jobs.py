"""Jobs of a workflow that comes along, in either format, or of the library, by named values."""

import asyncio
import json

import pytest
import pytest_asyncio
from tests.api.studio.workflows import FILM
from tests.cli.graphs import for_the_editor, quick

from greenroom.domain.ids import new_job_id
from greenroom.domain.job import TERMINAL_STATES, JobState
from greenroom.domain.principal import Principal

pytestmark = pytest.mark.asyncio(loop_scope="module")

ME = Principal()


async def order(library, status=201, key=None, **body):
    headers = {} if key is None else {"Idempotency-Key": key}
    return await library.ask("POST", "/jobs", status, json=body, headers=headers)


async def ended(library, job_id):
    """The job with its graph, once it has ended."""
    services = library.services
    with services.watch.follow(ME, job_id) as changes:
        async with asyncio.timeout(30):
            while (await services.jobs.get(ME, job_id)).state not in TERMINAL_STATES:
                await anext(aiter(changes))
    return await services.jobs.detail(ME, job_id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def film(library):
    manifest, graph = FILM
    files = {"manifest.yaml": manifest.encode(), "workflow.json": json.dumps(graph).encode()}
    await library.take_in(files, source="film")
    return "film"


async def test_a_workflow_of_the_editor_runs_and_stays_beside_its_job(library):
    made = await order(library, workflow=for_the_editor())
    assert made["node_errors"] == {}
    detail = await ended(library, made["id"])
    assert detail.job.state is JobState.SUCCEEDED
    extra_data = json.loads(detail.payload.extra_data)
    assert extra_data["extra_pnginfo"]["workflow"] == for_the_editor()
    classes = {node["class_type"] for node in json.loads(detail.payload.to_run).values()}
    assert classes == {"EmptyImage", "SaveImage"}


async def test_named_values_are_set_in_a_workflow_that_comes_along(library):
    made = await order(
        library, workflow=quick(), inputs={"1.color": 255, "2.filename_prefix": "named"}
    )
    detail = await ended(library, made["id"])
    graph = json.loads(detail.payload.to_run)
    assert graph["1"]["inputs"]["color"] == 255
    assert graph["2"]["inputs"]["filename_prefix"] == "named"


async def test_names_of_the_suggested_form_are_set_too(library):
    made = await order(library, workflow=for_the_editor(), inputs={"width": 32, "height": 24})
    graph = json.loads((await ended(library, made["id"])).payload.to_run)
    (size,) = [node["inputs"] for node in graph.values() if node["class_type"] == "EmptyImage"]
    assert (size["width"], size["height"]) == (32, 24)


async def test_a_workflow_of_the_library_runs_by_its_id(library, film):
    made = await order(library, workflow_id=film, inputs={"prompt": "a cat", "seed": 7})
    assert made["seeds"] == {"seed": 7}
    detail = await ended(library, made["id"])
    assert detail.job.state is JobState.SUCCEEDED
    assert json.loads(detail.payload.to_run)["5"]["inputs"]["value"] == "a cat"
    record = await library.services.records.get(ME, made["id"])
    assert (record.recipe.workflow_id, record.recipe.version) == ("film", 1)


@pytest.mark.parametrize("source", ["library", "along"])
async def test_a_name_that_is_not_there_is_refused_with_those_that_are(library, film, source):
    what = {"workflow_id": film} if source == "library" else {"workflow": quick()}
    refused = await order(library, 400, **what, inputs={"promt": "a cat"})
    assert "'promt'" in refused["message"]
    assert refused["details"]["inputs"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"workflow": {}, "workflow_id": "film"}, {"workflow_id": 7},
        {"workflow_id": "film", "version": "1"}, {"workflow_id": "film", "front": True},
        {"workflow_id": "film", "inputs": []}, {"workflow_id": "film", "inputs": {"width": "wide"}},
        {"workflow": {}}, {"workflow": []}, {"workflow": {"nodes": [], "links": []}},
        {"workflow": {"nodes": "none"}}, {"workflow": None}, {"workflow": "film"},
    ],
    ids=str,
)  # fmt: skip
async def test_an_order_that_cannot_be_is_refused(library, film, body):
    refused = await order(library, 400, **body)
    assert refused["message"]


async def test_what_is_not_in_the_library_is_not_found(library, film):
    await order(library, 404, workflow_id="unheard-of")
    await order(library, 404, workflow_id=film, version=99)


@pytest.mark.parametrize("source", ["library", "along"])
async def test_of_orders_with_one_key_at_once_exactly_one_is_accepted(library, film, source):
    what = {"workflow_id": film} if source == "library" else {"workflow": quick()}
    key = new_job_id()

    async def try_once():
        try:
            return await order(library, 201, key, **what)
        except AssertionError as refused:
            return str(refused)

    answers = await asyncio.gather(*(try_once() for _ in range(5)))
    (won,) = [answer for answer in answers if isinstance(answer, dict)]
    assert all("key_reused" in answer for answer in answers if answer is not won)
    await ended(library, won["id"])
