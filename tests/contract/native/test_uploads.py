"""Uploads, masks and what /view makes of them, as the recorded server answered."""

import contextlib
import io
import json
import sqlite3

import pytest
from blake3 import blake3
from PIL import Image
from tests.contract.native.conftest import running
from tests.contract.native.recordings import INPUTS, exchange, needs_recordings

pytestmark = needs_recordings


@pytest.fixture
async def native(tmp_path):
    async with running(tmp_path) as started:
        yield started


def picture(color, size=(8, 8)):
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, format="PNG")
    return target.getvalue()


RED, GREEN, BLUE = picture("red"), picture("green"), picture("blue")


async def like(name, answering):
    recorded, answer = exchange_of_form(name), await answering
    assert answer.status == recorded.wanted_status, (name, answer.body)
    if recorded.status == 200:
        assert answer.json() == recorded.answer, name


def exchange_of_form(name):
    """The form itself was not recorded, only the answer to it."""
    return exchange(name, form=True)


async def test_a_taken_name_gets_a_number_unless_the_bytes_are_the_same(native):
    assert (await native.upload("dedupe.png", RED)).json()["name"] == "dedupe.png"
    assert (await native.upload("dedupe.png", GREEN)).json()["name"] == "dedupe (1).png"
    await like("up_diff_again_same_content", native.upload("dedupe.png", GREEN))
    assert (await native.upload("dedupe.png", BLUE)).json()["name"] == "dedupe (2).png"
    white = picture("white")
    await like("up_overwrite_false_diff", native.upload("dedupe.png", white, overwrite="false"))
    await like("up_overwrite_true", native.upload("dedupe.png", BLUE, overwrite="true"))
    await like("up_overwrite_1", native.upload("dedupe.png", white, overwrite="1"))
    seen = await native.get("/view?filename=dedupe.png&type=input")
    assert seen.body == white
    await like("up_dots", native.upload("a.b.c.png", RED))
    await like("up_dots2", native.upload("a.b.c.png", GREEN))
    await like("up_noext_dup1", native.upload("noext", RED))
    await like("up_noext_dup2", native.upload("noext", GREEN))


async def test_uploads_go_where_the_form_says(native):
    await like("up_api_prefix", native.upload("apip.png", RED, path="/api/upload/image"))
    await like("up_subfolder", native.upload("x.png", RED, subfolder="new/sub"))
    await like("up_type_output", native.upload("o.png", RED, type="output"))
    await like("up_type_temp", native.upload("t.png", RED, type="temp"))
    await like("up_hidden", native.upload(".hidden", RED))
    await like("up_filename_abs", native.upload("%2Ftmp%2Fevil.png", RED))
    await like("up_filename_traversal", native.upload("..%2F..%2Fevil.png", RED))
    await like("up_backslash", native.upload("..%5C%5C..%5C%5Cw.png", RED))
    for root, name in (("output", "o.png"), ("temp", "t.png")):
        assert (await native.get(f"/view?filename={name}&type={root}")).body == RED


async def test_uploads_that_name_no_place_are_refused(native):
    await like("up_subfolder_abs", native.upload("x.png", RED, subfolder="/etc"))
    await like("up_subfolder_traversal", native.upload("x.png", RED, subfolder="../../x"))
    await like("up_dotdot_only", native.upload("..", RED))
    await like("up_type_bad", native.upload("x.png", RED, type="nope"))
    await like("up_json_body", native.post("/upload/image", {"image": "x"}))
    await like("up_no_body", native.send("POST", "/upload/image"))
    assert (await native.get("/internal/files/input")).json() == []


async def test_raw_forms_are_read_like_the_recorded_server_reads_them(native):
    await native.upload("x.png", RED, subfolder="new/sub")
    for name in ("upraw_abs", "upraw_traversal", "upraw_long", "upraw_nested_missing_dir",
                 "upraw_nested_existing_dir", "upraw_dotdot_inside", "upraw_overwrite_after",
                 "upraw_quote", "upraw_star_utf8", "upraw_subfolder_trailing",
                 "upraw_utf8_raw"):  # fmt: skip
        recorded = exchange(name)
        headers = recorded.headers
        await like(name, native.send("POST", recorded.path, recorded.body, headers))
    grad = (INPUTS / "grad.png").read_bytes()
    for path in ("filename=z.png&subfolder=new/sub", "filename=up.png", "filename=a%22b.png"):
        assert (await native.get(f"/view?type=input&{path}")).body == grad
    quoted = await native.get("/view?type=input&filename=a%22b.png")
    assert quoted.headers["Content-Disposition"] == 'filename="a\\"b.png"'


