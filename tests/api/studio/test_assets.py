"""Inputs and outputs: lists, uploads, ZIP, deletion; and how the machine is."""

import io
import zipfile

import pytest
from tests.api.studio.conftest import PICTURE

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/admin/assets"


async def test_many_files_are_uploaded_at_once_and_listed_newest_first(studio):
    files = [("files", "one.png", PICTURE), ("files", "two.png", PICTURE), ("files", "no.png", b"")]
    answer = await studio.form(f"{ASSETS}/upload-inputs", files=files)
    assert [name.split("_", 3)[3] for name in answer["uploaded"]] == ["one.png", "two.png"]
    assert answer["errors"] == ["no.png: the file is empty"]
    listed = await studio.get(f"{ASSETS}/inputs")
    names = [one["filename"] for one in listed["files"]]
    assert set(answer["uploaded"]) <= set(names)
    assert listed["files"][0]["size"] == len(PICTURE)
    assert listed["files"][0]["type"] == "image"
    assert listed["total_size"] == sum(one["size"] for one in listed["files"])


async def test_outputs_are_listed_by_the_folders_of_their_jobs(studio):
    film = await studio.run("film")
    picture = await studio.run("copy", {"picture": await studio.picture()})
    listed = await studio.get(f"{ASSETS}/outputs")
    assert listed["files"] == []
    jobs = {one["folder"]: one for one in listed["studio_jobs"]}
    shown = jobs[film["output_dir"]]
    assert (shown["type"], shown["video_count"], shown["image_count"]) == ("studio_job", 1, 0)
    assert (shown["preview_count"], shown["incomplete"]) == (3, False)
    assert shown["video"]["subfolder"] == f"{film['output_dir']}/final"
    gallery = jobs[picture["output_dir"]]
    assert (gallery["type"], gallery["image_count"]) == ("studio_gallery", 1)
    assert gallery["thumbnail"] == gallery["images"][0]
    assert listed["studio_jobs"][0]["folder"] == picture["output_dir"]


async def test_another_kind_of_asset_is_refused(studio):
    answer = await studio.get(f"{ASSETS}/elsewhere", 400)
    assert answer == {"detail": "Invalid asset type. Use 'inputs' or 'outputs'."}


async def test_all_outputs_come_as_one_archive(studio):
    record = await studio.run("film")
    answer = await studio.raw("/api/admin/outputs-zip")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        output = record["output"]
        assert f"{output['subfolder']}/{output['filename']}" in archive.namelist()


async def test_files_and_whole_folders_are_deleted_and_nothing_else(studio):
    kept, gone, single = [await studio.run("film") for _ in range(3)]
    one = f"{single['output']['subfolder']}/{single['output']['filename']}"
    wanted = [gone["output_dir"], one, "not/there.png", "../server.lock", "/etc/passwd", "final"]
    answer = await studio.post(f"{ASSETS}/delete", {"type": "outputs", "files": wanted})
    assert answer["deleted"] == [gone["output_dir"], one]
    assert answer["errors"] == [
        "not/there.png: not found", "../server.lock: invalid path", "/etc/passwd: invalid path",
        "final: not found",
    ]  # fmt: skip
    assert not studio.folder(gone).exists()
    assert len(list(studio.folder(kept).rglob("*.mp4"))) == 1
    assert list(studio.folder(single).rglob("*.mp4")) == []
    name = await studio.picture()
    inputs = await studio.post(f"{ASSETS}/delete", {"type": "inputs", "files": [name]})
    assert inputs == {"deleted": [name], "errors": []}
    await studio.get(f"/api/comfyui/view?filename={name}", 404)


async def test_files_that_somebody_put_into_the_input_folder_are_taken_in(studio):
    folder = studio.data_folder / "input" / "mine"
    folder.mkdir(parents=True)
    (folder / "own.png").write_bytes(PICTURE)
    (folder / ".hidden.png").write_bytes(PICTURE)
    (folder / "back\\slash.png").write_bytes(PICTURE)
    (folder / "link.png").symlink_to(studio.data_folder / "server.lock")
    before = await studio.get(f"{ASSETS}/input-stats")
    assert before["files_on_disk"] == before["records_in_db"] + 2
    synced = await studio.post(f"{ASSETS}/sync-inputs", {})
    assert synced["registered"] == ["mine/own.png"]
    (refused,) = synced["errors"]
    assert refused.startswith("mine/back")
    assert (await studio.post(f"{ASSETS}/sync-inputs", {}))["registered"] == []
    after = await studio.get(f"{ASSETS}/input-stats")
    assert after["records_in_db"] == before["records_in_db"] + 1
    record = await studio.run("copy", {"picture": "mine/own.png"})
    assert record["status"] == "completed"


async def test_deleting_from_nowhere_is_refused(studio):
    answer = await studio.post(f"{ASSETS}/delete", {"type": "models", "files": []}, 400)
    assert answer == {"detail": "Invalid type"}


async def test_the_server_says_that_it_lives_and_how_the_machine_is(studio):
    assert await studio.get("/api/health") == {"status": "ok"}
    told = await studio.get("/api/admin/telemetry")
    assert told["gpu"] is None
    assert 0 < told["ram_used"] < told["ram_total"]
    assert 0 <= told["disk_percent"] <= 100
