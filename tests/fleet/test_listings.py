"""What workers list besides their nodes: the union of all that are up, asked at every call."""

import pytest
from tests.contract.native.recordings import exchange, needs_recordings

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.worker import WorkerStatus

UP, DOWN = WorkerStatus.UP, WorkerStatus.DOWN
BLUR = {"source": "templates", "name": "Blur", "info": {"node_pack": "comfyui"}}
GLOW = {"source": "custom_node", "name": "Glow", "info": {"node_pack": "custom_nodes.glow"}}


RECORDED = (
    "global_subgraphs",
    "node_replacements",
    "models_checkpoints_one",
    "experiment_models_checkpoints",
    "view_metadata_ok",
)


async def ask(running, path, kind=dict):
    return await running.client.ask("GET", path, kind)


async def test_subgraphs_of_all_workers_are_listed_and_given_with_their_data(served, fake, other):
    fake.listings = {"/global_subgraphs": {"b": BLUR}}
    other.listings = {
        "/global_subgraphs": {"b": BLUR, "g": GLOW},
        "/global_subgraphs/g": {**GLOW, "data": "{}"},
    }
    async with served(fake, other) as running:
        await running.until(UP, UP)
        for prefix in ("", "/api", "/editor/api"):
            path = f"{prefix}/global_subgraphs"
            assert await ask(running, path) == {"b": BLUR, "g": GLOW}
            assert await ask(running, f"{path}/g") == {**GLOW, "data": "{}"}
        assert await ask(running, "/global_subgraphs/nope", object) is None


async def test_a_subgraph_that_two_workers_keep_under_different_ids_is_listed_once(
    served, fake, other
):
    fake.listings = {"/global_subgraphs": {"b1": BLUR}, "/global_subgraphs/b1": BLUR}
    other.listings = {"/global_subgraphs": {"b2": BLUR}, "/global_subgraphs/b2": BLUR}
    async with served(fake, other) as running:
        await running.until(UP, UP)
        assert list((await ask(running, "/global_subgraphs")).values()) == [BLUR]
        for key in ("b1", "b2"):
            assert await ask(running, f"/global_subgraphs/{key}") == BLUR


async def test_replacements_and_translations_of_all_workers_are_joined(served, fake, other):
    fake.listings = {
        "/node_replacements": {"Old": [{"new_node_id": "New"}]},
        "/i18n": {"de": {"nodeDefs": {"A": "a"}}},
    }
    other.listings = {
        "/node_replacements": {"Older": [{"new_node_id": "New"}]},
        "/i18n": {"de": {"nodeDefs": {"B": "b"}}, "fr": {}},
    }
    async with served(fake, other) as running:
        await running.until(UP, UP)
        replaced = await ask(running, "/node_replacements")
        translated = await ask(running, "/i18n")
    assert replaced == {"Old": [{"new_node_id": "New"}], "Older": [{"new_node_id": "New"}]}
    assert translated == {"de": {"nodeDefs": {"A": "a", "B": "b"}}, "fr": {}}


async def test_model_folders_and_files_of_all_workers_are_listed_without_their_paths(
    served, fake, other
):
    gguf = {"name": "gguf", "folders": ["/secret"], "extensions": [".gguf"]}
    one = {"name": "one.safetensors", "pathIndex": 0, "size": 1}
    two = {"name": "two.safetensors", "pathIndex": 3, "size": 2}
    fake.listings = {
        "/models/checkpoints": ["one.safetensors"],
        "/experiment/models/checkpoints": [one],
    }
    other.listings = {
        "/models/gguf": ["llm.gguf"],
        "/experiment/models": [gguf],
        "/models/checkpoints": ["one.safetensors", "two.safetensors"],
        "/experiment/models/checkpoints": [one, two],
    }
    async with served(fake, other) as running:
        await running.until(UP, UP)
        assert "gguf" in await ask(running, "/models", list)
        assert await ask(running, "/models/gguf", list) == ["llm.gguf"]
        found = await ask(running, "/models/checkpoints", list)
        assert sorted(found) == ["one.safetensors", "two.safetensors"]
        rich = await ask(running, "/experiment/models/checkpoints", list)
        assert sorted(rich, key=lambda file: file["size"]) == [one, {**two, "pathIndex": 0}]
        folders = await ask(running, "/experiment/models", list)
        assert {**gguf, "folders": ["models/gguf"]} in folders
        with pytest.raises(AppError) as caught:
            await ask(running, "/models/nowhere", list)
        assert caught.value.code is ErrorCode.NOT_FOUND


