"""Several users on one server: the recorded calls, and what is kept apart beyond them."""

import pytest
from tests.contract.native.conftest import running
from tests.contract.native.recordings import INPUTS, MULTI_USER, exchange, names, needs_recordings

from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal

IN_ORDER = (
    "prompt_nouser", "users", "settings_nouser", "settings_system", "settings_unknown",
    "userdata_nouser", "v2_userdata_nouser", "users_post_empty", "users_post", "users_post_dup",
    "users2", "settings_alice", "upload_image", "view_by_hash", "prompt",
)  # fmt: skip

_STORE = "the asset store of ComfyUI is not offered; without it ComfyUI answers 503"
DIFFERENT = {
    **dict.fromkeys(
        (
            "asset_bad_id", "asset_content", "asset_get", "asset_unknown", "assets_from_hash",
            "assets_list", "assets_list_after", "assets_list_nouser", "assets_upload", "seed",
            "seed_status", "tags",
        ),
        _STORE,
    ),
    "features": "it says whether there is an asset store; compared among the other routes",
    "history": "entries of history are compared by the tests of runs",
    "job": "entries of the jobs API are compared by the tests of runs",
}  # fmt: skip

ONLY_WITH_A_STORE = {"asset"}
"""Fields that an answer has beside the others where there is an asset store."""
NEW_EACH_TIME = {"prompt_id"}


@pytest.fixture
async def native(tmp_path):
    async with running(tmp_path, multi_user=True) as started:
        yield started


@needs_recordings
async def test_users_and_their_data_answer_like_the_recorded_server(native):
    assert {*IN_ORDER, *DIFFERENT} == set(names(MULTI_USER))
    recorded_id = exchange("users_post", folder=MULTI_USER).answer
    given = {}
    for name in IN_ORDER:
        recorded = exchange(name, folder=MULTI_USER, form=name == "upload_image")
        answer = await ask(native, recorded, given.get(recorded_id))
        assert answer.status == recorded.wanted_status, name
        if name == "users_post":
            given[recorded_id] = answer.json()
            assert answer.json().startswith("alice_")
        elif recorded.status == 500:
            assert answer.body, name
        elif isinstance(recorded.answer, dict) and "head_hex" in recorded.answer:
            assert answer.body == (INPUTS / "grad.png").read_bytes()
        elif answer.headers["Content-Type"].startswith("application/json"):
            assert told(answer.json()) == told(renamed(recorded.answer, given)), name
        else:
            assert answer.body.decode() == recorded.answer, name


async def ask(native, recorded, user):
    headers = dict(recorded.headers)
    if user is not None and "comfy-user" in headers:
        headers["comfy-user"] = user
    if recorded.path == "/upload/image":
        return await native.upload("grad.png", (INPUTS / "grad.png").read_bytes())
    return await native.send(recorded.method, recorded.path, recorded.body, headers)


def renamed(value, given):
    """User ids are new each time."""
    if isinstance(value, dict):
        return {given.get(key, key): renamed(item, given) for key, item in value.items()}
    return value


def told(value):
    if not isinstance(value, dict):
        return value
    return {
        key: None if key in NEW_EACH_TIME else told(item)
        for key, item in value.items()
        if key not in ONLY_WITH_A_STORE
    }


async def test_each_user_has_own_settings_and_files_which_outlive_a_restart(tmp_path):
    async with running(tmp_path, multi_user=True) as native:
        alice = (await native.post("/users", {"username": "alice"})).json()
        bob = (await native.post("/users", {"username": "Bob from Łódź"})).json()
        await native.post("/settings", {"Comfy.Locale": "de"}, **user(alice))
        await native.send("POST", "/userdata/workflows%2Fa.json", b"{}", user(alice))
        assert (await native.get("/settings", **user(bob))).json() == {}
        assert (await native.get("/userdata/workflows%2Fa.json", **user(bob))).status == 404
        moved = await native.send(
            "POST", "/userdata/workflows%2Fa.json/move/b.json", b"", user(bob)
        )
        assert moved.status == 404
        assert (await native.send("DELETE", "/userdata/a.json", None, {})).status == 400
    async with running(tmp_path, multi_user=True) as native:
        assert (await native.get("/settings/Comfy.Locale", **user(alice))).json() == "de"
        listed = await native.get("/editor/api/userdata?dir=workflows", **user(alice))
        assert listed.json() == ["a.json"]


def user(name):
    return {"comfy-user": name}


async def test_the_users_of_a_tenant_are_its_own(tmp_path):
    async with running(tmp_path, multi_user=True) as native:
        keys = native.server.services.keys
        shown = [
            {"X-API-Key": (await keys.create(Principal(TenantId(name)), name)).secret}
            for name in ("studio", "school")
        ]
        made = await native.post("/users", {"username": "alice"}, **shown[0])
        assert (await native.get("/users", **shown[1])).json()["users"] == {}
        there = await native.get("/settings", **shown[0], **user(made.json()))
        elsewhere = await native.get("/settings", **shown[1], **user(made.json()))
        assert (there.status, elsewhere.status) == (200, 401)


async def test_without_the_option_the_header_says_nothing(tmp_path):
    async with running(tmp_path) as native:
        await native.post("/settings", {"a": 1}, **user("x"))
        assert (await native.get("/settings")).json() == {"a": 1}


async def test_a_name_that_cannot_be_is_refused(native):
    for name in ("__system", "x" * 101, "\0", 7, None):
        answer = await native.post("/users", {"username": name})
        assert answer.status == 400, name
        assert answer.json()["error"]
