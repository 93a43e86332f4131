"""Pictures and masks of one colour."""

import numpy as np

from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Images, Masks


@node("EmptyImage")
def empty_image(width: int, height: int, batch_size: int = 1, color: int = 0) -> tuple[Images]:
    channels = [((color >> shift) & 0xFF) / 0xFF for shift in (16, 8, 0)]
    images = np.empty((batch_size, height, width, 3), np.float32)
    images[:] = np.array(channels, np.float32)
    return (images,)


@node("SolidMask")
def solid_mask(value: float, width: int, height: int) -> tuple[Masks]:
    return (np.full((1, height, width), value, np.float32),)
