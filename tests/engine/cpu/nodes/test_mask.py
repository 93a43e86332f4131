"""Masks."""

import numpy as np
import pytest


def mask(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array([rows], np.float32)


def test_a_channel_becomes_a_mask_and_a_mask_a_grey_picture(call):
    image = np.array([[[[0.1, 0.2, 0.3]]]], np.float32)
    green = call("ImageToMask", image=image, channel="green")
    assert green.tolist() == pytest.approx(np.array([[[0.2]]]))
    assert call("MaskToImage", mask=green).shape == (1, 1, 1, 3)


def test_a_colour_becomes_a_mask(call):
    image = np.array([[[[1, 0.5, 0], [1, 0.5, 0.01]]]], np.float32)
    assert call("ImageColorToMask", image=image, color=0xFF8000).tolist() == [[[1, 0]]]


def test_thresholds_are_not_part_of_the_mask(call):
    assert call("ThresholdMask", mask=mask((0.4, 0.5, 0.6)), value=0.5).tolist() == [[[0, 0, 1]]]


def test_masks_are_inverted_and_cropped(call):
    assert call("InvertMask", mask=mask((0, 1))).tolist() == [[[1, 0]]]
    part = call("CropMask", mask=mask((1, 2, 3)), x=1, y=0, width=9, height=9)
    assert part.tolist() == [[[2, 3]]]


def test_edges_are_feathered_from_each_side(call):
    ones = np.ones((1, 2, 4), np.float32)
    left = call("FeatherMask", mask=ones, left=4, top=0, right=0, bottom=0)
    assert left[0, 0].tolist() == [0.25, 0.5, 0.75, 1]
    both = call("FeatherMask", mask=ones, left=2, top=2, right=0, bottom=0)
    assert both[0].tolist() == [[0.25, 0.5, 0.5, 0.5], [0.5, 1, 1, 1]]
    right = call("FeatherMask", mask=ones, left=0, top=0, right=9, bottom=0)
    assert right[0, 0].tolist() == [1, 0.75, 0.5, 0.25]


DOT = mask((0, 0, 0), (0, 1, 0), (0, 0, 0))


def test_a_mask_grows_round_or_square(call):
    cross = call("GrowMask", mask=DOT, expand=1, tapered_corners=True)
    assert cross[0].tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    square = call("GrowMask", mask=DOT, expand=1, tapered_corners=False)
    assert square.min() == 1
    assert call("GrowMask", mask=DOT, expand=16384, tapered_corners=True).min() == 1


def test_a_mask_shrinks_but_not_at_the_edges_of_the_picture(call):
    ones = np.ones((1, 3, 3), np.float32)
    assert call("GrowMask", mask=ones, expand=-5, tapered_corners=True).min() == 1
    assert call("GrowMask", mask=1 - DOT, expand=-1, tapered_corners=False).max() == 0


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("multiply", [[0.25, 0.0625, 1]]),
        ("add", [[1, 0.5, 1]]),
        ("subtract", [[0.75, 0, 0]]),
        ("and", [[0, 0, 1]]),
        ("or", [[1, 0, 1]]),
        ("xor", [[1, 0, 0]]),
    ],
)
def test_masks_are_combined(call, operation: str, expected: list):
    lower, upper = mask((1, 0.25, 1)), mask((0.25, 0.25, 1))
    result = call("MaskComposite", destination=lower, source=upper, x=0, y=0, operation=operation)
    assert result[0].tolist() == expected


def test_only_what_lies_inside_is_combined(call):
    where = {"x": 1, "y": 0, "operation": "multiply"}
    result = call("MaskComposite", destination=mask((1, 1)), source=mask((0, 0)), **where)
    assert result.tolist() == [[[1, 0]]]
    where = {"x": 9, "y": 9, "operation": "multiply"}
    result = call("MaskComposite", destination=mask((1, 1)), source=mask((0, 0)), **where)
    assert result.tolist() == [[[1, 1]]]


def test_a_shown_mask_is_a_temporary_picture(call):
    result = call("MaskPreview", mask=DOT)
    assert result.ui["images"][0]["type"] == "temp"
    assert result.ui["animated"] == [False]
    assert result.outputs[0] is DOT
