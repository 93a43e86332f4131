"""The page about the ComfyUI API names every route."""

import re
from pathlib import Path

from greenroom.api.native.routes import native

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "comfyui-api.md"


async def test_every_route_and_method_stands_on_the_page(services):
    table = PAGE.read_text().partition("## What is different")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `/")]
    told = {
        (method, path)
        for paths, methods in rows
        for path in re.findall(r"`(/[^`]*)`", paths)
        for method in re.findall("[A-Z]+", methods)
    }
    served = {
        (route.method, re.sub(r":[^}]*", "", route.path)) for route in native(services).routes
    }
    assert told >= served
    assert {path for _, path in served} == {path for _, path in told}
