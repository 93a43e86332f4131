import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from greenroom.cli.client import Client
from greenroom.cli.outputs import write_outputs
from greenroom.cli.wire import JobEntry
from greenroom.domain.errors import AppError


@pytest.fixture
async def any_file():
    """A server that has every file it is asked for."""

    async def view(request: web.Request) -> web.Response:
        return web.Response(text=request.query["filename"])

    app = web.Application()
    app.router.add_get("/view", view)
    async with TestServer(app) as server, Client(str(server.make_url("/"))) as client:
        yield client


def _job(*items) -> JobEntry:
    return JobEntry("1", "completed", outputs={"9": {"images": list(items), "animated": [False]}})


async def _written(client, job, folder) -> list[str]:
    paths = await write_outputs(client, job, folder)
    return [path.relative_to(folder).as_posix() for path in paths]


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"filename": "a.png", "subfolder": "", "type": "output"}, "a.png"),
        ({"filename": "a.png", "subfolder": "x/y"}, "x/y/a.png"),
        ({"filename": "a.png", "subfolder": "../../x"}, "x/a.png"),
        ({"filename": "../../a.png", "subfolder": "/etc"}, "etc/a.png"),
        ({"filename": "/etc/passwd"}, "etc/passwd"),
        ("figure.glb", "figure.glb"),
    ],
)
async def test_outputs_stay_in_the_folder(any_file, tmp_path, item, path):
    folder = tmp_path / "out"
    assert await _written(any_file, _job(item), folder) == [path]
    assert {entry.name for entry in tmp_path.iterdir()} == {"out"}


async def test_a_name_that_is_taken_gets_a_number(any_file, tmp_path):
    item = {"filename": "a.png"}
    assert await _written(any_file, _job(item, item, item), tmp_path) == [
        "a.png",
        "a (1).png",
        "a (2).png",
    ]


async def test_a_file_without_a_name_is_refused(any_file, tmp_path):
    with pytest.raises(AppError):
        await _written(any_file, _job({"filename": ".."}), tmp_path)


async def test_what_names_no_file_is_left_alone(any_file, tmp_path):
    assert await _written(any_file, _job({"text": "hello"}), tmp_path) == []
