"""manifest.yaml as people write it -> Manifest, faults told with their lines."""

from collections.abc import Mapping

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.workflow.manifest import Manifest
from greenroom.domain.workflow.manifest_json import manifest_json
from greenroom.domain.workflow.manifest_reader import parse_manifest
from greenroom.domain.workflow.shape import Path

MAX_BYTES = 2**20


def read_manifest(text: str) -> Manifest:
    """The manifest in a YAML (or JSON) text; BAD_REQUEST with line numbers when it is wrong."""
    from greenroom.service import manifest_yaml  # noqa: PLC0415 - a start needs no YAML

    if len(text) > MAX_BYTES:
        raise AppError(ErrorCode.TOO_LARGE, "the manifest is larger than 1 MiB")
    value, lines = manifest_yaml.load(text)
    return parse_manifest(value, lambda path: _nearest_line(path, lines))


def write_manifest(manifest: Manifest) -> str:
    """The manifest as YAML that `read_manifest` takes."""
    from greenroom.service import manifest_yaml  # noqa: PLC0415 - likewise

    return manifest_yaml.dump(manifest_json(manifest))


def _nearest_line(path: Path, lines: Mapping[Path, int]) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)
