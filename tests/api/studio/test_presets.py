"""Presets: a filled-in form under a name, with questions that each run answers."""

import json

import pytest
from tests.api.studio.conftest import PICTURE

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRESETS = "/api/admin/presets"


def _preset(name, workflow_id="film", **params):
    return {"name": name, "description": "d", "workflow": {
        "workflow_id": workflow_id, "workflow_name": "A film", "params": params,
    }}  # fmt: skip


async def test_a_preset_is_kept_listed_exported_and_deleted(studio):
    made = await studio.post(PRESETS, _preset("My cat, again", prompt="a cat"))
    assert (made["id"], made["private"], made["source"]) == ("My-cat-again", False, "user")
    assert await studio.get(f"{PRESETS}/My-cat-again") == made
    assert made in await studio.get(PRESETS)
    export = await studio.raw(f"{PRESETS}/My-cat-again/export")
    assert 'filename="preset_My-cat-again.json"' in export.headers["Content-Disposition"]
    deleted = await studio.native.send("DELETE", f"{PRESETS}/My-cat-again")
    assert deleted.json() == {"ok": True}
    await studio.get(f"{PRESETS}/My-cat-again", 404)
    back = await studio.post(f"{PRESETS}/import", export.json())
    assert back == {**made, "source": "import"}
    again = [("file", "preset.json", export.body)]
    await studio.form(f"{PRESETS}/import", 409, files=again)


async def test_a_preset_is_renamed_unless_the_name_is_taken(studio):
    for name in ("first", "second"):
        await studio.post(PRESETS, _preset(name))

    async def rename(preset_id, name, status):
        data = json.dumps({"name": name}).encode()
        answer = await studio.native.send("PUT", f"{PRESETS}/{preset_id}/rename", data)
        assert answer.status == status, answer.body
        return answer.json()

    await rename("first", "second", 409)
    assert (await rename("first", "Third", 200))["id"] == "Third"
    await studio.get(f"{PRESETS}/first", 404)
    await rename("unheard-of", "x", 404)


@pytest.mark.parametrize(
    "preset",
    [{}, {"name": "x"}, {**_preset("x"), "id": "../x"}, {**_preset("x"), "workflow": {}}],
)
async def test_a_preset_that_cannot_be_is_refused(studio, preset):
    assert (await studio.post(PRESETS, preset, 400))["detail"]


async def test_questions_are_told_and_their_answers_stand_in_the_run(studio):
    await studio.post(PRESETS, _preset("asking", prompt="[[what animal?]] on [[place:sand|snow]]"))
    asked = await studio.get(f"{PRESETS}/asking/placeholders")
    assert asked == [
        {"index": 0, "scene": None, "field": "prompt", "question": "what animal?", "options": [],
         "raw": "[[what animal?]]"},
        {"index": 1, "scene": None, "field": "prompt", "question": "place",
         "options": ["sand", "snow"], "raw": "[[place:sand|snow]]"},
    ]  # fmt: skip
    made = await studio.form(f"{PRESETS}/asking/run", answers='{"0": "a cat"}', seed="7")
    assert made["seeds"] == {"seed": 7}
    record = await studio.ended(made["prompt_id"])
    assert record["params"]["prompt"] == "a cat on sand"
    refused = await studio.form(f"{PRESETS}/asking/run", 400, answers="{}")
    assert "what animal?" in refused["detail"]


async def test_a_preset_runs_with_a_new_picture_or_one_that_is_here(studio):
    await studio.post(PRESETS, _preset("copying", "copy"))
    files = [("input_image", "new.png", PICTURE)]
    made = await studio.form(f"{PRESETS}/copying/run", files=files)
    record = await studio.ended(made["prompt_id"])
    assert record["input_image"].endswith("_new.png")
    made = await studio.form(f"{PRESETS}/copying/run", existing_image=record["input_image"])
    assert (await studio.ended(made["prompt_id"]))["input_image"] == record["input_image"]


async def test_prompts_are_saved_listed_and_deleted(studio):
    one = await studio.post("/api/admin/prompts", {"name": "cats", "positive": "a cät"})
    assert one["positive"] == "a cät"
    assert await studio.get("/api/admin/prompts") == [one]
    path = f"/api/admin/prompts/{one['id']}"
    assert (await studio.native.send("DELETE", path)).json() == {"ok": True}
    assert (await studio.native.send("DELETE", path)).status == 404
    assert (await studio.native.send("DELETE", "/api/admin/prompts/..%2Fx")).status == 404
    assert await studio.get("/api/admin/prompts") == []
    await studio.post("/api/admin/prompts", {}, 400)
