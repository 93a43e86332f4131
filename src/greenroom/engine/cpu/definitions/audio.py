"""Nodes that make and save sound."""

from greenroom.engine.cpu.definition import Definition, Output, combo, spec

EMPTY_AUDIO = Definition(
    "EmptyAudio",
    display_name="Empty Audio",
    category="audio",
    module="comfy_extras.nodes_audio",
    required={
        "duration": spec(
            "FLOAT",
            tooltip="Duration of the empty audio clip in seconds",
            default=60.0,
            min=0.0,
            max=18446744073709551615,
            step=0.01,
        ),
        "sample_rate": spec(
            "INT",
            tooltip="Sample rate of the empty audio clip.",
            advanced=True,
            default=44100,
            min=1,
            max=192000,
        ),
        "channels": spec(
            "INT",
            tooltip="Number of audio channels (1 for mono, 2 for stereo).",
            advanced=True,
            default=2,
            min=1,
            max=2,
        ),
    },
    outputs=(Output("AUDIO", "AUDIO"),),
    aliases=("blank audio",),
)

SAVE_AUDIO = Definition(
    "SaveAudio",
    display_name="Save Audio (FLAC) (DEPRECATED)",
    category="audio",
    module="comfy_extras.nodes_audio",
    required={
        "audio": spec("AUDIO"),
        "filename_prefix": spec("STRING", default="audio/ComfyUI", multiline=False),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("AUDIO", "audio"),),
    aliases=("export flac",),
    essentials="Audio",
    output_node=True,
    deprecated=True,
)

SAVE_AUDIO_MP3 = Definition(
    "SaveAudioMP3",
    display_name="Save Audio (MP3) (DEPRECATED)",
    category="audio",
    module="comfy_extras.nodes_audio",
    required={
        "audio": spec("AUDIO"),
        "filename_prefix": spec("STRING", default="audio/ComfyUI", multiline=False),
        "quality": combo("V0", "128k", "320k", default="V0"),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("AUDIO", "audio"),),
    aliases=("export mp3",),
    essentials="Audio",
    output_node=True,
    deprecated=True,
)

SAVE_AUDIO_OPUS = Definition(
    "SaveAudioOpus",
    display_name="Save Audio (Opus) (DEPRECATED)",
    category="audio",
    module="comfy_extras.nodes_audio",
    required={
        "audio": spec("AUDIO"),
        "filename_prefix": spec("STRING", default="audio/ComfyUI", multiline=False),
        "quality": combo("64k", "96k", "128k", "192k", "320k", default="128k"),
    },
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("AUDIO", "audio"),),
    aliases=("export opus",),
    output_node=True,
    deprecated=True,
)

PREVIEW_AUDIO = Definition(
    "PreviewAudio",
    display_name="Preview Audio",
    category="audio",
    module="comfy_extras.nodes_audio",
    required={"audio": spec("AUDIO")},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    outputs=(Output("AUDIO", "audio"),),
    aliases=("play audio",),
    description=("Preview the audio without saving it to the ComfyUI output directory."),
    output_node=True,
)

DEFINITIONS = (
    EMPTY_AUDIO,
    SAVE_AUDIO,
    SAVE_AUDIO_MP3,
    SAVE_AUDIO_OPUS,
    PREVIEW_AUDIO,
)
