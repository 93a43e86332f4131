"""Network addresses: this machine's own, and those that are reached on somebody else's word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self

from greenroom.domain.errors import AppError, ErrorCode

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")
_UNICAST = ip_network("2000::/3")
"""All that is public in IPv6."""
_SPECIAL = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # a provider's own; also the metadata of Alibaba's machines
        "127.0.0.0/8",
        "168.63.129.16/32",  # the metadata of Azure's machines, at an address like any other
        "169.254.0.0/16",  # among them the metadata of most clouds' machines
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, and what is reserved
        "2001::/23",  # protocols; Teredo scrambles the address inside
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
"""The registries of special addresses, as of 2024; Python's own knowledge differs by version."""


def is_loopback(host: str) -> bool:
    """Whether this name or address leads back to the machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Public addresses may be reached, and those that an operator allows."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Self:
        """From texts such as `10.1.0.0/16`. BAD_REQUEST names one that is no network."""
        return cls(tuple(_network(text) for text in texts))

    def may_reach(self, text: str) -> bool:
        """Whether `text` is an address, and one that may be reached."""
        return self.is_allowed(text) or _is_public(text)

    def is_allowed(self, text: str) -> bool:
        """Whether an operator named this very address."""
        return any(form in network for form in _forms(text) for network in self.allowed)


def _is_public(text: str) -> bool:
    """An address within an address is as good as the inner one."""
    forms = tuple(_forms(text))
    if not forms or any(forms[-1] in network for network in _SPECIAL):
        return False
    return isinstance(forms[-1], IPv4Address) or forms[-1] in _UNICAST


def _forms(text: str) -> Iterator[Address]:
    """The address itself, then the IPv4 address that it wraps; nothing for other texts."""
    try:
        address = ip_address(text)
    except ValueError:
        return
    yield address
    inner = None if isinstance(address, IPv4Address) else _inner(address)
    if inner is not None:
        yield inner


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise AppError(
            ErrorCode.BAD_REQUEST, f"{text} is no network; write it as 10.1.0.0/16 or 10.1.2.3"
        ) from None
