"""From where a request comes: the peer's address, and the network that counts as one."""

from ipaddress import IPv6Address, ip_address

from starlette.types import Scope

_NETWORK = 64


def address_of(scope: Scope) -> str:
    """Return the peer's address; whether a proxy's word is taken for it is the server's setting, not ours."""
    client = scope.get("client")
    return client[0] if client else "unknown"


def network_of(address: str) -> str | None:
    """Return what counts as one address: of the sixth version what one household is given.

    None of this machine's own, which are those of a proxy that does not say for whom it asks.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Address(int(found) >> _NETWORK << _NETWORK))
    return str(found)


def counted_as(address: str) -> str:
    """Return what requests from an address are counted under: its network, or itself where it has none."""
    return network_of(address) or address
