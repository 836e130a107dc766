"""Every process of Kadens at work on one patient, whose marker values a test looks for afterwards.

Each process is started as a deployment does it, and serves its metrics at a port of its own.
"""

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from struct import pack
from uuid import UUID

import httpx2
from psycopg.sql import SQL, Identifier

from kadens.embedded.mock import MockKafka
from kadens.embedded.postgres import temporary_postgres
from kadens.local.mailbox import Mailbox
from model.calendar import DAY_MS, HOUR_MS, rfc3339
from storage.bodies.body_store import Directory
from storage.people import care_team
from storage.pg.migrate import migrate
from storage.pg.pool import Connection, adapt
from tests.rig import PARTITIONS, Rig, run
from tests.storage.derived.traces import NUMBER, files, settle

LEAVING, STAYS = "gone-7f3e51c0", "stays-0a11ea5e"
GONE_NAME = "Xanthippa Markerstrand"
_UNIT = "unit"
_KEYS = {kind: bytes([number] * 32).hex() for number, kind in enumerate(("wrapping", "link"))} | {
    "audit": bytes(range(32)).hex(),
    "identity": bytes(range(1, 33)).hex(),
}
_SIGNED = base64.b64encode(bytes(24)).decode()
_PROCESSES: Mapping[str, tuple[str, ...]] = {
    "vendor": ("door", "vendor"),
    "clinic": ("door", "clinic"),
    "patient": ("door", "patient"),
    "worker": ("worker",),
    "uploads": ("uploads",),
    "fetcher": ("fetcher",),
}
DOORS = ("vendor", "clinic", "patient")
# The one process without metrics: it only moves bodies, which the vendor door has counted.
WITH_METRICS = tuple(name for name in _PROCESSES if name != "uploads")


@dataclass(slots=True, kw_only=True)
class Leaving:
    """The processes, their database and folder, and what was read of them on the way."""

    rig: Rig
    cluster: Path
    empty: str
    ports: dict[str, int]
    markers: dict[str, bytes] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    printed: str = ""

    @property
    def folder(self) -> Path:
        return self.rig.folder

    def kadens(self, *words: str, given: str = "", **more: str) -> str:
        """Run a command, and return what it printed; its notes go to a log."""
        with self.rig.log("commands").open("ab") as notes:
            done = subprocess.run(
                [sys.executable, "-m", "kadens", *words],
                env=self.rig.environment("", **more),
                input=given.encode(),
                stdout=subprocess.PIPE,
                stderr=notes,
                timeout=180,
                check=False,
            )
        assert done.returncode == 0, f"{words}: {done.stdout!r}\n{self.rig.tail()}"
        return done.stdout.decode()

    def address(self, door: str) -> str:
        return f"http://127.0.0.1:{self.ports[door]}"

    def metrics(self) -> dict[str, str]:
        """Return what each process shows at its own port."""
        ports = map(self.ports.get, map("{} metrics".format, WITH_METRICS))
        return dict(zip(WITH_METRICS, map(_text, ports), strict=True))

    def markers_in(self, content: bytes) -> set[str]:
        """Return the names of the markers in some bytes."""
        return {name for name, marker in self.markers.items() if marker in content}

    def holding(self, folder: Path) -> dict[str, set[str]]:
        """Return the names of the markers in each file that has any, by its path in the folder."""
        holders: dict[str, set[str]] = {}
        for path in files(folder):
            # a running server makes files and removes them: what is gone by then holds nothing
            with suppress(FileNotFoundError):
                if names := self.markers_in(path.read_bytes()):
                    holders[str(path.relative_to(folder))] = names
        return holders

    def relations(self) -> dict[str, set[str]]:
        """Return the names of the markers in each table and index that has any."""
        query = "select pg_relation_filepath(oid), relname from pg_class"
        known: dict[str, str] = dict(self.rig.rows(query))
        holders: dict[str, set[str]] = {}
        for path, names in self.holding(self.cluster).items():
            relation = path.removeprefix("cluster/").partition(".")[0]
            holders[known.get(relation, path)] = names
        return holders

    def mails(self) -> list[Path]:
        return sorted((self.folder / "mail").glob("*.eml"))

    def table_files(self) -> list[Path]:
        return files(self.cluster / "cluster" / "base")

    def count(self, table: str) -> int:
        joined = f"{table} x join patient p on p.id = x.patient"
        query = f"select count(*) from {joined} where p.pseudonym = %s"  # noqa: S608 - our names
        return int(self.rig.value(query, LEAVING))


