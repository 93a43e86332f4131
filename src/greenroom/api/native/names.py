"""What a client calls a file, as a checked name inside a root."""

import posixpath
import re

from greenroom.domain.asset import Root
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.service.assets import FileName

_ANNOTATED = re.compile(r"^(?P<name>.*?) ?\[(?P<root>input|output|temp)\]$", re.DOTALL)


def parse_root(text: str) -> Root:
    """BAD_REQUEST for anything but input, output and temp."""
    try:
        return Root(text)
    except ValueError:
        raise AppError(ErrorCode.BAD_REQUEST, f"{text!r} is not a folder type") from None


def viewed(filename: str, root: str, subfolder: str) -> FileName:
    """The file that /view is asked for; a note such as `x.png [input]` overrides the type.

    BAD_REQUEST for an unusable name or type, FORBIDDEN for a folder outside the root. Folders in
    front of the name are dropped.
    """
    annotated = _ANNOTATED.match(filename)
    if annotated is not None:
        filename, root = annotated["name"], annotated["root"]
    if not filename or filename.startswith("/") or ".." in filename:
        raise AppError(ErrorCode.BAD_REQUEST, f"{filename!r} is not a file name")
    return FileName.checked(
        parse_root(root), posixpath.normpath(subfolder), posixpath.basename(filename)
    )


def uploaded(root: str, subfolder: str, filename: str) -> FileName:
    """Where an upload goes; folders in front of its name count.

    BAD_REQUEST when it leaves the root.
    """
    if subfolder.startswith(("/", "\\")) or filename.startswith("/"):
        raise AppError(ErrorCode.BAD_REQUEST, "The path is not inside the folder.")
    path = posixpath.normpath(posixpath.join(subfolder, filename))
    folder, name = posixpath.split(path)
    if path.startswith("../") or posixpath.normpath(subfolder).startswith(".."):
        raise AppError(ErrorCode.BAD_REQUEST, "The path is not inside the folder.")
    if filename.endswith("/"):
        raise AppError(ErrorCode.BAD_REQUEST, f"{filename!r} is not a file name")
    return FileName.checked(parse_root(root), folder, name)
