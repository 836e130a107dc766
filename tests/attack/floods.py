"""Floods at both doors, while an ordinary client goes on.

The rows are the times of that client, the memory of the door, and the disk.
"""

import base64
import http.client
import math
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.attack.instruments.attackers import AttackReport, attacked
from tests.attack.instruments.flooder import Plan
from tests.attack.instruments.measure import MB, AttackRow, holds, quantile, shown
from tests.attack.instruments.processes import BLOCK, Watch, open_files
from tests.attack.instruments.senders import SENDERS_HOST, Sender, pain_report
from tests.attack.product import Product
from tests.attack.runs import Options, Town, town
from tests.background import Background

P99_S, _MOST_MEMORY, MOST_DISK = 0.5, 300 * MB, 256 * MB
PACE_S = 0.1
_LOOK_S = 0.5
WITHHELD = 5 * MB
SINGLE_PEER = ("127.0.0.2",)
MANY_PEERS = tuple(f"127.0.7.{n}" for n in range(1, 51))
HEAD_BEGINS = "POST {path} HTTP/1.1\r\nhost: {host}\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A kind of flood.

    It states what is sent, by how many connections from how many addresses, and whether its
    requests are complete.
    """

    name: str
    kind: str
    connections: int
    sources: tuple[str, ...]
    body: int = 0
    rate: float = 0.0


FLOODS: tuple[Flood, ...] = (
    Flood(
        name="1,000 half-open heads of one address",
        kind="drip",
        connections=1000,
        sources=SINGLE_PEER,
    ),
    Flood(
        name="1,000 half-open heads of 50 addresses",
        kind="drip",
        connections=1000,
        sources=MANY_PEERS,
    ),
    Flood(name="endless header values", kind="endless", connections=50, sources=MANY_PEERS),
    Flood(
        name="100 unproved bodies of 5 MB",
        kind="withhold",
        connections=100,
        sources=MANY_PEERS,
        body=WITHHELD,
    ),
    Flood(
        name="10,000 requests a second",
        kind="garbage",
        connections=16,
        sources=SINGLE_PEER,
        body=20,
        rate=10_000,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A door to attack.

    It has the names of its process and of its address, its attacked requests, and an ordinary
    request. `routes` names the routes that are attacked, "" for those of all bodies.
    """

    part: str
    address: str
    unproved: Callable[[Town], str]
    garbage: Callable[[Town], str]
    ordinary: Callable[[Town], bool]
    routes: str = ""

    @property
    def title(self) -> str:
        """Return the words for it in a row."""
        return f"{self.part}, {self.routes}" if self.routes else self.part


def _signed_by_nobody(_at: Town) -> str:
    signature = base64.b64encode(secrets.token_bytes(32)).decode()
    signed = (
        f"svix-id: msg_x\r\nsvix-timestamp: {int(time.time())}\r\nsvix-signature: "
        f"v1,{signature}\r\n"
    )
    return _head("/v1/hooks/open_wearables") + "content-type: application/json\r\n" + signed


def _with_link_token(at: Town) -> str:
    return _head("/v1/files") + f"authorization: Bearer {at.attacker.token}\r\n"


def _form(_at: Town) -> str:
    return (
        _head(f"/alerts/{_NOBODY}/acknowledge")
        + "content-type: application/x-www-form-urlencoded\r\n"
    )


def _with_session_cookie(_at: Town) -> str:
    cookie = f"cookie: session={'x' * 64}\r\n"
    return _head(f"/api/v1/alerts/{_NOBODY}/moves") + cookie + "content-type: application/json\r\n"


def _upload_begun(at: Town) -> str:
    """Begin an upload of five gigabytes, again and again, in the attacker's own name."""
    return _tus("/v1/files/uploads", at) + "upload-length: 5000000000\r\n"


def _part_of_no_upload(at: Town) -> str:
    part = "x-http-method-override: PATCH\r\nupload-offset: 0\r\n"
    kind = "content-type: application/offset+octet-stream\r\n"
    return _tus(f"/v1/files/uploads/{'0' * 32}", at) + part + kind


def _tus(path: str, at: Town) -> str:
    bearer = f"authorization: Bearer {at.attacker.token}\r\n"
    return _head(path) + "tus-resumable: 1.0.0\r\n" + bearer


_NOBODY = "00000000-0000-0000-0000-000000000000"


def _head(path: str) -> str:
    return HEAD_BEGINS.format(path=path, host=SENDERS_HOST)


def _report(at: Town) -> bool:
    body = pain_report(at.others[0].account, f"ordinary-{secrets.token_hex(6)}", value=1)
    return Sender(at.on).report(body).taken


def _bare(_at: Town) -> str:
    return _head("/v1/files")


def worklist(at: Town) -> bool:
    """Ask for the worklist as a clinician's page does; tell whether it came."""
    connection = http.client.HTTPConnection(SENDERS_HOST, at.on.port("clinic"), timeout=10)
    try:
        connection.request("GET", "/api/v1/worklist")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == http.client.OK