async def test_a_backslash_in_a_name_is_refused_because_it_is_a_path_elsewhere(native):
    recorded = exchange("upraw_backslash")
    answer = await native.send("POST", recorded.path, recorded.body, recorded.headers)
    assert (recorded.status, answer.status) == (200, 400)


async def test_a_mask_is_laid_onto_its_original(native):
    await native.upload_inputs()
    ref = json.dumps({"filename": "grad.png", "type": "input", "subfolder": ""})
    mask = (INPUTS / "grad_rgba.png").read_bytes()
    fields = {"path": "/upload/mask", "subfolder": "clipspace", "type": "input"}
    sent = {"original_ref": ref, **fields}
    await like("mask_ok", native.upload("clipspace-mask-1.png", mask, **sent))
    await like("mask_again_same", native.upload("clipspace-mask-1.png", mask, **sent))
    seen = await native.get("/view?filename=clipspace-mask-1.png&type=input&subfolder=clipspace")
    result = Image.open(io.BytesIO(seen.body))
    original, shape = Image.open(INPUTS / "grad.png"), Image.open(INPUTS / "grad_rgba.png")
    assert result.convert("RGB").tobytes() == original.convert("RGB").tobytes()
    assert result.getchannel("A").tobytes() == shape.getchannel("A").tobytes()


async def test_a_mask_without_an_original_is_answered_but_not_stored(native):
    path = "/upload/mask"
    nowhere = json.dumps({"filename": "nope.png", "type": "input"})
    away = json.dumps({"filename": "../../x.png", "type": "input"})
    output = json.dumps({"filename": "grad.png"})
    for name, file, ref in (
        ("mask_missing_original", "m2.png", nowhere),
        ("mask_ref_traversal", "m4.png", away),
        ("mask_ref_default_type_output", "m5.png", output),
    ):
        await like(name, native.upload(file, RED, path=path, original_ref=ref))
        assert (await native.get(f"/view?filename={file}&type=input")).status == 404


async def test_a_mask_that_is_no_picture_or_has_no_reference_is_refused(native):
    await native.upload_inputs()
    ref = json.dumps({"filename": "grad.png", "type": "input"})
    text, path = b"not a picture", "/upload/mask"
    for data, original in ((text, ref), (RED, "{x"), (RED, "[]"), (RED, "{}"), (RED, ref)):
        answer = await native.upload("m.png", data, path=path, original_ref=original)
        assert answer.status == 400


async def test_an_upload_that_breaks_off_is_refused_and_leaves_nothing(native):
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="image"; filename="cut.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG and no end"
    )
    kind = "multipart/form-data; boundary=XX"
    answer = await native.send("POST", "/upload/image", body, {"Content-Type": kind})
    assert answer.status == 400
    assert (await native.get("/internal/files/input")).json() == []


async def test_uploads_over_the_limit_are_refused_while_they_come(tmp_path):
    async with running(tmp_path, upload_limit_mb=1) as native:
        answer = await native.upload("big.bin", b"x" * (1024 * 1024 + 1))
        assert answer.status == 413
        assert (await native.upload("fits.bin", b"x" * 1024 * 1024)).status == 200
        assert (await native.get("/internal/files/input")).json() == ["fits.bin [input]"]


async def test_a_file_is_found_by_the_hash_of_its_bytes(native):
    await native.upload("dir.png", RED, subfolder="sub")
    seen = await native.get(f"/view?filename=blake3:{blake3(RED).hexdigest()}")
    assert (seen.status, seen.body) == (200, RED)
    assert seen.headers["Content-Disposition"] == 'filename="dir.png"'
    for other in (blake3(GREEN).hexdigest(), "00", "", "..", "%00"):
        assert (await native.get(f"/view?filename=blake3:{other}")).status == 404


async def test_the_choices_of_a_loader_follow_the_uploads(native):
    await native.upload_inputs()
    await native.upload("notes.txt", b"x")
    for path in ("/object_info/LoadImage", "/object_info"):
        choices = (await native.get(path)).json()["LoadImage"]["input"]["required"]["image"][0]
        assert choices == sorted(choices)
        assert {"grad.png", "note.svg", "anim.webp"} <= set(choices)
        assert not {"page.html", "notes.txt", "sub/dir/grad.png"} & set(choices)
    await native.upload("late.png", RED)
    seen = (await native.get("/object_info")).json()
    assert "late.png" in seen["LoadImage"]["input"]["required"]["image"][0]


