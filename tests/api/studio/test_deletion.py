"""Deleting a job touches nothing outside its own folder, whatever lies where its folder was."""

import shutil

import pytest
import pytest_asyncio
from sqlalchemy import func, update

from greenroom.store.tables import recipes

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def made(studio):
    """The record of a job that saved films and pictures."""
    return await studio.run("film")


@pytest.fixture
def precious(tmp_path, studio, made):
    """A folder of somebody else's with files of the same names as the job's."""
    folder = tmp_path / "precious"
    shutil.copytree(studio.folder(made), folder)
    (folder / "notes.txt").write_text("of a person")
    return folder


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def delete(studio, made):
    body = {"prompt_ids": [made["prompt_id"]]}
    assert await studio.post("/api/admin/history/delete", body) == {"deleted": body["prompt_ids"]}


async def test_a_link_in_place_of_the_folder_is_not_followed(studio, made, precious):
    before = files(precious)
    own = studio.folder(made)
    shutil.rmtree(own)
    own.symlink_to(precious)
    await delete(studio, made)
    assert files(precious) == before


async def test_a_link_in_place_of_a_folder_inside_is_not_followed(studio, made, precious):
    before = files(precious)
    own = studio.folder(made)
    shutil.rmtree(own / "final")
    (own / "final").symlink_to(precious / "final")
    await delete(studio, made)
    assert files(precious) == before
    assert not own.exists()


async def test_links_that_were_put_into_the_folder_go_and_what_they_show_stays(
    studio, made, precious
):
    before = files(precious)
    own = studio.folder(made)
    (own / "there").symlink_to(precious)
    (own / "final" / "notes.txt").symlink_to(precious / "notes.txt")
    await delete(studio, made)
    assert not own.exists()
    assert files(precious) == before


async def test_a_folder_in_place_of_a_file_hinders_nothing(studio, made):
    own = studio.folder(made)
    saved = own / "final" / made["output"]["filename"]
    saved.unlink()
    saved.mkdir()
    (saved / "notes.txt").write_text("of a person")
    await delete(studio, made)
    assert not own.exists()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../output", "final", "/", "20260101_000000_xxxxxx"]
)
async def test_a_name_that_is_no_job_folder_deletes_no_folder(studio, made, name):
    before = files(studio.data_folder / "output")
    changed = {"recipe": func.replace(recipes.c.recipe, made["output_dir"], name)}
    change = update(recipes).where(recipes.c.job_id == made["prompt_id"]).values(changed)
    await studio.services.records._db.write(lambda tx: tx.execute(change))
    record = await studio.get(f"/api/admin/history/{made['prompt_id']}")
    assert record["output_dir"] == name
    await delete(studio, made)
    assert files(studio.data_folder / "output") == before
