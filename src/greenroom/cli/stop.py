"""Ctrl-C and SIGTERM: the first one asks a process to stop, the second one ends it."""

import asyncio
import os
import signal

import psutil


class Stop:
    """The first signal asks; the second one does not wait for an answer."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._heard, number)

    def _heard(self, number: signal.Signals) -> None:
        if self.asked.is_set():
            # No job is lost: the next start takes up what ran.
            for child in psutil.Process().children(recursive=True):
                child.kill()
            os._exit(128 + number)
        self.asked.set()
