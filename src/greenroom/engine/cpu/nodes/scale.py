"""Pictures made larger and smaller."""

from greenroom.engine.cpu.node import node
from greenroom.engine.cpu.pixels import Images
from greenroom.engine.cpu.resample import upscale


@node("ImageScale")
def image_scale(
    image: Images, upscale_method: str, width: int, height: int, crop: str
) -> tuple[Images]:
    if width == 0 and height == 0:
        return (image,)
    old_height, old_width = image.shape[1:3]
    width = width or max(1, round(old_width * height / old_height))
    height = height or max(1, round(old_height * width / old_width))
    return (upscale(image, width, height, upscale_method, crop),)


@node("ImageScaleBy")
def image_scale_by(image: Images, upscale_method: str, scale_by: float) -> tuple[Images]:
    height, width = (round(side * scale_by) for side in image.shape[1:3])
    return (upscale(image, width, height, upscale_method, "disabled"),)
