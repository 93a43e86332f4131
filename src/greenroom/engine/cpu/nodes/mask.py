"""Masks made into pictures and back, cut, grown and combined."""

import numpy as np

from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Images, Masks


@node("MaskToImage")
def mask_to_image(mask: Masks) -> tuple[Images]:
    plain = mask.reshape(-1, *mask.shape[-2:])
    return (np.repeat(plain[..., None], 3, axis=-1),)
