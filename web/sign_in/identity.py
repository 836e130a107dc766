"""The person at a door, and how a request is matched to that person.

The deployer injects the function that identifies people. Nothing here reads a password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias

from starlette.requests import Request

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in person: the provider's subject, a name to show, the care unit's name and a role.

    `session` is the id of the session in the database. It is "" for the demo clinician, whose
    session cannot be ended.
    """

    subject: str
    name: str
    care_unit: str
    role: str = "clinician"
    session: str = ""


Identify: TypeAlias = Callable[[Request], Identity | None]


def demo_identity(host: str, identity: Identity) -> Identify:
    """Identify everybody on this machine as `identity`.

    Raises ValueError unless the door's `host` is loopback. A request under another host name is
    nobody: a foreign page that points its own host name at this machine must read nothing.
    """
    if not is_loopback(host):
        raise ValueError(f"the demo clinician is for loopback only, not for {host!r}")

    def identify(request: Request) -> Identity | None:
        named = request.headers.get("host", "")
        name = named if named.endswith("]") else named.rpartition(":")[0] or named
        is_here = request.client is not None and is_loopback(request.client.host)
        return identity if is_here and name in LOOPBACK_NAMES else None

    return identify


def is_loopback(host: str) -> bool:
    """Return whether an address or the name localhost is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
