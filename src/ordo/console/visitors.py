"""Who looks at a page: somebody on this machine, or anybody else."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

_HOST = re.compile(r"(?:\[(?P<six>[^][]+)\]|(?P<name>[^][:]+))(?::[0-9]+)?")
_OF_PROXIES = ("forwarded", "via", "x-real-ip", "client-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip")
_OF_PROXIES_BEGIN = "x-forwarded"


def is_on_this_machine(request: Request) -> bool:
    """The connection comes from this machine, asks for it by its own name, and no proxy stands in between.

    The name, since a site whose name leads here (DNS rebinding) has its scripts ask from this machine; the proxy,
    since it asks from this machine on behalf of others.
    """
    names = request.headers.getlist("host")
    return (
        request.client is not None
        and _is_loopback(request.client.host)
        and len(names) == 1
        and _is_own_name(names[0])
        and not any(name in _OF_PROXIES or name.startswith(_OF_PROXIES_BEGIN) for name in request.headers)
    )


def _is_own_name(host: str) -> bool:
    """Of a Host header: `localhost:8080`, `127.0.0.1`, `[::1]:8443`."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["six"] or found["name"]
    return name.lower() == "localhost" or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback
