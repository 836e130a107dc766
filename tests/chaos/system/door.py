"""A vendor door of a schedule, and the attacks on it from outside.

The attacks are heads without an end, and floods of garbage. While it is attacked a report goes
through it that the run appends anyway: it must be accepted and change nothing.
"""

import base64
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from ingest.proving.schemes import STANDARD_WEBHOOKS
from ingest.sender import sign
from tests.attack.instruments.attackers import attacked
from tests.attack.instruments.flooder import Plan
from tests.chaos.waiting import waited_for
from tests.chaos.world import Posted
from tests.rig import RIG_KEY, Rig

_HOST = "127.0.0.1"
_SECRET = "whsec_" + base64.b64encode(RIG_KEY.active.secret[:24]).decode()
TAKEN_S = 60.0  # a broker may be gone meanwhile, and the door says 503 then
ANSWER_S = 5.0
STRANGERS = [f"127.0.8.{n}" for n in range(1, 21)]
HEAD = f"POST /v1/files HTTP/1.1\r\nhost: {_HOST}\r\n"
UNPROVED = f"{HEAD}authorization: Bearer nobody.nothing\r\n"
LONGEST_S = 90.0


@dataclass(slots=True, kw_only=True)
class Door:
    """A running vendor door on a free port, and the attackers at it."""

    rig: Rig
    port: int
    process: subprocess.Popen[bytes]
    attackers: ExitStack = field(default_factory=ExitStack)

    def attack(self, plans: tuple[Plan, ...]) -> None:
        """Begin an attack once the door answers."""
        waited_for(self._answers, TAKEN_S, "the door did not come up")
        for plan in plans:
            self.attackers.enter_context(attacked(plan, cut=True))

    def take(self, posted: Posted) -> None:
        """Post a report until it is accepted, and end the attack.

        Raises AssertionError when the door accepts none.
        """
        waited_for(
            lambda: self._post(posted) == http.client.ACCEPTED,
            TAKEN_S,
            "a report at the attacked door",
        )
        assert self.process.poll() is None, "the door ended"
        self.calm()

    def calm(self) -> None:
        """End the attackers."""
        self.attackers.close()

    def end(self) -> None:
        """End attackers and door."""
        self.calm()
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((_HOST, self.port), timeout=ANSWER_S):
            return True
        return False

    def _post(self, posted: Posted) -> int:
        at_ms = int(self.rig.clock.read_text(encoding="ascii"))
        signed = sign(STANDARD_WEBHOOKS, _SECRET, posted.value, f"msg_{time.monotonic_ns()}", at_ms)
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=ANSWER_S)
        try:
            connection.request(
                "POST", "/v1/reports", posted.value, {"content-type": "application/json", **signed}
            )
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def heads(door: Door, lasts_s: float) -> tuple[Plan, ...]:
    """Return the attack of heads without an end, dripped and poured."""
    return (
        _plan(door, "drip", lasts_s, connections=200, head=HEAD),
        _plan(door, "endless", lasts_s, connections=4, head=HEAD),
    )


def garbage(door: Door, lasts_s: float, rate: float) -> tuple[Plan, ...]:
    """Return the attack of unproved requests, so many a second, and of endless bodies."""
    return (
        _plan(door, "garbage", lasts_s, connections=4, head=UNPROVED, body=20, rate=rate),
        _plan(door, "withhold", lasts_s, connections=20, head=UNPROVED, body=1_000_000),
    )


def _plan(door: Door, kind: str, seconds: float, **more: object) -> Plan:
    values: Mapping[str, object] = {
        "kind": kind,
        "port": door.port,
        "seconds": seconds,
        "sources": STRANGERS,
        **more,
    }
    return Plan(**values)  # type: ignore[arg-type]


@contextmanager
def opened(rig: Rig) -> Iterator[Door]:
    """Start a door beside the workers of a rig, on its log and clock, without waiting for it."""
    secrets, key = rig.folder / "door.toml", RIG_KEY.active.secret.hex()
    secrets.write_text(
        f'link_key = "{key}"\nwrapping_key = "{key}"\n[connectors.reports]\nkeys = ["{_SECRET}"]\n',
        encoding="utf-8",
    )
    port = _free_port()
    more = {"KADENS_SECRETS_FILE": str(secrets), "KADENS_VENDOR_PORT": str(port)}
    with rig.log("door").open("ab") as out:
        words = (sys.executable, "-m", "kadens", "door", "vendor")
        process = subprocess.Popen(
            words, env=rig.environment("door", **more), stdout=out, stderr=out
        )
    door = Door(rig=rig, port=port, process=process)
    try:
        yield door
    finally:
        door.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
