"""Targets: where events may be posted to, judged when an address is kept and again when it is spoken to."""

import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.outbox.hosts import HostAway, HostRefused, Hosts
from app.webhooks.errors import WebhookTargetRefused

PORTS = frozenset({443, 8443})
LONGEST = 2_000
_PRINTABLE = re.compile(r"[!-\[\]-~]+")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45}")
_USUAL = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """An address as it is connected to."""

    host: str
    port: int


def target_of(url: str, hosts: Hosts) -> Target:
    """Return where an address is; raises `WebhookTargetRefused`. Nobody is asked.

    Plain `http` is for the machine of a developer alone.
    """
    # What is not printable parsers leave out, and some take a backslash for a slash.
    if len(url) > LONGEST or not _PRINTABLE.fullmatch(url):
        raise WebhookTargetRefused(reason="malformed")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise WebhookTargetRefused(reason="malformed") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and hosts.allows_plain):
        raise WebhookTargetRefused(reason="not_https")
    if "@" in parts.netloc:
        raise WebhookTargetRefused(reason="user_info")
    if "#" in url:
        raise WebhookTargetRefused(reason="fragment")
    if not host or not _HOST.fullmatch(host):
        raise WebhookTargetRefused(reason="malformed")
    port = port or _USUAL[parts.scheme]
    if port not in PORTS and not hosts.allows_private:
        raise WebhookTargetRefused(reason="port")
    return Target(host, port)


def without_query(url: str) -> str:
    """Return an address as it stands in letters and in the trail: tokens are sent in queries."""
    return url.partition("?")[0]


async def require_open(url: str, hosts: Hosts) -> None:
    """Refuse an address nothing is posted to, looking its name up; raises `WebhookTargetRefused`.

    No transaction is to be open while a name is looked up.
    """
    target = target_of(url, hosts)
    try:
        await hosts.vetted(target.host, target.port, PORTS)
    except HostRefused:
        # Of a name it is not said whether it leads inside or nowhere: that would tell which there are inside.
        reason = "private" if _is_number(target.host) else "not_found"
        raise WebhookTargetRefused(reason=reason) from None
    except HostAway:
        raise WebhookTargetRefused(reason="not_found") from None


def _is_number(host: str) -> bool:
    """Say whether a host is an address, in any of the ways in which one is written down."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except OSError:
        return False
    return True
