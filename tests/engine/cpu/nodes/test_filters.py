"""Colours changed in place."""

import numpy as np
import pytest
from PIL import Image

from greenroom.domain.run import NodeStepped


def pixel(value: float) -> np.ndarray:
    return np.full((1, 1, 1, 3), value, np.float32)


def test_a_picture_is_inverted(call):
    assert call("ImageInvert", image=pixel(0.25)).max() == 0.75


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("normal", 0.5),
        ("multiply", 0.125),
        ("screen", 0.625),
        ("overlay", 0.25),
        ("soft_light", 0.25),
        ("difference", 0),
    ],
)
def test_pictures_are_blended(call, mode: str, expected: float):
    whole = {"blend_factor": 1.0, "blend_mode": mode}
    blended = call("ImageBlend", image1=pixel(0.25), image2=pixel(0.5), **whole)
    assert blended.max() == pytest.approx(expected)
    half = {"blend_factor": 0.5, "blend_mode": mode}
    blended = call("ImageBlend", image1=pixel(0.25), image2=pixel(0.5), **half)
    raw = -0.25 if mode == "difference" else expected
    assert blended.max() == pytest.approx((0.25 + raw) / 2)


def test_the_second_picture_is_fitted_to_the_first(call, random_images):
    how = {"blend_factor": 0.5, "blend_mode": "normal"}
    first, second = random_images(1, 4, 8, 4), random_images(1, 9, 9, 3)
    blended = call("ImageBlend", image1=first, image2=second, **how)
    assert blended.shape == first.shape


def test_blur_keeps_what_is_even_and_spreads_a_dot_evenly(call):
    even = np.full((2, 9, 9, 3), 0.5, np.float32)
    assert np.allclose(call("ImageBlur", image=even, blur_radius=4, sigma=1.0), 0.5)
    dot = np.zeros((1, 9, 9, 1), np.float32)
    dot[0, 4, 4] = 1
    spread = call("ImageBlur", image=dot, blur_radius=2, sigma=1.0)[0, ..., 0]
    assert spread.sum() == pytest.approx(1, abs=1e-6)
    assert np.allclose(spread, spread.T)
    assert np.count_nonzero(spread) == 25


def test_sharpening_keeps_what_is_even(call):
    even = np.full((1, 9, 9, 3), 0.5, np.float32)
    how = {"sharpen_radius": 3, "sigma": 1.0, "alpha": 2.0}
    assert np.allclose(call("ImageSharpen", image=even, **how), 0.5, atol=1e-5)


def test_a_radius_beyond_the_picture_is_refused(call):
    with pytest.raises(RuntimeError, match="radius"):
        call("ImageBlur", image=np.zeros((1, 8, 8, 3), np.float32), blur_radius=8, sigma=1.0)


def test_long_work_tells_of_its_steps(call):
    call._context._next_step = 0
    call("ImageBlur", image=np.zeros((1, 64, 64, 3), np.float32), blur_radius=31, sigma=1.0)
    assert isinstance(call.events[0], NodeStepped)
    assert call.events[0].max == 126


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "bayer-2", "bayer-8"])
def test_a_picture_is_reduced_to_few_colours(call, random_images, dither: str):
    reduced = call("ImageQuantize", image=random_images(2, 32, 32, 3), colors=4, dither=dither)
    for each in reduced:
        pixels = Image.fromarray((each * 255).round().astype(np.uint8))
        assert len(pixels.getcolors()) <= 4


def test_colours_survive_the_way_to_luma_and_back(call, random_images):
    image = random_images(1, 16, 16, 3)
    luma, blue, red = call("ImageRGBToYUV", image=image)
    assert luma.shape == image.shape
    assert np.allclose(call("ImageYUVToRGB", Y=luma, U=blue, V=red), image, atol=2 / 255)
    grey, _, _ = call("ImageRGBToYUV", image=pixel(0.5))
    assert grey.max() == pytest.approx(0.5)
