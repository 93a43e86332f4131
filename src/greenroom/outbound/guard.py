"""The last look at an address before a connection: the one that is checked is connected to."""

import socket
from collections.abc import Callable

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

Judge = Callable[[str], bool]
"""Whether an address, as text, may be reached."""


class Refused(OSError):  # noqa: N818 - a decision, not a fault
    """The address is one that must not be reached."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class GuardedResolver(AbstractResolver):
    """Passes on what `resolver` finds, unless any of it is refused.

    A name with one good address among bad ones has no business here either.
    """

    def __init__(self, resolver: AbstractResolver, judge: Judge) -> None:
        self._resolver = resolver
        self._judge = judge

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(self._judge(entry["host"]) for entry in found):
            raise Refused(host)
        return found

    async def close(self) -> None:
        await self._resolver.close()


def guarded_sockets(judge: Judge) -> Callable[[AddrInfoType], socket.socket]:
    """Sockets for addresses that may be reached. Addresses in URLs pass by every resolver."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not judge(str(address[0])):
            raise Refused(str(address[0]))
        return socket.socket(family, kind, protocol)

    return make
