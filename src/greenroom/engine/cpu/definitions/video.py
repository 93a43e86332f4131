"""Nodes that make and save moving pictures."""

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.engine.cpu.definition import Definition, Output, Spec, combo, dynamic, option, spec


def _encoding(codec: str, crf: float, worst: float) -> Spec:
    return dynamic(
        option("auto"),
        option(
            "re-encode",
            {
                "crf": spec(
                    "FLOAT",
                    tooltip="Lower values produce higher quality and larger files.",
                    default=crf,
                    min=0.0,
                    max=worst,
                    step=1.0,
                ),
                "color_space": _COLOR_SPACE,
            },
        ),
        display_name="encoding mode",
        tooltip=(
            f"Automatic preserves compatible {codec} streams. "
            "Re-encode applies custom encoding options."
        ),
    )


def _codec(*options: JsonObject, **words: JsonValue) -> Spec:
    return dynamic(
        option("auto"),
        *options,
        tooltip=(
            "The output video codec. Auto preserves a compatible source stream. "
            "H.264 and AV1 re-encoding support SDR, HDR (HLG), and HDR PQ."
        ),
        **words,
    )


_COLOR_SPACE = combo(
    "auto",
    "sRGB",
    "HDR",
    "HDR PQ",
    display_name="color space",
    tooltip=(
        "Auto uses sRGB for videos created from images and preserves recognized colors on "
        "loaded videos. sRGB writes SDR BT.709/sRGB. HDR writes 10-bit BT.2020/HLG; HDR PQ "
        "writes BT.2020/PQ. Other input pixels must already use the selected color space."
    ),
    default="auto",
)
_H264 = option("h264", optional={"encoding": _encoding("H.264", 23.0, 51.0)})
_AV1 = option("av1", optional={"encoding": _encoding("AV1", 30.0, 63.0)})

CREATE_VIDEO = Definition(
    "CreateVideo",
    display_name="Create Video",
    category="video",
    module="comfy_extras.nodes_video",
    required={
        "images": spec("IMAGE", tooltip="The images to create a video from."),
        "fps": spec("FLOAT", default=30.0, min=1.0, max=120.0, step=1.0),
    },
    optional={
        "audio": spec("AUDIO", tooltip="The audio to add to the video."),
        "bit_depth": spec(
            "INT",
            tooltip=(
                "Bit depth of the created video. 10-bit keeps smoother gradients "
                "with less banding, but some players and downstream nodes may "
                "not support it."
            ),
            default=8,
            min=8,
            max=10,
            step=2,
            display="number",
        ),
    },
    outputs=(Output("VIDEO", "VIDEO"),),
    aliases=("images to video",),
    essentials="Video Tools",
    description="Create a video from images.",
)

SAVE_VIDEO = Definition(
    "SaveVideo",
    display_name="Save Video",
    category="video",
    module="comfy_extras.nodes_video",
    required={
        "video": spec("VIDEO", tooltip="The video to save."),
        "filename_prefix": spec(
            "STRING",
            tooltip=(
                "The prefix for the file to save. This may include formatting "
                "information such as %date:yyyy-MM-dd% or %Empty Latent "
                "Image.width% to include values from nodes."
            ),
            default="video/ComfyUI",
            multiline=False,
        ),
        "format": dynamic(
            option("auto", {"codec": _codec(_H264, _AV1)}),
            option("mp4", {"codec": _codec(_H264, _AV1)}),
            option("mkv", {"codec": _codec(_H264, _AV1)}),
            option("webm", {"codec": _codec(_AV1)}),
            tooltip=(
                "The output container. Auto preserves the source container when possible; "
                "MP4, MKV, and WebM select a specific container."
            ),
        ),
    },
    optional={"codec": _codec(_H264, _AV1, hidden=True)},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("VIDEO", "video", tooltip="The input video, unchanged."),),
    aliases=("export video",),
    essentials="Basics",
    description="Saves the input videos to your ComfyUI output directory.",
    output_node=True,
)

SAVE_WEBM = Definition(
    "SaveWEBM",
    display_name="Save WEBM",
    category="video",
    module="comfy_extras.nodes_video",
    required={
        "images": spec(
            "IMAGE",
            tooltip=(
                "RGBA images are saved with their alpha channel as transparency (vp9 codec only)."
            ),
        ),
        "filename_prefix": spec("STRING", default="ComfyUI", multiline=False),
        "codec": combo("vp9", "av1"),
        "fps": spec("FLOAT", default=24.0, min=0.01, max=1000.0, step=0.01),
        "crf": spec(
            "FLOAT",
            tooltip=(
                "Higher crf means lower quality with a smaller file size, lower "
                "crf means higher quality higher filesize."
            ),
            default=32.0,
            min=0,
            max=63.0,
            step=1,
        ),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("IMAGE", "images"),),
    aliases=("export webm",),
    output_node=True,
    experimental=True,
)

DEFINITIONS = (
    CREATE_VIDEO,
    SAVE_VIDEO,
    SAVE_WEBM,
)
