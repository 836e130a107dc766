"""Where an access came from: the door or the command, and the class of the address.

Pure but for one variable of the task: a door sets it for each request, the program for a command.
An address itself is never kept: it would say where a person was, and the class says enough.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from ipaddress import ip_address

THIS_MACHINE, OWN_NETWORK, INTERNET, UNKNOWN_ORIGIN = (
    "this machine",
    "own network",
    "internet",
    "unknown",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOrigin:
    """The door, the class of the address that called there, and the command where it is one."""

    door: str
    address: str = ""
    command: str = ""

    def plain(self) -> Mapping[str, str]:
        """Return what is known, as it stands in a row of the log."""
        return {name: text for name, text in asdict(self).items() if text}


UNSTATED_ORIGIN = AccessOrigin(door="")
_CAME_FROM: ContextVar[AccessOrigin] = ContextVar("access_origin", default=UNSTATED_ORIGIN)


def access_origin() -> AccessOrigin:
    """Return where what happens now came from."""
    return _CAME_FROM.get()


@contextmanager
def coming_from(origin: AccessOrigin) -> Iterator[None]:
    """Let everything in the block come from an origin."""
    before = _CAME_FROM.set(origin)
    try:
        yield
    finally:
        _CAME_FROM.reset(before)


def address_class(address: str) -> str:
    """Return the class of an address: this machine, own network, internet, or unknown."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN_ORIGIN
    if known.is_loopback:
        return THIS_MACHINE
    return OWN_NETWORK if known.is_private or known.is_link_local else INTERNET
