"""Resampling: values that can be worked out by hand, and sizes."""

import numpy as np
import pytest


def row(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def scaled(call, image: np.ndarray, method: str, width: int) -> list[float]:
    size = {"width": width, "height": 1, "crop": "disabled"}
    return call("ImageScale", image=image, upscale_method=method, **size).ravel().tolist()


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    [
        ("nearest-exact", (0, 1, 2), [0, 0, 1, 1, 2, 2]),
        ("nearest-exact", (0, 1, 2, 3, 4), [0, 2, 4]),
        ("bilinear", (0, 1), [0, 0.25, 0.75, 1]),
        ("bilinear", (0, 1, 2, 3), [0.5, 2.5]),
        ("bicubic", (0, 1, 1, 1), [0.5, 1]),
        ("area", (0, 1, 2, 3), [0.5, 2.5]),
        ("area", (0, 3, 6), [1.5, 4.5]),
        ("lanczos", (0.2, 0.2, 0.2), [0.2, 0.2]),
    ],
)
def test_a_row_is_resampled(call, method: str, given: tuple, expected: list):
    result = scaled(call, row(*given), method, len(expected))
    assert result == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "bicubic", "area"])
def test_the_same_size_changes_nothing(call, random_images, method: str):
    image = random_images(2, 5, 7, 3)
    size = {"width": 7, "height": 5, "crop": "disabled"}
    assert np.array_equal(call("ImageScale", image=image, upscale_method=method, **size), image)


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "bicubic", "area"])
def test_large_pictures_are_resampled_in_bands_without_seams(call, method: str):
    ramp = np.linspace(0, 1, 300, dtype=np.float32)[None, :, None, None]
    image = np.broadcast_to(ramp, (1, 300, 300, 1))
    turned = image.swapaxes(1, 2)
    size = {"width": 200, "height": 450, "crop": "disabled"}
    tall = call("ImageScale", image=image, upscale_method=method, **size)
    size = {"width": 450, "height": 200, "crop": "disabled"}
    wide = call("ImageScale", image=turned, upscale_method=method, **size)
    assert np.allclose(tall, wide.swapaxes(1, 2), atol=1e-6)
    assert np.all(np.diff(tall[0, :, 0, 0]) >= 0)


def test_the_middle_is_cropped_to_the_new_proportions(call):
    image = np.arange(6, dtype=np.float32).reshape(1, 1, 6, 1)
    size = {"width": 2, "height": 1, "crop": "center"}
    result = call("ImageScale", image=image, upscale_method="nearest-exact", **size)
    assert result.ravel().tolist() == [2, 3]


@pytest.mark.parametrize(
    ("asked", "expected"), [((0, 0), (20, 10)), ((40, 0), (40, 20)), ((0, 5), (10, 5))]
)
def test_a_side_of_zero_follows_the_other(call, asked: tuple, expected: tuple):
    image = np.zeros((1, 10, 20, 3), np.float32)
    size = {"width": asked[0], "height": asked[1], "crop": "disabled"}
    result = call("ImageScale", image=image, upscale_method="area", **size)
    assert result.shape == (1, expected[1], expected[0], 3)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"resize_type": "scale by multiplier", "multiplier": 1.5}, (30, 15)),
        ({"resize_type": "scale dimensions", "width": 7, "height": 9, "crop": "center"}, (7, 9)),
        ({"resize_type": "scale longer dimension", "longer_size": 10}, (10, 5)),
        ({"resize_type": "scale shorter dimension", "shorter_size": 20}, (40, 20)),
        ({"resize_type": "scale width", "width": 10}, (10, 5)),
        ({"resize_type": "scale height", "height": 20}, (40, 20)),
        ({"resize_type": "scale total pixels", "megapixels": 0.01}, (145, 72)),
        ({"resize_type": "scale to multiple", "multiple": 8}, (16, 8)),
        (
            {"resize_type": "match size", "match": np.zeros((1, 3, 4)), "crop": "disabled"},
            (4, 3),
        ),
    ],
)
@pytest.mark.parametrize("kind", ["picture", "mask"])
def test_pictures_and_masks_are_resized_in_every_way(call, kind: str, how: dict, expected: tuple):
    value = np.zeros((2, 10, 20, 3) if kind == "picture" else (2, 10, 20), np.float32)
    for method in ("area", "lanczos"):
        given = {"input": value, "resize_type": how, "scale_method": method}
        result = call("ResizeImageMaskNode", **given)
        assert result.shape == (2, expected[1], expected[0], *value.shape[3:])


def test_a_picture_is_fitted_into_a_frame(call):
    image = np.full((1, 10, 20, 3), 0.5, np.float32)
    frame = {"target_width": 10, "target_height": 10, "padding_color": "white"}
    result = call("ResizeAndPadImage", image=image, interpolation="area", **frame)
    assert result.shape == (1, 10, 10, 3)
    assert result[0, :, 0, 0].tolist() == [1, 1] + [0.5] * 5 + [1, 1, 1]


def test_the_longer_side_is_limited(call):
    image = np.zeros((1, 10, 20, 3), np.float32)
    result = call("ImageScaleToMaxDimension", image=image, upscale_method="area", largest_size=8)
    assert result.shape == (1, 4, 8, 3)


def test_a_number_of_pixels_is_met_in_steps(call):
    image = np.zeros((1, 100, 200, 3), np.float32)
    how = {"upscale_method": "area", "megapixels": 0.01, "resolution_steps": 16}
    assert call("ImageScaleToTotalPixels", image=image, **how).shape == (1, 80, 144, 3)
