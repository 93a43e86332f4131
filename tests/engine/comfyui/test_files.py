"""Input files on their way to ComfyUI, output files on their way back."""

import asyncio

import pytest

from greenroom.domain.failure import FailureClass
from greenroom.engine.base import EngineError, InputFile

LOAD = {
    "load": {"class_type": "LoadImage", "inputs": {"image": "sub/x.png"}},
    "out": {"class_type": "SaveImage", "inputs": {"images": ["load", 0], "filename_prefix": "o"}},
}


@pytest.fixture
def input_file(tmp_path):
    def make(data, *, name="x.png", subfolder="sub", root="input"):
        path = tmp_path / f"blob-{hash(data)}"
        path.write_bytes(data)
        return InputFile(root, subfolder, name, path)

    return make


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def copy_through(make_run, sink, input_file, scratch):
    """Send bytes through an engine as an input file; they come back as its output file."""

    async def copy(engine, data, *, graph=LOAD, **place):
        run = make_run(graph, inputs=(input_file(data, **place),))
        result = await engine.run(run, sink)
        path = await engine.fetch(run, result.outputs["out"]["images"][0], scratch)
        return path.read_bytes()

    return copy


async def test_an_input_is_uploaded_under_its_own_name(fake, engine, copy_through):
    assert await copy_through(engine, b"one") == b"one"
    assert (fake.folders.root / "input/sub/x.png").read_bytes() == b"one"


async def test_two_jobs_with_different_content_under_one_name_do_not_mix(
    fake, engine, copy_through
):
    sent = [b"one", b"two", b"three", b"one"]

    assert [await copy_through(engine, data) for data in sent] == sent
    assert len(list((fake.folders.root / "input/sub").iterdir())) == 3


async def test_an_input_gives_way_to_foreign_content_of_the_same_name(fake, engine, copy_through):
    fake.folders.write("input/sub/x.png", b"someone's own")

    assert [await copy_through(engine, data) for data in (b"one", b"two")] == [b"one", b"two"]
    assert (fake.folders.root / "input/sub/x.png").read_bytes() == b"someone's own"


async def test_an_annotated_name_is_rewritten_as_well(fake, engine, copy_through):
    fake.folders.write("output/x.png", b"foreign")
    graph = {**LOAD, "load": {"class_type": "LoadImage", "inputs": {"image": "x.png [output]"}}}

    assert await copy_through(engine, b"mine", graph=graph, subfolder="", root="output") == b"mine"


async def test_a_slow_upload_delays_only_its_own_run(fake, engine, make_run, sink, copy_through):
    fake.upload_gate = asyncio.Event()
    slow = asyncio.create_task(copy_through(engine, b"slow"))
    await fake.until(lambda: fake.uploading)

    quick = {"out": {"class_type": "PreviewAny", "inputs": {"source": "quick"}}}
    assert (await engine.run(make_run(quick), sink)).outputs

    fake.upload_gate.set()
    assert await slow == b"slow"


async def test_inputs_and_outputs_go_through_shared_folders(fake, make_engine, copy_through):
    folders = {kind: fake.folders.root / kind for kind in ("input", "output", "temp")}
    engine = await make_engine(fake, folders=folders)

    assert [await copy_through(engine, data) for data in (b"one", b"two")] == [b"one", b"two"]
    assert not any("/upload" in request or "/view" in request for request in fake.requests)


async def test_a_shared_folder_is_not_left_through_an_output_name(
    fake, make_engine, make_run, scratch
):
    engine = await make_engine(fake, folders={"output": fake.folders.root / "output"})
    fake.folders.write("secret.txt", b"secret")
    item = {"filename": "secret.txt", "subfolder": "..", "type": "output"}

    with pytest.raises(EngineError):
        await engine.fetch(make_run(LOAD), item, scratch)


async def test_a_download_goes_on_where_it_broke(fake, engine, make_run, scratch):
    data = bytes(range(256)) * 4096
    fake.folders.write("output/v/film.mp4", data)
    fake.view_cuts = [100_000, 0, 500_000]
    item = {"filename": "film.mp4", "subfolder": "v", "type": "output"}

    path = await engine.fetch(make_run(LOAD), item, scratch)

    assert path.read_bytes() == data
    assert path.suffix == ".mp4"
    assert fake.requests.count("GET /view") == 4


async def test_a_download_overcomes_internal_errors(fake, engine, make_run, scratch):
    fake.folders.write("temp/a.png", b"picture")
    fake.crashes["/view"] = 2
    item = {"filename": "a.png", "subfolder": "", "type": "temp"}

    assert (await engine.fetch(make_run(LOAD), item, scratch)).read_bytes() == b"picture"


async def test_a_file_that_never_comes_whole_is_no_output(fake, engine, make_run, scratch):
    fake.folders.write("output/a.png", b"0123456789")
    fake.view_cuts = [1] * 5 + [0]

    with pytest.raises(EngineError) as caught:
        await engine.fetch(make_run(LOAD), {"filename": "a.png", "type": "output"}, scratch)

    assert caught.value.failure.kind is FailureClass.UPLOAD_FAILED
    assert "5 of 10 bytes" in caught.value.failure.message


@pytest.mark.parametrize("item", [{"filename": "gone.png", "type": "output"}, {"type": "output"}])
async def test_a_missing_file_is_no_output(engine, make_run, scratch, item):
    with pytest.raises(EngineError) as caught:
        await engine.fetch(make_run(LOAD), item, scratch)

    assert caught.value.failure.kind is FailureClass.UPLOAD_FAILED


async def test_an_empty_file_is_an_output(fake, engine, make_run, scratch):
    fake.folders.write("output/empty.txt", b"")

    path = await engine.fetch(make_run(LOAD), {"filename": "empty.txt", "type": "output"}, scratch)

    assert path.read_bytes() == b""