@contextmanager
def leaving_world() -> Iterator[Leaving]:
    """Run all processes on a log, a database and a mail catcher of their own."""
    page_images = {"full_page_writes": "on"}  # the write-ahead log as a deployed server writes it
    with (
        temporary_postgres(settings=page_images) as server,
        MockKafka(PARTITIONS) as kafka,
        _folder(server.data.parent) as folder,
        Mailbox(folder / "mail", _free_port()) as mailbox,
    ):
        dsn = server.create_database("kadens")
        run(migrate(dsn))
        rig = Rig(brokers=kafka.address, mock=True, dsn=dsn, folder=folder)
        # the sender of a report signs with the time of this machine
        rig.set_clock(int(time.time() * 1000))
        home = server._home
        assert home is not None
        world = Leaving(
            rig=rig, cluster=home.data, empty=server.create_database("restored"), ports=_ports()
        )
        _set(world, mailbox.address)
        try:
            yield world
        finally:
            rig.stop()


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    folder = parent / "kadens"
    folder.mkdir()
    yield folder


def _set(world: Leaving, smtp: str) -> None:
    own = "".join(f'{kind}_key = "{key}"\n' for kind, key in _KEYS.items())
    connectors = f'\n[connectors.reports]\nkeys = ["whsec_{_SIGNED}"]\n'
    (world.folder / "secrets.toml").write_text(own + connectors, encoding="utf-8")
    world.rig.settings |= {
        "KADENS_SMTP": smtp,
        "KADENS_UPLOADS": str(world.folder / "uploads"),
        "KADENS_CLINIC_DEMO": "1",
        "KADENS_CLINIC_UNIT": _UNIT,
        "KADENS_ERASURES": str(world.folder / "erasures.jsonl"),
        "KADENS_AUDIT_HEADS": str(world.folder / "audit-heads.jsonl"),
    }
    for door in DOORS:
        world.rig.settings[f"KADENS_{door.upper()}_PORT"] = str(world.ports[door])
        world.rig.settings[f"KADENS_{door.upper()}_URL"] = world.address(door)


def start_everything(world: Leaving) -> None:
    """Start every process, and wait until the doors answer."""
    for name, words in _PROCESSES.items():
        port = str(world.ports.get(f"{name} metrics", 0))
        program = (sys.executable, "-m", "kadens", *words)
        world.rig.start_worker(name, program, KADENS_METRICS_PORT=port)
    for door in DOORS:
        world.rig.wait(partial(_answers, world.ports[door]), f"the {door} door")


def fill(world: Leaving) -> None:
    """Leave two patients in every table, and note the markers of the one who goes."""

    async def people(conn: Connection) -> list[str]:
        adapt(conn)
        await care_team.add_unit(conn, _UNIT)
        clinician = care_team.Clinician(
            subject="c", name="C", email="team@clinic.example", unit=_UNIT
        )
        await care_team.add_clinician(conn, clinician)
        store = Directory(world.folder / "bodies")
        await settle(conn, store, STAYS)
        await conn.execute(f"alter table patient alter column id restart with {NUMBER}")
        made = await settle(conn, store, LEAVING, name=GONE_NAME)
        # made up by the tests: no mail that can be sent, no key or body that can be opened
        for table in ("outbox", "identity.statistic_key", "quarantine"):
            await conn.execute(SQL("delete from {}").format(Identifier(*table.split("."))))
        # so that a pain becomes an alert of its own
        await conn.execute("update alert set family = 'adherence'")
        await conn.commit()
        return made

    pseudonym, number, digest, serial, alert = world.rig.do(people)
    world.markers |= {
        "pseudonym": pseudonym.encode(),
        "name": GONE_NAME.encode(),
        "number": pack("<i", int(number)),
        "number in text": number.encode(),
        "sha256": bytes.fromhex(digest),
        "sha256 in text": digest.encode(),
        "serial": serial.encode(),
        "alert": UUID(alert).bytes,
        "alert in text": alert.encode(),
    }


def use(world: Leaving) -> None:
    """Do with the patient what people do, well and badly, at each door and by commands."""
    world.kadens("patient", "link", "--patient", LEAVING, "--source", "reports", LEAVING)
    world.kadens("consent", "give", "--patient", LEAVING, "--source", "reports")
    world.kadens("consent", "give", "--patient", LEAVING, "--source", "files")
    world.kadens("patient", "identity", "--patient", LEAVING, given="191212121212\n")
    _reported(world)
    _uploaded(world)
    _looked_at(world)
    _signed_in(world)


def _reported(world: Leaving) -> None:
    """Report a pain that raises an alert, and something that cannot be read."""
    before = world.count("alert")
    for name, body in (
        ("pain", _report(LEAVING)),
        ("broken", _report(LEAVING, answered_at=LEAVING)),
        ("unknown", _report("nobody")),
    ):
        case = world.folder / f"{name}.case"
        case.write_bytes(body)
        world.kadens("send", "reports", str(case))
        if name != "unknown":
            world.markers[f"sha256 of {name}"] = sha256(body).hexdigest().encode()
        case.unlink()
    world.rig.wait(lambda: world.count("alert") > before, "an alert")
    world.rig.wait(lambda: world.mails() != [], "a mail")


