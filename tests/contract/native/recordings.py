"""The recorded exchanges of a real ComfyUI, as requests to send and answers to compare."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

ORACLE = Path(__file__).parents[4] / "shared" / "oracle"
ROUTES = ORACLE / "routes"
MULTI_USER = ORACLE / "routes_assets_multiuser"
INPUTS = ORACLE / "inputs"

needs_recordings = pytest.mark.skipif(
    not ORACLE.is_dir(), reason="the recordings are kept beside the checkout, and are not here"
)

_FORM_MARK = "FormData object"


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    headers: dict
    body: bytes | None
    status: int
    answer_headers: dict
    answer: object

    @property
    def wanted_status(self):
        """Bad input that a ComfyUI stumbles over is refused instead."""
        return 400 if self.status == 500 else self.status


def names(folder=ROUTES):
    return sorted(path.stem for path in folder.glob("*.json") if ".body" not in path.name)


def exchange(name, *, form=False, folder=ROUTES):
    """The recording; of a form only the answer was kept."""
    recorded = json.loads((folder / f"{name}.json").read_text())
    request, response = recorded["request"], recorded["response"]
    return Exchange(
        request["method"],
        request["path"],
        {"Host": "127.0.0.1:8188", **request.get("headers", {})},
        None if form else _body(request),
        response["status"],
        dict(response["headers"]),
        response["body"],
    )


def _body(request):
    if "json" in request:
        return json.dumps(request["json"]).encode()
    data = request.get("data")
    if data is None:
        return None
    assert _FORM_MARK not in data, "forms were not recorded"
    if data.startswith("b'xxx"):
        return b"x" * (100 * 1024 * 1024 + 1)
    if not data.startswith("b'"):
        return data.encode()
    if "XoracleX" in data:
        # Only the beginning was recorded; the file was always the same picture.
        if "\\x89PNG" not in data:
            data = data.split("xxx", 1)[0] + "x" * 300 + '.png"\\r\\n\\r\\n\\x89PNG'
        head = data[: data.index("\\x89PNG")] + "'"
        grad = (INPUTS / "grad.png").read_bytes()
        return ast.literal_eval(head) + grad + b"\r\n--XoracleX--\r\n"
    return ast.literal_eval(data)
