"""Greenroom as its users meet it: real processes, real folders, real sockets."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GREENROOM = (sys.executable, "-m", "greenroom")


def environment() -> dict[str, str]:
    """This process's, without settings that would change what is tested.

    No ComfyUI that happens to run on this machine is drawn in.
    """
    own = {name: text for name, text in os.environ.items() if not name.startswith("GREENROOM_")}
    return own | {"GREENROOM_ENGINE": "cpu"}


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def greenroom(*arguments: object, **more_environment: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [*GREENROOM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment() | more_environment,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def interactive(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A command that runs while the test looks; killed in the end if it still does.

    Ctrl-C works in it, also where the tests run in the background of a shell, which ignores it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [*GREENROOM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as command:
        try:
            yield command
        finally:
            command.kill()


@dataclass(frozen=True, slots=True)
class Running:
    """A process that has said in JSON what it is."""

    process: subprocess.Popen[str]
    told: Any
    log: "queue.SimpleQueue[str]"

    def until_logged(self, text: str) -> None:
        """Wait for a line of the log that holds `text`."""
        while text not in self.log.get():
            pass

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, and wait for it; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()


@dataclass(frozen=True, slots=True)
class Served(Running):
    """A server process that answers."""

    folder: Path

    @property
    def url(self) -> str:
        return str(self.told["url"])


@contextlib.contextmanager
def served(folder: Path, *arguments: object) -> Iterator[Served]:
    """A server on `folder` and a free port; killed in the end if it still runs."""
    with _started("serve", "--port", 0, "--data-dir", folder, "--json", *arguments) as one:
        yield Served(one.process, one.told, one.log, folder)


@contextlib.contextmanager
def working(folder: Path, server: str, *arguments: object) -> Iterator[Running]:
    """A worker elsewhere, on `folder`; killed in the end if it still runs."""
    options = ("--server", server, "--data-dir", folder, "--json")
    with _started("worker", *options, *arguments) as one:
        yield one


@contextlib.contextmanager
def _started(*arguments: object) -> Iterator[Running]:
    with subprocess.Popen(
        [*GREENROOM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        log: queue.SimpleQueue[str] = queue.SimpleQueue()
        reader = threading.Thread(target=_pass_on, args=(process.stderr, log))
        reader.start()
        try:
            first = process.stdout.readline() if process.stdout else ""
            assert first, f"it did not start: {log.get()}"
            yield Running(process, json.loads(first), log)
        finally:
            process.kill()
            reader.join()


def _pass_on(lines: Iterable[str], log: "queue.SimpleQueue[str]") -> None:
    for line in lines:
        log.put(line)
    log.put("")
