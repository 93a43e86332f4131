"""Small workflows for the library's tests, and the ways to make them ready to be kept."""

import json
from pathlib import Path

from greenroom.service.workflow_source import Source, read_source

EXAMPLE = Path(__file__).parents[2] / "examples" / "workflows" / "scene-animation"
UI = {
    "nodes": [
        {"id": 1, "type": "Sampler", "inputs": [], "widgets_values": [42, "fixed", 20], "mode": 0,
         "outputs": [{"name": "LATENT", "type": "LATENT", "links": [5]}]},
        {"id": 2, "type": "Show", "inputs": [{"name": "value", "type": "*", "link": 5}],
         "outputs": [], "widgets_values": [], "mode": 0},
    ],
    "links": [[5, 1, 0, 2, 0, "LATENT"]],
    "version": 0.4,
}  # fmt: skip
SAMPLE = {
    "1": {"class_type": "Sampler", "inputs": {"seed": 42, "steps": 20}},
    "2": {"class_type": "Show", "inputs": {"value": ["1", 0]}},
}
MANIFEST = """\
id: sample
name: Sample
version: 4
date: 2026-03-24 14:30
tags: [fast]
inputs:
  - {id: seed, type: seed, node_id: 1, field: seed}
  - {id: steps, type: int, min: 1, max: 50, default: 12, node_id: 1, field: steps}
outputs:
  - {type: image, node_id: 2}
required_models: [sd15.safetensors, absent.safetensors]
"""


def draft(content, name="Sample.json", **given):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_source(Source(name, {name: data}), **given)


def folder(**files):
    texts = {"manifest.yaml": MANIFEST, "workflow.json": json.dumps(SAMPLE), **files}
    return read_source(Source("sample", {name: text.encode() for name, text in texts.items()}))
