"""Limits on what a client may cost before its request is answered, and on slow bodies. Pure."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

IPV6_SITE = 64  # bits: a customer's network; who has an address in it can use all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How slow a body may be.

    It must bring `rate` bytes/s over any `grace_s` seconds. In all it may take `total_s` seconds,
    and a second more for every `total_rate` bytes.
    """

    grace_s: float = 10.0
    rate: float = 1024.0
    total_s: float = 300.0
    total_rate: float = 16 * 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """The limits of a server, with sizes in bytes and times in seconds.

    - `head_bytes` and `headers` bound the size of a request's head. `head_s` bounds the time from
      its first byte, or from the opening of the connection, to its end.
    - `idle_s` is the longest pause between two requests.
    - `body_bytes` bounds a body.
    - `connections` are served in all, and `per_peer` of them from an address. Proxies in `trusted`
      are exempt from `per_peer`. At most `bodies` connections may be sending a body.
    - `pipelined` requests may wait behind a request that is not answered yet.
    - After an early answer, the rest of the body is read and dropped, at most `drain_bytes` and for
      at most `drain_s`, so that the sender can read the answer.
    - After a refusal by the server itself the connection stays open, unread, for `linger_s`.
    - A client that takes nothing of an answer for `unread_s` is cut off.
    """

    head_bytes: int = 64 * 1024
    headers: int = 100
    head_s: float = 10.0
    idle_s: int = 5
    body_bytes: int = 64 * 1024
    connections: int = 4096
    per_peer: int = 2048
    bodies: int = 512
    pipelined: int = 8
    drain_bytes: int = 16 * 1024 * 1024
    drain_s: float = 10.0
    linger_s: float = 1.0
    unread_s: float = 30.0
    patience: Patience = field(default_factory=Patience)
    trusted: tuple[Network, ...] = ()


@dataclass(slots=True)
class BodyProgress:
    """The progress of a body, in seconds of a steady clock and in bytes.

    `began` is its start, `until` the time by which the next bytes are due, and `counted` the bytes
    that `until` accounts for.
    """

    began: float
    until: float
    counted: int = 0


def begin_body(patience: Patience, now: float) -> BodyProgress:
    """Return the progress of a body that begins at `now` (seconds of any steady clock)."""
    return BodyProgress(began=now, until=now + patience.grace_s)


def is_slow(
    patience: Patience, progress: BodyProgress, received: int, now: float, *, waits_for_us: bool
) -> bool:
    """Return whether a body of which `received` bytes have arrived is too slow.

    It also updates `progress`. Each byte buys 1/rate seconds, but never more than the grace from
    now on: a client that sends 5 MB at once and holds back the last byte has ten seconds for it.
    `waits_for_us` is True while the server itself has stopped reading.
    """
    longest = now + patience.grace_s
    bought = (received - progress.counted) / patience.rate
    late = now > progress.until + bought and not waits_for_us
    # while the server does not read, the client loses none of its time
    progress.until = longest if waits_for_us else min(progress.until + bought, longest)
    progress.counted = received
    return late or now > progress.began + patience.total_s + received / patience.total_rate


def networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of addresses and networks; ValueError for anything else."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_trusted(limits: ServerLimits, address: str) -> bool:
    """Return whether an address belongs to a trusted proxy."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in limits.trusted)


def peer_key(address: str) -> str:
    """Return the key under which a peer is counted.

    It is the IPv4 address itself, or the /64 network of an IPv6 address.
    """
    if ":" not in address:
        return address
    try:
        # what follows "%" names an interface of this machine and is no part of the peer's network
        return str(ip_network(f"{address.partition('%')[0]}/{IPV6_SITE}", strict=False))
    except ValueError:
        return address
