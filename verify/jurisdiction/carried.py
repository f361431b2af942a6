"""IPv6 addresses and networks that only carry IPv4 ones. Pure."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def unwrap(address: Address) -> tuple[Address, str]:
    """Return the IPv4 address that an IPv6 address only carries, and how it carries it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address, ""
    if address.ipv4_mapped:
        return address.ipv4_mapped, f"IPv4-mapped {address}"
    if address.sixtofour:
        return address.sixtofour, f"6to4 {address}"
    if address.teredo:
        return address.teredo[1], f"Teredo {address}"
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), f"NAT64 {address}"
    return address, ""


def unwrapped(network: Network) -> tuple[Network, str]:
    """Return the IPv4 network that an IPv6 network only carries, and how it carries it."""
    first, note = unwrap(network.network_address)
    last, _ = unwrap(network.broadcast_address)
    if not note or first.version != last.version:
        return network, ""
    length = 32 - (int(first) ^ int(last)).bit_length()
    found = ipaddress.ip_network((int(first), length), strict=False)
    return found, note.partition(" ")[0] + f" {network}"