TARGETS: tuple[Target, ...] = (
    Target(
        part="vendor door",
        address="vendor door",
        unproved=_signed_by_nobody,
        garbage=_with_link_token,
        ordinary=_report,
    ),
    Target(
        part="vendor door",
        address="vendor door",
        unproved=_part_of_no_upload,
        garbage=_upload_begun,
        ordinary=_report,
        routes="uploads in parts",
    ),
    Target(
        part="clinic door",
        address="clinic",
        unproved=_form,
        garbage=_with_session_cookie,
        ordinary=worklist,
    ),
)


def floods(options: Options) -> Iterator[AttackRow]:
    """Yield a row for each flood at each door.

    A door that an attack has harmed is started anew for the next flood.
    """
    with town(options, 1) as at:
        for target in TARGETS:
            with Ordinary(at, target.ordinary) as quiet:
                time.sleep(options.seconds / 4)
            yield shown(
                "floods", f"{target.title}: nothing", f"p99 {quantile(quiet.times(), 0.99):.2f} s"
            )
            for flood in FLOODS:
                yield _flooded(at, target, flood, options)
                _recovered(at, target)


def _flooded(at: Town, target: Target, flood: Flood, options: Options) -> AttackRow:
    plan = _plan(at, target, flood, options.seconds)
    with (
        Watch(at.on.pid, (target.part,)) as watch,
        Disk(at.on, target.part) as disk,
        attacked(plan) as reported,
        Ordinary(at, target.ordinary) as ordinary,
    ):
        time.sleep(options.seconds)
    times, peak = ordinary.times(), watch.peak[target.part]
    return holds(
        "floods",
        f"{target.title}: {flood.name} ({reported.words()})",
        value=f"{_times(times)}, {peak / MB:.0f} MB, disk +{disk.grown / MB:.0f} MB, "
        f"{watch.restarts(target.part)} restarts",
        limit=f"p99 < {P99_S:g} s, < {_MOST_MEMORY / MB:.0f} MB, < {MOST_DISK / MB:.0f} MB, 0",
        ok=quantile(times, 0.99) < P99_S
        and peak < _MOST_MEMORY
        and disk.grown < MOST_DISK
        and watch.restarts(target.part) == 0
        and _was_real(flood, reported),
    )


def _times(times: list[float]) -> str:
    failed = sum(map(math.isinf, times))
    return f"p99 {quantile(times, 0.99):.2f} s" + (
        f" ({failed} of {len(times)} not answered)" if failed else ""
    )


def _was_real(flood: Flood, value: AttackReport) -> bool:
    """Tell whether the attacker did anything.

    A flood that never began must not count as survived.
    """
    return bool(value.done) and value.done["opened"] + value.done["refused"] >= flood.connections


def _plan(at: Town, target: Target, flood: Flood, seconds: float) -> Plan:
    heads = {"garbage": target.garbage, "withhold": target.unproved}
    head = heads.get(flood.kind, _bare)(at)
    return Plan(
        kind=flood.kind,
        port=at.on.port(target.address),
        seconds=seconds,
        connections=flood.connections,
        sources=list(flood.sources),
        head=head,
        body=flood.body,
        rate=flood.rate,
    )


def _recovered(at: Town, target: Target) -> None:
    """Wait until the door answers as before, so that each flood is measured for itself."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        began = time.monotonic()
        if target.ordinary(at) and time.monotonic() - began < P99_S / 2:
            return
        time.sleep(PACE_S)


class Ordinary(Background):
    """A client that makes ordinary requests in turn, each over a connection of its own."""

    def __init__(self, at: Town, request: Callable[[Town], bool]) -> None:
        super().__init__(PACE_S)
        self._at, self._request = at, request
        self._times: list[float] = []

    def times(self) -> list[float]:
        """Return the seconds of each request, infinite where it failed."""
        return list(self._times)

    def look(self) -> None:
        """Do a request and note how long it took."""
        began = time.monotonic()
        done = self._request(self._at)
        self._times.append(time.monotonic() - began if done else math.inf)


class Disk(Background):
    """Looks twice a second at how far bodies, log and the door's open files have grown."""

    def __init__(self, on: Product, part: str) -> None:
        super().__init__(_LOOK_S)
        self._on, self._part, self.grown = on, part, 0
        self._before = self._used()

    def look(self) -> None:
        """Note the growth if it is the largest so far."""
        self.grown = max(self.grown, self._used() - self._before)

    def _used(self) -> int:
        pid = self._on.pid_of(self._part)
        spooled = open_files(pid) if pid is not None else 0
        return spooled + sum(map(_size, (self._on.folder / "bodies", self._on.folder / "kafka")))


def _size(folder: Path) -> int:
    return sum(map(_blocks, folder.rglob("*")))


def _blocks(path: Path) -> int:
    try:
        return path.lstat().st_blocks * BLOCK
    except OSError:  # gone meanwhile
        return 0
