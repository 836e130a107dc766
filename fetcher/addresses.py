"""Where a request goes: the pinned host of a vendor, and addresses that are on the public internet.

A payload decides about a path and a query only. A name whose answer in the DNS has a private
address is refused, because a request from here reaches hosts that the sender of a payload does not.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlencode, urlsplit

from model.vendors.requests import ApiRequest

_HTTPS_PORT = 443
_UNICAST, _TRANSLATED = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
_PATH = "/%:@!$&'()*+,;=-._~"  # what stays as it is in a path


class RefusedAddressError(ValueError):
    """An address that must not be asked; the text names the reason and no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiHost:
    """A host that may be asked: the vendor's pinned one, or the one that the secrets file names.

    `is_loopback`: a simulator on this machine, which is asked by plain http. `is_internal`: the
    secrets file states that its name leads to a private address, as a hospital's own servers do.
    """

    scheme: str
    name: str
    port: int
    is_loopback: bool = False
    is_internal: bool = False

    @property
    def authority(self) -> str:
        """Return what the Host header has."""
        host = f"[{self.name}]" if ":" in self.name else self.name
        return host if self.port == _HTTPS_PORT else f"{host}:{self.port}"


def api_host(host: str, override: str) -> ApiHost:
    """Return where a pinned host is asked; `override` is the address in the secrets file, or ""."""
    if not override:
        return ApiHost(scheme="https", name=host, port=_HTTPS_PORT)
    parts = urlsplit(override)
    plain = parts.scheme == "http"
    port = parts.port or _HTTPS_PORT
    return ApiHost(scheme=parts.scheme, name=parts.hostname or "", port=port, is_loopback=plain)


def target_of(request: ApiRequest) -> str:
    """Return path and query as they are sent; raises `RefusedAddressError` for an unsafe path."""
    path = request.path
    steps = path.split("/")
    unsafe = (
        not path.startswith("/")
        or "//" in path
        or "\\" in path
        or not path.isprintable()
        or any(mark in path for mark in "?#")
        or bool({".", ".."} & set(steps))
    )
    if unsafe:
        raise RefusedAddressError("the path leaves the vendor's interface")
    query = f"?{urlencode(request.query)}" if request.query else ""
    return f"{quote(path, safe=_PATH)}{query}"


async def addresses_of(host: ApiHost) -> list[str]:
    """Return the addresses of a host; raises `RefusedAddressError` and OSError.

    The caller connects to one of these and looks the name up no second time, because a second
    answer could be another one.
    """
    if host.is_loopback:
        return [host.name]
    loop = asyncio.get_running_loop()
    resolved = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    numbers = [str(row[4][0]) for row in resolved]
    if not host.is_internal:
        check_public(numbers)
    return numbers


def check_public(numbers: Sequence[str]) -> None:
    """Raise `RefusedAddressError` unless every address is on the public internet."""
    # one private address among public ones is an attack as well: nobody publishes such a name
    if not numbers or not all(_is_public(ip_address(number)) for number in numbers):
        raise RefusedAddressError("the vendor's name leads to a private address")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    # an address without a network of its own, as of an old site, is not on the internet either
    if isinstance(address, IPv6Address) and inner is None and address not in _UNICAST:
        return False
    own = inner or address
    return own.is_global and not own.is_multicast


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the address of version 4 to which one of version 6 leads, None for any other."""
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
