"""Write the parts of the documentation that come from the code, between their markers.

    python scripts/generated_docs.py

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import ast
import inspect
import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

from typer.testing import CliRunner

from greenroom.api.native.errors import status_of
from greenroom.api.serverless.failure_codes import NOT_BEGUN, code_of
from greenroom.cli import exit_code
from greenroom.cli.main import app
from greenroom.cli.setting_options import option_name
from greenroom.config import Config
from greenroom.domain.errors import ErrorCode
from greenroom.domain.failure import RULES
from greenroom.domain.job import TERMINAL_STATES, TRANSITIONS, Proof

DOCS = Path(__file__).parents[1] / "docs"

COMMANDS = (
    ("serve",), ("worker",), ("run",), ("jobs", "list"), ("jobs", "show"), ("jobs", "watch"),
    ("jobs", "cancel"), ("workflows", "convert"), ("workflows", "validate"),
    ("workflows", "extract"), ("workflows", "show"), ("workflows", "import"),
    ("workflows", "list"), ("workflows", "export"), ("workflows", "rename"),
    ("workflows", "tag"), ("workflows", "delete"), ("secret", "renew"), ("doctor",),
    ("demo",), ("simulate",),
    ("trace", "export"),
    ("workers", "list"), ("workers", "add"), ("workers", "pause"), ("workers", "resume"),
    ("workers", "drain"), ("workers", "remove"),
    ("tenants", "list"), ("tenants", "pause"), ("tenants", "resume"),
    ("tenants", "limit"),
    ("keys", "create"), ("keys", "list"), ("keys", "revoke"),
    ("webhooks", "list"), ("webhooks", "show"), ("webhooks", "resend"),
    ("webhooks", "secret", "show"), ("webhooks", "secret", "rotate"),
)  # fmt: skip

_MEANINGS = {
    ErrorCode.BAD_REQUEST: "The request, a setting or a file cannot be used as it is.",
    ErrorCode.INVALID_JSON: "The body is not JSON.",
    ErrorCode.INVALID_GRAPH: "The workflow was refused; the details are ComfyUI's own answer.",
    ErrorCode.UNAUTHORIZED: "A key is required, or the one that was shown is not valid.",
    ErrorCode.FORBIDDEN: "Not allowed: a foreign origin, or an open address without a key.",
    ErrorCode.NOT_FOUND: "There is no such job, file or page.",
    ErrorCode.CONFLICT: "Something else is in the way: another server, or the same id taken.",
    ErrorCode.KEY_REUSED: "This Idempotency-Key was used before; look for the job it made.",
    ErrorCode.HASH_MISMATCH: "The bytes that arrived are not those that were announced.",
    ErrorCode.MISSING_ASSET: "The workflow refers to an asset that the caller does not have.",
    ErrorCode.IN_USE: "A job that has not ended, or a deployment, still needs it.",
    ErrorCode.ILLEGAL_TRANSITION: "The job's state does not allow it.",
    ErrorCode.LEASE_LOST: "The worker no longer holds the job.",
    ErrorCode.TOO_LARGE: "The body or the file is over its limit.",
    ErrorCode.UNSUPPORTED_MEDIA: "The file is of a kind that cannot be used here.",
    ErrorCode.DISABLED: "The deployment is switched off; who owns it can switch it on.",
    ErrorCode.GONE: "The deployment was deleted.",
    ErrorCode.QUEUE_FULL: "Too many jobs wait already.",
    ErrorCode.STORAGE_FULL: "The disk is full. Nothing that was accepted is lost.",
    ErrorCode.STORAGE_UNAVAILABLE: "The database or the data folder cannot be used now.",
    ErrorCode.UNAVAILABLE: "No server, or no worker, answers now.",
    ErrorCode.INTERNAL: "A fault in Greenroom itself.",
}

_MARKED = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def settings() -> Iterator[str]:
    hints = get_type_hints(Config, include_extras=True)
    yield "| Option | Environment | Default | Meaning |"
    yield "| --- | --- | --- | --- |"
    for entry in fields(Config):
        default = "" if entry.default is None else f"`{entry.default}`"
        variable = f"GREENROOM_{entry.name.upper()}"
        meaning = get_args(hints[entry.name])[1]
        yield f"| `{option_name(entry.name)}` | `{variable}` | {default} | {meaning} |"


def errors() -> Iterator[str]:
    yield "| Code | HTTP status | Exit code | Meaning |"
    yield "| --- | --: | --: | --- |"
    for code in ErrorCode:
        exits = exit_code.exit_code(code).value
        yield f"| `{code}` | {status_of(code)} | {exits} | {_MEANINGS[code]} |"


def failures() -> Iterator[str]:
    yield "| Class | Retries | On another worker | The worker | Advice |"
    yield "| --- | --: | --- | --- | --- |"
    for kind, rule in RULES.items():
        elsewhere = "yes" if rule.elsewhere else ""
        yield f"| `{kind}` | {rule.retries} | {elsewhere} | {rule.remedy} | {rule.advice} |"


def serverless_failures() -> Iterator[str]:
    yield "| `errorCode` | Class of failure |"
    yield "| --: | --- |"
    for code in sorted({code_of(kind) for kind in RULES}):
        yield f"| {code} | {', '.join(f'`{kind}`' for kind in RULES if code_of(kind) == code)} |"
    yield f"| {NOT_BEGUN} | none: no worker began before the start deadline |"


def exit_codes() -> Iterator[str]:
    yield "| Code | Name | Meaning |"
    yield "| --: | --- | --- |"
    for name, value, meaning in _documented_members():
        yield f"| {value} | {name} | {meaning} |"


def commands() -> Iterator[str]:
    runner = CliRunner()
    for command in COMMANDS:
        os.environ["COLUMNS"] = "80"
        told = runner.invoke(app, [*command, "--help"], prog_name="greenroom")
        yield f"### greenroom {' '.join(command)}\n\n```text\n{told.output.strip()}\n```\n"


def lifecycle() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for arc in TRANSITIONS:
        yield f"    {arc.source or '[*]'} --> {arc.target}: {arc.event}"
    for state in sorted(TERMINAL_STATES):
        yield f"    {state} --> [*]"
    yield "```"


def transitions() -> Iterator[str]:
    words = {Proof.NONE: "", Proof.HELD: "held", Proof.HELD_OR_EXPIRED: "held, or run out"}
    yield "| Event | From | To | The job's lease |"
    yield "| --- | --- | --- | --- |"
    for arc in TRANSITIONS:
        source = f"`{arc.source}`" if arc.source else "(a new job)"
        yield f"| {arc.event} | {source} | `{arc.target}` | {words[arc.proof]} |"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": settings,
    "errors": errors,
    "failures": failures,
    "serverless-failures": serverless_failures,
    "exit-codes": exit_codes,
    "commands": commands,
    "lifecycle": lifecycle,
    "transitions": transitions,
}


def rewritten(text: str) -> str:
    """The document with every marked part made anew."""

    def part(found: re.Match[str]) -> str:
        body = "\n".join(line.rstrip() for line in PARTS[found[2]]())
        return f"{found[1]}{body.rstrip()}\n{found[3]}"

    return _MARKED.sub(part, text)


def parts_of(text: str) -> list[str]:
    return [found[2] for found in _MARKED.finditer(text)]


def _documented_members() -> Iterator[tuple[str, int, str]]:
    """(name, value, the text below it) of each exit code."""
    (enum,) = ast.parse(inspect.getsource(exit_code.ExitCode)).body
    body = enum.body if isinstance(enum, ast.ClassDef) else []
    for member, told in itertools.pairwise(body):
        if isinstance(member, ast.Assign) and isinstance(told, ast.Expr):
            name = ast.unparse(member.targets[0])
            yield name, exit_code.ExitCode[name].value, ast.literal_eval(told.value)


def main() -> None:
    for path in sorted(DOCS.rglob("*.md")):
        before = path.read_text()
        after = rewritten(before)
        if after != before:
            path.write_text(after)
            print(f"wrote {path.relative_to(DOCS.parent)}")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