async def test_the_header_of_a_model_comes_from_the_worker_that_has_the_file(served, fake, other):
    other.listings = {"/view_metadata/loras?filename=a/b.safetensors": {"trigger": "sepia"}}
    async with served(fake, other) as running:
        await running.until(UP, UP)
        path = "/view_metadata/loras?filename="
        assert await ask(running, f"{path}a/b.safetensors") == {"trigger": "sepia"}
        for absent in ("none.safetensors", "a/b.ckpt", ""):
            with pytest.raises(AppError) as caught:
                await ask(running, path + absent)
            assert caught.value.code is ErrorCode.NOT_FOUND
        assert "GET /view_metadata/loras" in fake.requests


async def test_a_comfyui_without_these_routes_adds_nothing_and_breaks_nothing(served, fake):
    async with served(fake) as running:
        await running.until(UP)
        for path in ("/global_subgraphs", "/node_replacements", "/i18n"):
            assert await ask(running, path) == {}
        assert "checkpoints" in await ask(running, "/models", list)
        assert await ask(running, "/models/checkpoints", list) == []


async def test_an_answer_of_another_shape_is_passed_over(served, fake):
    fake.listings = {
        "/global_subgraphs": ["no object"],
        "/models/checkpoints": {"no": "list"},
        "/experiment/models": [{"no": "name"}, 7],
    }
    async with served(fake) as running:
        await running.until(UP)
        assert await ask(running, "/global_subgraphs") == {}
        assert await ask(running, "/models/checkpoints", list) == []
        assert "checkpoints" in await ask(running, "/models", list)


async def test_a_worker_that_is_down_is_not_asked_and_adds_nothing(served, fake):
    fake.listings = {"/global_subgraphs": {"b": BLUR}}
    async with served(fake) as running:
        await running.until(UP)
        assert await ask(running, "/global_subgraphs") == {"b": BLUR}
        await fake.refuse()
        await running.until(DOWN)
        assert await ask(running, "/global_subgraphs") == {}


async def test_a_worker_too_busy_to_answer_counts_with_what_it_said_last(served, fake):
    fake.listings = {"/global_subgraphs": {"b": BLUR}}
    async with served(fake) as running:
        await running.until(UP)
        assert await ask(running, "/global_subgraphs") == {"b": BLUR}
        fake.crashes["/global_subgraphs"] = 1
        assert await ask(running, "/global_subgraphs") == {"b": BLUR}
        assert fake.crashes["/global_subgraphs"] == 0


async def test_a_key_that_leads_to_another_route_is_not_passed_on(served, fake):
    fake.listings = {"/models/checkpoints": ["one.safetensors"]}
    async with served(fake) as running:
        await running.until(UP)
        for folder in ("%2e%2e%2fqueue", "..%2f..%2fhistory"):
            with pytest.raises(AppError) as caught:
                await ask(running, f"/models/{folder}", list)
            assert caught.value.code is ErrorCode.NOT_FOUND


@needs_recordings
async def test_what_a_recorded_comfyui_lists_is_answered_unchanged(served, fake):
    recorded = [exchange(name) for name in RECORDED]
    fake.listings = {each.path: each.answer for each in recorded}
    async with served(fake) as running:
        await running.until(UP)
        for each in recorded:
            assert await ask(running, each.path, object) == each.answer
