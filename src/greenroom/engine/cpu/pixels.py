"""The values that nodes pass on, and small steps that many nodes share."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Images: TypeAlias = Floats
"""[batch, height, width, channels], 0..1."""
Masks: TypeAlias = Floats
"""[batch, height, width], 0..1."""
Bytes: TypeAlias = npt.NDArray[np.uint8]
"""[height, width, channels] or [height, width], 0..255."""
Any2D: TypeAlias = npt.NDArray[Any]


def to_bytes(image: Floats) -> Bytes:
    """0..1 to 0..255, cut off towards zero."""
    scaled: Floats = np.clip(image * np.float32(255), 0, 255)
    return scaled.astype(np.uint8)


def to_floats(image: Any2D) -> Floats:
    """0..255 to 0..1."""
    return image.astype(np.float32) / np.float32(255)


def pad_channels(images: Images, channels: int) -> Images:
    """One more channel of ones where `channels` asks for it."""
    if images.shape[-1] >= channels:
        return images
    ones = np.ones((*images.shape[:-1], channels - images.shape[-1]), np.float32)
    return np.concatenate([images, ones], axis=-1)


def match_channels(first: Images, second: Images) -> tuple[Images, Images]:
    """`second` with as many channels as `first`: cut, or filled up with an opaque alpha."""
    return first, pad_channels(second[..., : first.shape[-1]], first.shape[-1])


def repeat_to(values: Floats, batch: int) -> Floats:
    """The first `batch` of `values`, repeated from the start when there are fewer."""
    rounds = -(-batch // len(values))
    repeated = np.concatenate([values] * rounds) if rounds > 1 else values
    return repeated[:batch]
