"""Recorded exchanges that need no history: the same status, the same headers, the same body."""

import json
import re

import pytest
import pytest_asyncio
from tests.contract.native.conftest import running
from tests.contract.native.recordings import INPUTS, exchange, names, needs_recordings

pytestmark = [needs_recordings, pytest.mark.asyncio(loop_scope="module")]

JSON = "application/json; charset=utf-8"

ELSEWHERE = {
    # Replayed in order, with what came before them, by the other tests of this folder.
    "test_uploads": r"up_.*|upraw_.*|mask_.*|view_mask_result|internal_files_.*"
    r"|object_info_loadimage_after_uploads",
    "test_userdata": r"ud_.*|userdata_.*|v2_userdata.*|user_css_userdata|setting.*|users_post",
    "test_jobs_api": r"api_api_jobs|api_jobs|history|history_offset|history_after_secrets"
    r"|history_post_delete|job_one|jobs_all|jobs_offset_.*|jobs_sort_dur|jobs_status_(empty|multi)"
    r"|jobs_workflow|p_id_reused",
    # Replayed with a ComfyUI as the worker, by the tests of the fleet.
    "test_listings": r"global_subgraphs|node_replacements|models_checkpoints_one"
    r"|experiment_models_checkpoints|view_metadata_ok",
}

DIFFERENT = {
    "docs": "pages of another package",
    "templates_index": "files of another package",
    "root": "the start page is our own",
    "static_index": "the start page is our own",
    "scripts_api_js": "a file of ComfyUI's frontend",
    "experiment_models": "where a worker keeps its models is its own affair",
    "object_info": "the classes are those of our workers; tests of the engine compare each",
    "object_info_one": "no worker here has KSampler",
    "head_object_info_one": "no worker here has KSampler",
    "internal_logs": "the log shows what other users do",
    "internal_logs_raw": "the log shows what other users do",
    "jobs_noapi": "/jobs is an alias here",
    "job_noapi_prefix": "/jobs/{id} is an alias here",
    "jobs_after_workflow_null": "the list never fails",
    "hdr_host_public_origin_other": "a foreign page is refused whatever the host is called",
    "p_extra_workflow_null": "accepted there, then /api/jobs is broken for everybody; see poison",
}


def elsewhere(name):
    return any(re.fullmatch(pattern, name) for pattern in ELSEWHERE.values())


STATELESS = [name for name in names() if name not in DIFFERENT and not elsewhere(name)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native(tmp_path_factory):
    async with running(tmp_path_factory.mktemp("routes")) as started:
        await started.upload_inputs()
        yield started


@pytest.mark.parametrize("name", STATELESS)
async def test_answers_like_the_recorded_server(native, name):
    recorded = exchange(name)
    headers = recorded.headers
    if "If-Modified-Since" in headers:
        known = await native.get(recorded.path)
        headers = {**headers, "If-Modified-Since": known.headers["Last-Modified"]}
    answer = await native.send(recorded.method, recorded.path, recorded.body, headers)
    assert answer.status == recorded.wanted_status
    if recorded.status == 500:
        assert refusal_is_explained(answer)
        return
    assert comparable_headers(name, answer.headers) == comparable_headers(
        name, recorded.answer_headers
    )
    assert comparable_body(name, decoded(answer, recorded)) == comparable_body(
        name, recorded.answer
    )


def refusal_is_explained(answer):
    """Instead of a bare 500: an error with its type and its message, or a bare 400 for files."""
    if not answer.body:
        return True
    error = answer.json()["error"]
    return isinstance(error, str) or bool(error["message"])


def decoded(answer, recorded):
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        return json.loads(answer.body) if answer.body else ""
    if isinstance(recorded.answer, dict) and "head_hex" in recorded.answer:
        shown = answer.body[: len(recorded.answer["head_hex"]) // 2].hex()
        return {"len": len(answer.body), "head_hex": shown}
    return answer.body.decode()


COMPARED = (
    "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Cache-Control", "Vary",
    "Allow", "Accept-Ranges", "Content-Range",
)  # fmt: skip


def comparable_headers(name, headers):
    return {key: headers[key] for key in COMPARED if key in headers}


def comparable_body(name, body):
    """Ids are new each time, numbers in the queue go on; encoders differ from build to build."""
    if name.startswith("view_prev") and isinstance(body, dict):
        return None
    if name.startswith("p_") and isinstance(body, dict):
        return {**body, "prompt_id": None, "number": None}
    if name == "prompt" or name.startswith("hdr_"):
        return isinstance(body, dict) and list(body)
    if name == "queue":
        return list(body)
    return body


async def test_every_recording_is_replayed_or_has_a_reason():
    known = {*STATELESS, *DIFFERENT, *(name for name in names() if elsewhere(name))}
    assert known == set(names())
    assert set(names()) >= set(DIFFERENT)
    for pattern in ELSEWHERE.values():
        assert any(re.fullmatch(pattern, name) for name in names())


async def test_the_inputs_are_those_of_the_recordings(native):
    listed = (await native.get("/internal/files/input")).json()
    assert set(listed) == {f"{path.name} [input]" for path in INPUTS.iterdir()}