def _report(account: str, **more: str) -> bytes:
    """Return the report of a pain 9 an hour ago."""
    report = {
        "id": f"r-{LEAVING}",
        "answered_at": rfc3339(int(time.time() * 1000) - HOUR_MS),
        "instrument": "pain",
        "phase": "after",
        "value": 9,
        "scale": "nrs-0-10",
        **more,
    }
    return json.dumps({"type": "report.created", "patient": account, "report": report}).encode()


def _uploaded(world: Leaving) -> None:
    token = world.kadens("patient", "token", "--patient", LEAVING, "--json")
    bearer = str(json.loads(token)["token"])
    world.markers["link token"] = bearer.encode()
    headers = {"authorization": f"Bearer {bearer}", "x-filename": f"{LEAVING}.fit"}
    for path, body in (
        ("/v1/files", f"no file of {LEAVING}".encode()),
        (f"/v1/files/{LEAVING}?patient={LEAVING}", b"{"),
    ):
        world.answers.append(_post(world.address("vendor") + path, body, headers))
    for path in (f"/v1/hooks/{LEAVING}", f"/{LEAVING}?name={GONE_NAME}"):
        world.answers.append(_post(world.address("vendor") + path, LEAVING.encode(), {}))


def _looked_at(world: Leaving) -> None:
    """Read the patient at the clinician door, and ask for what is not there."""
    base = world.address("clinic")
    for path in (
        f"/patients/{LEAVING}",
        f"/patients/{LEAVING}/summary",
        f"/patients/{LEAVING}/prescriptions",
        f"/patients/{LEAVING}/nothing?name={GONE_NAME}",
        f"/api/v1/patients/{LEAVING}",
        f"/api/v1/patients/{LEAVING}/sessions",
        f"/api/v1/patients/{LEAVING}/timeline?from={LEAVING}",
        f"/?search={GONE_NAME}",
    ):
        world.answers.append(httpx2.get(base + path, timeout=60).status_code)
    for path in (f"/patients/{LEAVING}/note", f"/patients/{LEAVING}/sessions/{LEAVING}/marks"):
        form = {"text": GONE_NAME, "token": LEAVING, "reason": LEAVING}
        world.answers.append(httpx2.post(base + path, data=form, timeout=60).status_code)


def _signed_in(world: Leaving) -> None:
    """Sign the patient in by a link, and see every page."""
    made = world.kadens("patient", "door-link", "--patient", LEAVING, "--json")
    link = str(json.loads(made)["link"])
    base = world.address("patient")
    world.markers["door link"] = link.rpartition("/")[2].encode()
    with httpx2.Client(base_url=base, headers={"origin": base}, timeout=60) as browser:
        world.answers.append(browser.post(link).status_code)
        world.cookies |= dict(browser.cookies)
        secrets = world.cookies.items()
        world.markers |= {f"cookie {name}": value.encode() for name, value in secrets}
        for path in ("/", "/data", "/rights", "/looked", "/report", "/block", f"/{LEAVING}"):
            world.answers.append(browser.get(path, params={"name": GONE_NAME}).status_code)


def forget(world: Leaving) -> None:
    """Let a week go by, after which a vendor that does not answer is no longer told."""
    world.rig.set_clock(int(time.time() * 1000) + 8 * DAY_MS)
    waiting = "select count(*) from vendor_withdrawal where patient is null"
    world.rig.wait(lambda: world.rig.value(waiting) == 0, "vendors that are told")
    # the counter of numbers moves on with the next patient
    world.kadens("patient", "add")


def look_again(world: Leaving) -> None:
    """Ask for the erased patient at each door, as bookmarks and watches do."""
    for path in (f"/patients/{LEAVING}", f"/api/v1/patients/{LEAVING}/sessions"):
        world.answers.append(httpx2.get(world.address("clinic") + path, timeout=60).status_code)
    headers = {"authorization": f"Bearer {world.markers['link token'].decode()}"}
    body = f"after all, {LEAVING}".encode()
    world.answers.append(_post(world.address("vendor") + "/v1/files", body, headers))
    with httpx2.Client(base_url=world.address("patient"), cookies=world.cookies) as browser:
        world.answers.append(browser.get("/").status_code)


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    return httpx2.post(url, content=body, headers=dict(headers), timeout=60).status_code


def _ports() -> dict[str, int]:
    names = [*DOORS, *map("{} metrics".format, WITH_METRICS)]
    return dict(zip(names, map(_free_port, names), strict=True))


def _free_port(_name: str = "") -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _text(port: int | None) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())
