"""Loading pictures of every kind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from greenroom.engine.cpu.context import Context
from greenroom.engine.cpu.node import CODE
from greenroom.engine.cpu.sources import Sources

_CONVERTED = 1.01 / 255
"""How far pictures without colour may be off, whose values the video library converts itself."""
PIXELS = np.random.default_rng(1).integers(0, 256, (6, 10, 4), np.uint8)


@pytest.fixture
def load(call, tmp_path: Path):
    """Loads what it is given as a Pillow picture or as a file."""

    def run(given: Image.Image | Path, name: str = "x.png", **options) -> tuple:
        path = given
        if isinstance(given, Image.Image):
            path = tmp_path / name
            given.save(path, **options)
        return loaded(call, {name: path}, name)

    return run


def loaded(call, files: dict[str, Path], name: str, class_type: str = "LoadImage", **more):
    split = ((*key.rpartition("/")[::2], path) for key, path in files.items())
    sources = Sources(("input", folder, base, str(path)) for folder, base, path in split)
    context = Context(replace(call._context.run, sources=sources), "1")
    return CODE[class_type].call(context, image=name, **more)


def rgb(pixels: np.ndarray = PIXELS) -> Image.Image:
    return Image.fromarray(pixels[..., :3])


@pytest.mark.parametrize("name", ["x.png", "x.bmp", "x.tiff", "x.webp", "x.ppm", "x.tga", "x.ico"])
def test_what_is_kept_without_loss_is_loaded_without_loss(load, name: str):
    options = {"lossless": True} if name == "x.webp" else {}
    options |= {"sizes": [(10, 6)]} if name == "x.ico" else {}
    images, masks = load(rgb(), name, **options)
    assert images.shape == (1, 6, 10, 3)
    assert np.abs(images[0] * 255 - PIXELS[..., :3]).max() < 2
    assert masks.max() < _CONVERTED


def test_alpha_becomes_the_mask_the_other_way_round(load):
    images, masks = load(Image.fromarray(PIXELS))
    assert np.allclose(images[0] * 255, PIXELS[..., :3], atol=1e-3)
    assert np.allclose(masks[0] * 255, 255 - PIXELS[..., 3].astype(float), atol=1e-3)


def test_grey_pictures_of_eight_and_sixteen_bits(load):
    images, _ = load(Image.fromarray(PIXELS[..., 0]))
    assert np.allclose(images[0], PIXELS[..., :1] / 255, atol=_CONVERTED)
    deep = PIXELS[..., 0].astype(np.uint16) * 200
    images, _ = load(Image.fromarray(deep))
    assert np.allclose(images[0], deep[..., None] / 65535, atol=_CONVERTED)


def test_a_palette_with_transparency(load):
    picture = Image.fromarray(PIXELS[..., 0] // 64, "P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    images, masks = load(picture, transparency=1)
    assert np.array_equal(images[0][..., 0] > 0, np.array(picture) == 1)
    assert np.array_equal(masks[0] == 1, np.array(picture) == 1)


def test_the_camera_was_turned(load):
    picture = rgb(np.kron(PIXELS, np.ones((8, 8, 1), np.uint8)))
    exif = Image.Exif()
    exif[0x0112] = 6
    images, _ = load(picture, "x.jpg", exif=exif, quality=95)
    assert images.shape == (1, 80, 48, 3)
    upright = np.rot90(np.array(picture), -1) / 255
    assert np.abs(images[0] - upright).mean() < 0.1


@pytest.mark.parametrize("name", ["x.gif", "x.webp", "x.png"])
def test_every_frame_of_a_moving_picture_is_loaded(load, name: str):
    frames = [Image.new("RGB", (32, 16), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if name == "x.webp" else {}
    images, masks = load(
        frames[0], name, save_all=True, append_images=frames[1:], duration=100, **options
    )
    assert len(images) == len(masks)
    if name != "x.png":
        assert images[:, 8, 16].round().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_what_is_missing_of_a_picture_is_black(load, tmp_path: Path):
    whole = tmp_path / "whole.png"
    Image.fromarray(np.random.default_rng(2).integers(1, 256, (64, 64, 3), np.uint8)).save(whole)
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:6000])
    images, _ = load(cut)
    assert images.shape == (1, 64, 64, 3)
    assert images[0, 0].min() > 0
    assert images[0, -1].max() == 0


def test_the_frames_of_a_moving_picture_count_together_as_pixels(load):
    frames = [Image.new("RGB", (100, 60), colour) for colour in ("red", "lime")]
    with pytest.raises(ValueError, match="12000 pixels; at most 10000"):
        load(frames[0], "x.webp", save_all=True, append_images=frames[1:])


@pytest.mark.parametrize("name", ["sub/dir/x.png", "sub/dir/x.png [input]"])
def test_files_lie_in_sub_folders(call, tmp_path: Path, name: str):
    rgb().save(tmp_path / "blob", "PNG")
    images, _ = loaded(call, {"sub/dir/x.png": tmp_path / "blob"}, name)
    assert images.shape == (1, 6, 10, 3)


def test_only_the_files_of_the_named_root_are_found(call, tmp_path: Path):
    rgb().save(tmp_path / "x.png")
    with pytest.raises(FileNotFoundError):
        loaded(call, {"x.png": tmp_path / "x.png"}, "x.png [output]")


@pytest.mark.parametrize(("channel", "index"), [("red", 0), ("green", 1), ("blue", 2)])
def test_a_channel_is_loaded_as_a_mask(call, tmp_path: Path, channel: str, index: int):
    rgb().save(tmp_path / "x.png")
    files = {"x.png": tmp_path / "x.png"}
    (mask,) = loaded(call, files, "x.png", "LoadImageMask", channel=channel)
    assert np.allclose(mask[0] * 255, PIXELS[..., index], atol=1e-3)
    (mask,) = loaded(call, files, "x.png", "LoadImageMask", channel="alpha")
    assert mask.shape == (1, 64, 64)


@pytest.mark.parametrize(
    "size", [(1, 1), (16, 16), (17, 3), (31, 33), (33, 31), (64, 5), (100, 90)]
)
def test_pictures_of_any_size_are_converted_to_their_edges(load, size: tuple[int, int]):
    levels = np.random.default_rng(3).integers(0, 256, size[::-1], np.uint8)
    images, _ = load(Image.fromarray(levels))
    assert np.allclose(images[0], levels[..., None] / 255, atol=_CONVERTED)