async def test_an_input_folder_that_did_not_change_is_not_read_again(native, tmp_path):
    def choices(answer):
        return answer.json()["LoadImage"]["input"]["required"]["image"][0]

    async def offered():
        pages = [await native.get(path) for path in ("/object_info", "/object_info/LoadImage")]
        assert choices(pages[0]) == choices(pages[1])
        return choices(pages[0])

    await native.upload("a.png", RED)
    await native.upload("b.png", RED)
    assert await offered() == ["a.png", "b.png"]
    with contextlib.closing(sqlite3.connect(tmp_path / "greenroom.db")) as behind_its_back:
        behind_its_back.execute("DELETE FROM assets WHERE name = 'a.png'")
        behind_its_back.commit()
    assert await offered() == ["a.png", "b.png"]
    await native.upload("c.png", RED)
    assert await offered() == ["b.png", "c.png"]


async def test_internal_files_show_a_root_and_nothing_else(native):
    await native.upload("a.png", RED)
    await native.upload("b.png", RED, subfolder="sub")
    await native.upload("c.png", RED, type="output")
    for name in ("internal_files_bad", "internal_files_input", "internal_files_output"):
        recorded = exchange(name)
        answer = await native.get(recorded.path)
        assert answer.status == recorded.status
        assert type(answer.json()) is type(recorded.answer)
    await native.upload("0.png", RED)
    listed = (await native.get("/internal/files/input")).json()
    assert listed == ["0.png [input]", "a.png [input]"]
    assert (await native.get("/internal/files/output")).json() == ["c.png [output]"]


async def test_pictures_are_shown_as_the_recorded_server_shows_them(native):
    await native.upload_inputs()
    base = "/view?filename=grad_rgba.png&type=input"
    for name, kind, mode in (
        ("view_prev_webp", "WEBP", "RGBA"),
        ("view_prev_jpeg", "JPEG", "RGB"),
        ("view_prev_jpeg_channel_a", "WEBP", "RGBA"),
        ("view_prev_webp_rgb", "WEBP", "RGB"),
        ("view_ch_rgb", "PNG", "RGB"),
        ("view_ch_a_noalpha", "PNG", "RGBA"),
    ):
        shown = Image.open(io.BytesIO((await native.get(exchange(name).path)).body))
        assert (shown.format, shown.mode, shown.size) == (kind, mode, (64, 48)), name
    alpha = Image.open(io.BytesIO((await native.get(f"{base}&channel=a")).body))
    stored = Image.open(INPUTS / "grad_rgba.png")
    assert alpha.getchannel("A").tobytes() == stored.getchannel("A").tobytes()


async def test_what_is_no_picture_or_too_large_a_one_is_not_decoded(native):
    await native.upload_inputs()
    await native.upload("bomb.png", bomb())
    for path in ("page.html&preview=webp", "notimage.png&channel=rgb", "corrupt.png&preview="):
        assert (await native.get(f"/view?type=input&filename={path}")).status == 400
    assert (await native.get("/view?type=input&filename=bomb.png&preview=webp")).status == 413


def bomb():
    """A PNG that says it has 40,000 x 40,000 pixels."""
    import struct
    import zlib

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "filename=../../../etc/passwd",
        "filename=/etc/passwd",
        "filename=..%2f..%2fetc%2fpasswd",
        "filename=passwd&subfolder=/etc",
        "filename=passwd&subfolder=..%2f..%2fetc",
        "filename=passwd%00.png",
        "filename=x&subfolder=a%00b",
        "filename=..%5c..%5cetc%5cpasswd",
        "filename=%e2%80%a6/passwd",
        "filename=%ef%bc%8e%ef%bc%8e/passwd",
        "filename=passwd&subfolder=%ef%bc%8e%ef%bc%8e",
        "filename=" + "x" * 5000,
    ],
)
async def test_no_path_leaves_its_root(native, query):
    for root in ("input", "output", "temp"):
        answer = await native.get(f"/view?type={root}&{query}")
        assert answer.status in {400, 403, 404}
        assert answer.body == b""
