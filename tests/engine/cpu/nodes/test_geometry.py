"""Cutting, turning, extending and joining pictures."""

import numpy as np
import pytest


def grid(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32)[None, ..., None]


def flat(image: np.ndarray) -> list:
    return image[0, ..., 0].tolist()


def test_flips(call):
    image = grid((1, 2), (3, 4))
    upside = call("ImageFlip", image=image, flip_method="x-axis: vertically")
    assert flat(upside) == [[3, 4], [1, 2]]
    mirrored = call("ImageFlip", image=image, flip_method="y-axis: horizontally")
    assert flat(mirrored) == [[2, 1], [4, 3]]


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        ("none", [[1, 2], [3, 4], [5, 6]]),
        ("90 degrees", [[5, 3, 1], [6, 4, 2]]),
        ("180 degrees", [[6, 5], [4, 3], [2, 1]]),
        ("270 degrees", [[2, 4, 6], [1, 3, 5]]),
    ],
)
def test_turns_are_clockwise(call, rotation: str, expected: list):
    image = grid((1, 2), (3, 4), (5, 6))
    assert flat(call("ImageRotate", image=image, rotation=rotation)) == expected


def test_a_crop_begins_inside_the_picture_and_ends_at_its_edge(call):
    image = grid((1, 2, 3), (4, 5, 6))
    size = {"width": 5, "height": 5}
    assert flat(call("ImageCrop", image=image, x=1, y=1, **size)) == [[5, 6]]
    assert flat(call("ImageCrop", image=image, x=9, y=9, **size)) == [[6]]


def test_a_crop_of_a_region_shows_what_it_cut(call):
    image = np.zeros((1, 10, 10, 3), np.float32)
    region = {"x": 2, "y": 3, "width": 4, "height": 5}
    result = call("ImageCropV2", image=image, crop_region=region)
    assert result.outputs[0].shape == (1, 5, 4, 3)
    assert result.ui["animated"] == [False]
    (path,) = call.files(result)
    assert path.exists()


def test_the_size_is_told_as_numbers_and_as_text(call):
    assert call("GetImageSize", image=np.zeros((3, 4, 5, 3), np.float32)) == (5, 4, 3)
    assert call.events[0].text == "width: 5, height: 4\n batch size: 3"


def test_an_extended_picture_is_grey_outside_and_its_mask_fades_inside(call):
    image = np.ones((1, 8, 8, 3), np.float32)
    sides = {"left": 2, "top": 0, "right": 0, "bottom": 1}
    padded, mask = call("ImagePadForOutpaint", image=image, feathering=2, **sides)
    assert padded.shape == (1, 9, 10, 3)
    assert padded[0, 0, :, 0].tolist() == [0.5, 0.5] + [1] * 8
    assert mask[0, 0].tolist() == [1, 1, 1, 0.25] + [0] * 6
    assert mask[0, :, 5].tolist() == [0] * 7 + [0.25, 1]


def test_too_much_feathering_is_none(call):
    image = np.ones((1, 8, 8, 3), np.float32)
    sides = {"left": 2, "top": 0, "right": 0, "bottom": 0}
    _, mask = call("ImagePadForOutpaint", image=image, feathering=4, **sides)
    assert mask[0, 0].tolist() == [1, 1] + [0] * 8


class TestStitching:
    @property
    def words(self) -> dict:
        return {"match_image_size": False, "spacing_width": 0, "spacing_color": "white"}

    @pytest.mark.parametrize(
        ("direction", "expected"),
        [
            ("right", [[1, 2]]),
            ("left", [[2, 1]]),
            ("down", [[1], [2]]),
            ("up", [[2], [1]]),
        ],
    )
    def test_goes_in_every_direction(self, call, direction: str, expected: list):
        both = {"image1": grid((1,)), "image2": grid((2,))}
        assert flat(call("ImageStitch", direction=direction, **both, **self.words)) == expected

    def test_without_a_second_picture_leaves_the_first(self, call):
        image = grid((1,))
        assert call("ImageStitch", image1=image, direction="up", **self.words) is image

    def test_matches_the_height_of_the_second(self, call):
        both = {"image1": np.zeros((1, 4, 4, 3), np.float32), "image2": np.ones((1, 2, 6, 3))}
        words = self.words | {"match_image_size": True}
        result = call("ImageStitch", direction="right", **both, **words)
        assert result.shape == (1, 4, 16, 3)

    def test_pads_the_smaller_around_its_middle(self, call):
        both = {"image1": grid((1,), (1,), (1,), (1,)), "image2": grid((2,))}
        words = self.words | {"spacing_color": "black"}
        result = call("ImageStitch", direction="right", **both, **words)
        assert flat(result) == [[1, 0], [1, 2], [1, 0], [1, 0]]

    def test_puts_an_even_coloured_space_between(self, call):
        both = {
            "image1": np.zeros((1, 1, 1, 4), np.float32),
            "image2": np.zeros((2, 1, 1, 3), np.float32),
        }
        words = self.words | {"spacing_width": 1, "spacing_color": "green"}
        result = call("ImageStitch", direction="right", **both, **words)
        assert result.shape == (2, 1, 4, 4)
        assert result[0, 0, 1].tolist() == [0, 1, 0, 1]
        assert result[0, 0, 3].tolist() == [0, 0, 0, 1]
