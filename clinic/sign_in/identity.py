"""Who is at the door. It is told by whatever the deployer injects; nothing here looks up a password or a session."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias

from starlette.requests import Request

from storage.audit import Actor

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """A signed-in reader: the identity provider's subject, a name to show, the care unit's name and a role.

    `session` is the id of the session in the database; "" is the demo clinician, who has none to end.
    """

    subject: str
    name: str
    care_unit: str
    role: str = "clinician"
    session: str = ""

    @property
    def actor(self) -> Actor:
        """Return who is written into the audit log."""
        return Actor(subject=self.subject, role=self.role, care_unit=self.care_unit)


Identify: TypeAlias = Callable[[Request], Clinician | None]


def demo(host: str, clinician: Clinician) -> Identify:
    """Let everybody on this machine be `clinician`, for a door bound on loopback; ValueError for any other `host`.

    A request under another host name is nobody: a foreign page that points its own name here must read nothing.
    """
    if not is_loopback(host):
        raise ValueError(f"the demo clinician is for loopback only, not for {host!r}")

    def identify(request: Request) -> Clinician | None:
        result = request.headers.get("host", "")
        name = result if result.endswith("]") else result.rpartition(":")[0] or result
        here = request.client is not None and is_loopback(request.client.host)
        return clinician if here and name in LOOPBACK_NAMES else None

    return identify


def is_loopback(host: str) -> bool:
    """Tell whether an address or the name localhost is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
