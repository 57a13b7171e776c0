"""Hosts that accounts name: looked up here, and spoken to only where they are out in the open."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from dns.asyncresolver import get_default_resolver
from dns.exception import DNSException

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64 = IPv6Network("64:ff9b::/96")
_OPEN_IN_6 = IPv6Network("2000::/3")
"""All else may be mapped to an IPv4 address of ours by whoever routes it, as `::/96` and `64:ff9b:1::/48`."""
_SPECIAL = IPv4Network("192.0.0.0/24")
"""Of those that assign addresses; where a machine of ours is hosted it may lead to what knows its secrets."""
_HERE = "localhost"
LOOKUP_SECONDS = 5.0
"""How long name servers are asked for one name."""
MAIL_PORTS = frozenset({25, 465, 587, 2525})
MAILBOX_PORTS = frozenset({143, 993})


class HostRefused(Exception):
    """A host's name leads into a network of ours, or to nothing out in the open."""


class HostAway(Exception):
    """A host's name leads nowhere, or nobody answers there."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses a name leads to, as the name servers of this machine say; raises `OSError`.

    No thread waits for them: whoever may have a name looked up may also keep it from being answered, and the
    few threads in which names are usually looked up are those the database is found by.
    """
    with suppress(socket.gaierror):
        return _distinct(socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST, type=socket.SOCK_STREAM))
    name = host.rstrip(".").lower()
    if name == _HERE or name.endswith(f".{_HERE}"):
        return ["127.0.0.1", "::1"]
    try:
        found = await get_default_resolver().resolve_name(f"{name}.", lifetime=LOOKUP_SECONDS)
    except (DNSException, ValueError) as error:
        raise OSError(str(error) or type(error).__name__) from None
    return list(found.addresses())


async def known_here(host: str, port: int) -> Sequence[str]:
    """Return the addresses a name leads to, as this machine knows it by its own files too."""
    return _distinct(await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM))


def _distinct(found: Sequence[tuple[Any, ...]]) -> list[str]:
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class Hosts:
    """Opens lines to hosts that anybody may have named.

    Every address a name leads to must be one of the open internet, and the line goes to the very address that
    was looked at: a name that leads elsewhere the next time leads nowhere. Only what the operator names
    `allows_private` ones, and any port; only a machine of its developers `allows_plain` lines besides.
    """

    allows_private: bool = False
    allows_plain: bool = False
    resolve: Resolve | None = None

    async def vetted(self, host: str, port: int, ports: frozenset[int]) -> Sequence[Address]:
        """Return the addresses a name leads to, all of them open; raises `HostRefused` and `HostAway`.

        A line goes to one of these: who looked the name up again could be led elsewhere.
        """
        if port not in ports and not self.allows_private:
            raise HostRefused(f"port {port}")
        try:
            found = await (self.resolve or (known_here if self.allows_private else resolved))(host, port)
        except (OSError, UnicodeError) as error:
            raise HostAway(str(error)) from None
        addresses = [ip_address(each.partition("%")[0]) for each in found]
        if not addresses:
            raise HostAway("no address")
        if not self.allows_private and not all(map(is_open, addresses)):
            raise HostRefused("a private address")
        return addresses

    async def connect(self, host: str, port: int, ports: frozenset[int]) -> socket.socket:
        """Return a connected socket; raises `HostRefused` and `HostAway`."""
        failed: OSError | None = None
        for address in await self.vetted(host, port, ports):
            try:
                return await _connected(address, port)
            except OSError as error:
                failed = error
        raise HostAway(str(failed))


def is_open(address: Address) -> bool:
    """Say whether an address is one of the open internet, and so is one that is wrapped in it."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = IPv4Address(int(address) & 0xFFFF_FFFF)
        if wrapped is not None:
            return is_open(wrapped)
        if address.teredo is not None or address not in _OPEN_IN_6:
            return False
    elif address in _SPECIAL:
        return False
    return address.is_global and not address.is_multicast


async def _connected(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004 - its own number
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, (str(address), port))
    except BaseException:
        line.close()
        raise
    return line
