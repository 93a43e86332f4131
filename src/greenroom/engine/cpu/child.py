"""The child process: takes runs from a pipe, one after another, and reports on another."""

import argparse
import contextlib
import ctypes
import faulthandler
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from greenroom.engine.cpu import memory, wire
from greenroom.engine.cpu.cache import Cache

_PR_SET_PDEATHSIG = 1
_NICENESS = 5
"""The server, which answers people, comes before what it computes."""


class _Orders:
    """Listens in a thread of its own, so that a stop is heard while a node runs."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._stopped = 0
        self._waiting: queue.SimpleQueue[wire.StartRun | wire.Forget] = queue.SimpleQueue()

    def listen(self) -> None:
        while (body := wire.read_body(self._pipe)) is not None:
            order = wire.order(body)
            if isinstance(order, wire.StopRun):
                self._stopped = order.serial
            else:
                self._waiting.put(order)
        os._exit(0)

    def next(self) -> wire.StartRun | wire.Forget:
        return self._waiting.get()

    def stop_requested(self, serial: int) -> bool:
        return self._stopped >= serial


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for the protocol alone; what nodes print goes to stderr."""
    orders = os.fdopen(os.dup(0), "rb")
    reports = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return orders, reports


def _die_with_parent() -> None:
    """The closed pipe tells when the parent is gone, unless a node never lets go of the GIL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, required=True)
    parser.add_argument("--cache", type=int, required=True)
    parser.add_argument("--memory", type=int, required=True)
    return parser.parse_args()


def main() -> None:
    _die_with_parent()
    os.nice(_NICENESS)
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    arguments = _arguments()
    memory.limit(arguments.memory or memory.most())
    source, sink = _claim_pipes()
    orders = _Orders(source)
    threading.Thread(target=orders.listen, daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        _serve(orders, sink, Cache(arguments.cache), arguments.pixels)


def _serve(orders: _Orders, sink: BinaryIO, cache: Cache, pixel_limit: int) -> None:
    # The libraries that compute are loaded here, in the child, and nowhere else.
    from greenroom.engine.cpu import nodes  # noqa: PLC0415
    from greenroom.engine.cpu.executor import Settings, execute  # noqa: PLC0415

    nodes.import_all()

    def report(message: wire.Report) -> None:
        data = memoryview(wire.frame(message))
        while data:
            data = data[sink.write(data) or 0 :]

    settings = Settings(cache, pixel_limit, report, orders.stop_requested)
    while True:
        order = orders.next()
        if isinstance(order, wire.Forget):
            cache.clear()
        else:
            report(execute(order, settings))


if __name__ == "__main__":
    main()
