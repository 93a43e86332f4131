"""The recorded calls for user data and settings, in the order in which they were made."""

import pytest
from tests.contract.native.conftest import running
from tests.contract.native.recordings import exchange, needs_recordings

pytestmark = needs_recordings

BEFORE = ["settings", "setting_one", "userdata_missing_dir", "userdata_nodir", "v2_userdata",
          "v2_userdata_path_missing", "user_css_userdata"]  # fmt: skip
SETTINGS = ["settings_post", "settings_post_merge", "settings_after", "setting_get_missing",
            "settings_post_list"]  # fmt: skip
FILES = ["ud_post", "ud_post_nooverwrite", "ud_post_overwrite", "ud_post_slash_unencoded",
         "ud_get", "ud_get_missing", "ud_get_dir", "ud_list_traversal"]  # fmt: skip
LISTS = ["ud_post_doubleenc", "ud_list", "ud_list_full", "ud_list_recurse", "ud_v2_list",
         "ud_v2_list_path", "ud_v2_file"]  # fmt: skip
MOVES = ["ud_move", "ud_move_nooverwrite", "ud_move_full", "ud_delete"]

COMPARED = ("Content-Type", "Content-Disposition", "X-Content-Type-Options", "Cache-Control")


@pytest.fixture
async def native(tmp_path):
    async with running(tmp_path) as started:
        yield started


async def test_user_data_and_settings_answer_like_the_recorded_server(native):
    for name in (*BEFORE, *SETTINGS):
        await replay(native, name)
    await native.post("/settings/Comfy.C", "v")
    await replay(native, "setting_get_one")
    for name in FILES:
        await replay(native, name)
    await native.send("POST", "/userdata/workflows%2Fb.json", b"{}")
    for name in (*LISTS, *MOVES):
        await replay(native, name)


async def replay(native, name):
    recorded = exchange(name)
    answer = await native.send(recorded.method, recorded.path, recorded.body)
    assert answer.status == recorded.wanted_status, name
    if recorded.status == 500:
        assert answer.json()["error"]["message"], name
        return
    for header in COMPARED:
        assert answer.headers.get(header) == recorded.answer_headers.get(header), (name, header)
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        assert comparable(answer.json()) == comparable(recorded.answer), name
    else:
        assert answer.body.decode() == recorded.answer, name


def comparable(value):
    """Lists come in the order of the disk there and by name here; times differ."""
    if isinstance(value, list):
        return sorted((comparable(item) for item in value), key=str)
    if isinstance(value, dict):
        gone = ("modified", "created", *(("size",) if is_settings(value) else ()))
        return {key: item for key, item in value.items() if key not in gone}
    return value


def is_settings(entry):
    """More settings were made when the listing was recorded."""
    return entry.get("name") == "comfy.settings.json"
