"""What commands print: lines for people, JSON for programs."""

import sys

import msgspec
from rich.console import Console
from rich.markup import escape

from greenroom.domain.errors import AppError

notes = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress, hints and errors."""
results = Console(highlight=False, soft_wrap=True)
"""What was asked for."""


def emit(value: object) -> None:
    """One JSON document on standard output."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(text.decode() + "\n")
    sys.stdout.flush()


def emit_line(value: object) -> None:
    """One JSON value on a line of its own: for what comes bit by bit."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def report(error: AppError, *, as_json: bool) -> None:
    """Say what went wrong."""
    if as_json:
        told = {"code": error.code, "message": error.message, "details": error.details}
        emit({"error": told})
        return
    notes.print(f"[red]Error:[/] {escape(error.message)}")
