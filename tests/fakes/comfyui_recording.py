"""A recorded session of a real ComfyUI, which the fake can play back."""

import json
import struct
from pathlib import Path


class Recording:
    """One folder: ws.jsonl, request.json, history.json and, maybe, outputs."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.name = folder.name
        self.request = json.loads((folder / "request.json").read_text())
        history = json.loads((folder / "history.json").read_text())
        ((self.prompt_id, self.entry),) = history.items()
        lines = (folder / "ws.jsonl").read_text().splitlines()
        self.records = [json.loads(line) for line in lines]

    def frames(self, prompt_id):
        """The frames that the server sent, for another prompt id."""
        for record in self.records:
            if record.get("dir") == "server" and "kind" in record:
                yield frame_of(json.loads(json.dumps(record).replace(self.prompt_id, prompt_id)))

    async def play(self, fake, item):
        fake.install(self)
        for frame in self.frames(item.prompt_id):
            if isinstance(frame, str) and json.loads(frame)["type"] in ("status", "feature_flags"):
                continue
            if isinstance(frame, str) and '"node": null' in frame:
                continue
            await fake.sockets._send(frame, item.extra_data.get("client_id"))
        return json.loads(json.dumps(self.entry).replace(self.prompt_id, item.prompt_id))


def frame_of(record):
    """A record of ws.jsonl -> the frame; recorded pictures are cut short, their heads are real."""
    if record["kind"] == "text":
        return json.dumps(record["msg"])
    if record["event"] == 3:
        node_id = record["node_id"].encode()
        return struct.pack(">II", 3, len(node_id)) + node_id + record["text"].encode()
    if record["event"] == 4:
        told = json.dumps(record["metadata"]).encode()
        picture = bytes.fromhex(record["image_head_hex"])
        return struct.pack(">II", 4, len(told)) + told + picture
    return bytes.fromhex(record["head_hex"])
