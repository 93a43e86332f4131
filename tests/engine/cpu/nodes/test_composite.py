"""Layers."""

import numpy as np
import pytest

from greenroom.engine.cpu.catalogue import DEFINITIONS

MODES = DEFINITIONS["PorterDuffImageComposite"].required["mode"][1]["options"]


def image(value: float, size: int = 1) -> np.ndarray:
    return np.full((1, size, size, 3), value, np.float32)


def mask(value: float, size: int = 1) -> np.ndarray:
    return np.full((1, size, size), value, np.float32)


def composed(call, mode: str, above: float = 0, below: float = 0) -> tuple[float, float]:
    """White over grey; how transparent each is."""
    result, alpha = call(
        "PorterDuffImageComposite",
        source=image(1),
        source_alpha=mask(above),
        destination=image(0.25),
        destination_alpha=mask(below),
        mode=mode,
    )
    return float(result[0, 0, 0, 0]), float(alpha[0, 0, 0])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("ADD", (1, 0)), ("CLEAR", (0, 1)), ("DARKEN", (0.25, 0)), ("DST", (0.25, 0)),
        ("DST_ATOP", (0.25, 0)), ("DST_IN", (0.25, 0)), ("DST_OUT", (0, 1)),
        ("DST_OVER", (0.25, 0)), ("LIGHTEN", (1, 0)), ("MULTIPLY", (0.25, 0)),
        ("OVERLAY", (0.5, 0)), ("SCREEN", (1, 0)), ("SRC", (1, 0)), ("SRC_ATOP", (1, 0)),
        ("SRC_IN", (1, 0)), ("SRC_OUT", (0, 1)), ("SRC_OVER", (1, 0)), ("XOR", (0, 1)),
    ],
)  # fmt: skip
def test_opaque_layers(call, mode: str, expected: tuple):
    assert composed(call, mode) == expected


@pytest.mark.parametrize("mode", MODES)
def test_nothing_on_nothing_is_nothing(call, mode: str):
    assert composed(call, mode, above=1, below=1) == (0, 1)


@pytest.mark.parametrize("mode", ["DST", "DST_OVER", "SRC_OVER", "XOR", "SRC_ATOP", "ADD"])
def test_an_invisible_layer_changes_nothing(call, mode: str):
    assert composed(call, mode, above=1) == (0.25, 0)


def test_half_a_layer_over_another(call):
    assert composed(call, "SRC_OVER", above=0.5) == pytest.approx((0.625, 0))


def test_layers_of_other_sizes_are_fitted(call):
    result, alpha = call(
        "PorterDuffImageComposite",
        source=image(1, 4),
        source_alpha=mask(0, 3),
        destination=image(0, 8),
        destination_alpha=mask(0, 5),
        mode="SRC_OVER",
    )
    assert result.shape == (1, 8, 8, 3)
    assert alpha.shape == (1, 8, 8)
    assert result.min() == pytest.approx(1)


def test_transparency_is_joined_and_split_again(call, random_images):
    picture, alpha = random_images(2, 4, 4, 3), mask(0.25, 4)
    joined = call("JoinImageWithAlpha", image=picture, alpha=alpha)
    assert joined.shape == (2, 4, 4, 4)
    colours, transparency = call("SplitImageWithAlpha", image=joined)
    assert np.array_equal(colours, picture)
    assert np.allclose(transparency, 0.25)
    assert call("SplitImageWithAlpha", image=picture)[1].max() == 0


class TestPasting:
    def paste(self, call, **more) -> np.ndarray:
        given = {"x": 1, "y": 2, "resize_source": False} | more
        given = {"destination": image(0, 4), "source": image(1, 2)} | given
        return call("ImageCompositeMasked", **given)[..., 0]

    def test_puts_the_source_at_its_place(self, call):
        pasted = self.paste(call)
        assert pasted[0, 2:4, 1:3].min() == 1
        assert pasted.sum() == 4

    def test_cuts_what_hangs_over_the_edge(self, call):
        assert self.paste(call, x=3, y=3).sum() == 1
        assert self.paste(call, x=9, y=9).sum() == 0

    def test_fits_the_source_when_asked(self, call):
        assert self.paste(call, x=0, y=0, resize_source=True).min() == 1

    def test_follows_a_mask_of_any_size(self, call):
        assert self.paste(call, mask=mask(0.5, 7)).sum() == pytest.approx(2)

    def test_leaves_its_input_as_it_was(self, call):
        below = image(0, 4)
        self.paste(call, destination=below)
        assert below.max() == 0
