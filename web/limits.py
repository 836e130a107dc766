"""What a client may cost before its request is answered, as values, and how slow a body may be. Pure."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

IPV6_SITE = 64  # bits: one customer's network; whoever has one address there has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How slow a body may be: `rate` bytes/s over any `grace_s`, and in all `total_s` + 1 s per `total_rate` bytes."""

    grace_s: float = 10.0
    rate: float = 1024.0
    total_s: float = 300.0
    total_rate: float = 16 * 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one server. Sizes in bytes, times in seconds.

    `head_bytes` and `headers` bound a request's head, `head_s` the time from its first byte (or the
    connection) to its end; `idle_s` the pause between two requests. `body_bytes` bounds a body.
    `connections` are served in all and `per_peer` from one address, except from `trusted` proxies;
    `bodies` of them may be sending a body. `pipelined` requests may wait behind an unanswered one. What
    follows an early answer is read and dropped for `drain_bytes` and `drain_s`, so that the sender can
    read the answer; what the server itself refused stays open for `linger_s`, unread. A client that
    takes nothing of an answer for `unread_s` is cut off.
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
class Progress:
    """How a body comes in: when it began, until when it may wait, how many bytes were counted."""

    began: float
    until: float
    counted: int = 0


def begin(patience: Patience, now: float) -> Progress:
    """Return the progress of a body that begins at `now` (seconds of any steady clock)."""
    return Progress(began=now, until=now + patience.grace_s)


def is_slow(
    patience: Patience, progress: Progress, received: int, now: float, *, waits_for_us: bool
) -> bool:
    """Return whether a body of which `received` bytes are here is too slow; notes the progress.

    Each byte buys 1/rate seconds, but never more than the grace from now on: who sends 5 MB at once
    and keeps the last byte has ten seconds for it. `waits_for_us`: we read nothing at the moment.
    """
    longest = now + patience.grace_s
    bought = (received - progress.counted) / patience.rate
    late = now > progress.until + bought and not waits_for_us
    progress.until = longest if waits_for_us else min(progress.until + bought, longest)
    progress.counted = received
    return late or now > progress.began + patience.total_s + received / patience.total_rate


def networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of addresses and networks; raises ValueError for anything else."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_trusted(limits: Limits, address: str) -> bool:
    """Return whether an address is one of the trusted proxies."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in limits.trusted)


def peer_key(address: str) -> str:
    """Return what is counted as one peer: an IPv4 address, or the /64 network of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        return str(ip_network(f"{address.partition('%')[0]}/{IPV6_SITE}", strict=False))
    except ValueError:
        return address
