"""A command over many files: each on its own, a line for each, and a summary."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.markup import escape

from greenroom.cli import output
from greenroom.cli.exit_code import ExitCode
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of one file."""

    file: str
    told: str = ""
    """A line for people."""
    error: AppError | None = None
    details: JsonObject = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        if self.error is None:
            return {"file": self.file, "ok": True, **self.details}
        error: JsonObject = {
            "code": self.error.code.value,
            "message": self.error.message,
            "details": self.error.details,
        }
        return {"file": self.file, "ok": False, "error": error, **self.details}


def handle_all(files: Sequence[Path], handle: Callable[[Path], Handled]) -> list[Handled]:
    """One file after the other; what is wrong with one does not keep the next from its turn."""
    handled = []
    for file in files:
        try:
            handled.append(handle(file))
        except AppError as error:
            handled.append(Handled(str(file), error=error))
    return handled


def report(handled: Sequence[Handled], verb: str, *, as_json: bool) -> None:
    """Print what came of each; ends the command with 1 when anything failed."""
    failed = sum(one.error is not None for one in handled)
    if as_json:
        output.emit({"files": [one.as_json() for one in handled]})
    else:
        for one in handled:
            if one.error is not None:
                output.notes.print(f"[red]{escape(one.file)}:[/] {escape(one.error.message)}")
            elif one.told:
                output.notes.print(escape(f"{one.file}: {one.told}"))
        if len(handled) > 1:
            output.notes.print(f"{len(handled) - failed} {verb}, {failed} failed.")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def target_of(file: Path, wanted: Path | None, suffix: str, *, several: bool) -> Path | None:
    """Where the result of a file goes; None is standard output. BAD_REQUEST without a folder."""
    if not several:
        return wanted / f"{file.stem}{suffix}" if wanted and wanted.is_dir() else wanted
    if wanted is None:
        raise AppError(ErrorCode.BAD_REQUEST, "For more than one file, give a folder: --output DIR")
    return wanted / f"{file.stem}{suffix}"


def write_json(value: JsonObject, target: Path | None) -> None:
    """To the file, with the folders it needs, or to standard output. STORAGE_UNAVAILABLE."""
    if target is None:
        output.emit(value)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        message = f"Cannot write {target}: {error.strerror}."
        raise AppError(ErrorCode.STORAGE_UNAVAILABLE, message) from error
