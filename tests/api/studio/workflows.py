"""Two workflows that the built-in engine runs: a picture that is changed, and a film."""

PORTRAIT = (
    """\
id: wan-i2v-14b
name: WAN 2.1 I2V 14B
version: 1
date: "2026-03-24 14:30"
category: video
description: Image-to-video with WAN 2.1 14B
inputs:
  - {id: image, type: image, label: Input Image, node_id: 1, field: image}
  - {id: prompt, type: text, label: Prompt, node_id: 5, field: value, default: ""}
  - {id: steps, type: int, node_id: 10, field: blur_radius, default: 3, min: 1, max: 30}
  - {id: seed, type: seed, label: Seed, node_id: 12, field: value, default: -1}
outputs:
  - {type: image, format: png}
required_models: []
required_nodes: [LoadImage]
""",
    {
        "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
        "5": {"class_type": "PrimitiveString", "inputs": {"value": ""}},
        "10": {
            "class_type": "ImageBlur",
            "inputs": {"image": ["1", 0], "blur_radius": 3, "sigma": 1.0},
            "_meta": {"title": "Blur it"},
        },
        "12": {"class_type": "PrimitiveInt", "inputs": {"value": -1}},
        "20": {
            "class_type": "SaveImage",
            "inputs": {"images": ["10", 0], "filename_prefix": "ComfyUI"},
        },
        "21": {"class_type": "PreviewAny", "inputs": {"source": ["12", 0]}},
        "22": {"class_type": "PreviewAny", "inputs": {"source": ["5", 0]}},
    },
)

COPY = (
    """\
id: copy
name: A copy
version: 1
date: "2026-03-24 14:30"
inputs:
  - {id: picture, type: image, node_id: 1, field: image, required: true}
outputs:
  - {type: image}
""",
    {
        "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": "ComfyUI"},
        },
    },
)

FILM = (
    """\
id: film
name: A film
version: 1
date: "2026-03-24 14:30"
category: t2i
inputs:
  - {id: prompt, type: text, node_id: 5, field: value, default: ""}
  - {id: width, type: int, node_id: 1, field: width, default: 32, min: 16, max: 128}
  - {id: seed, type: seed, node_id: 12, field: value, default: -1}
outputs:
  - {type: video}
""",
    {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 32, "height": 32, "batch_size": 3, "color": 255},
        },
        "2": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 8.0}},
        "3": {
            "class_type": "SaveVideo",
            "inputs": {
                "video": ["2", 0], "filename_prefix": "video/ComfyUI", "format": "mp4",
                "codec": "h264",
            },
        },
        "4": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": "ComfyUI"},
        },
        "6": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        "5": {"class_type": "PrimitiveString", "inputs": {"value": ""}},
        "7": {"class_type": "PreviewAny", "inputs": {"source": ["5", 0]}},
        "12": {"class_type": "PrimitiveInt", "inputs": {"value": -1}},
        "13": {"class_type": "PreviewAny", "inputs": {"source": ["12", 0]}},
    },
)  # fmt: skip
