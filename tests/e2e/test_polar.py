"""A Polar account from its link to its withdrawal, and its workouts from notice to session.

On all parts of `kadens up`. The vendor is played by a server of ours. The fetcher is killed while
an answer is on its way.
"""

import json
import os
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx2
import numpy as np
import psycopg
import pytest

from model.calendar import epoch_ms
from simulate.fit_writer import Recording, write_activity
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.polar import exercise_notice, polar_headers
from simulate.vendors.polar_server import PolarServer
from tests.e2e.conftest import Running, up_in
from tests.frozen import children
from tests.patient.link_world import Surfer
from tests.until import until

_START_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z
_HOUR_MS = 3_600_000
_MINUTES = 20
_USER = 475
_KEY = "made-up-key-of-the-webhook"
_SENT = "2025-11-24T10:00:00Z"
_ANNOUNCED = ("exercise", "exercise_details")


@dataclass(slots=True, kw_only=True)
class PolarPatient:
    """A running Kadens with a connected patient, and the vendor that is played."""

    running: Running
    vendor: PolarServer
    patient: str

    def workout(self, entity: str, hour: int) -> None:
        """Let the vendor have a workout of twenty minutes, and announce it."""
        start_ms = _START_MS + hour * _HOUR_MS
        t = start_ms + np.arange(_MINUTES * 60, dtype=np.int64) * 1000
        columns = {"heart_rate": np.full(len(t), 120.0), "cadence": np.full(len(t), 110.0)}
        recording = Recording(
            start_ms=start_ms, end_ms=start_ms + _MINUTES * 60_000, t=t, columns=columns
        )
        self.vendor.exercises[entity] = {"fit": write_activity(recording)}
        body = exercise_notice(_USER, entity, _SENT)
        door = self.running.runtime["addresses"]["vendor door"]
        answer = httpx2.post(
            f"{door}/v1/hooks/polar", content=body, headers=polar_headers(_KEY, body, "EXERCISE")
        )
        assert answer.status_code == 200

    def fetches(self) -> list[dict[str, Any]]:
        """Return the fetches of what was announced, not those of the past."""
        rows: list[dict[str, Any]] = json.loads(
            self.running.asks("fetches", "--patient", self.patient, "--json")
        )
        return [row for row in rows if row["resource"] in _ANNOUNCED]

    def column(self, query: LiteralString) -> list[Any]:
        with psycopg.connect(self.running.runtime["environment"]["KADENS_DATABASE"]) as conn:
            return [value for (value,) in conn.execute(query).fetchall()]

    def sessions(self) -> list[int]:
        """Return the starts of all sessions, in epoch ms."""
        starts = self.column("select start_at from session order by 1")
        return list(map(epoch_ms, starts))


@pytest.fixture(scope="module")
def polar() -> Iterator[PolarPatient]:
    vendor = PolarServer(now_s=time.time)
    with serving_vendor(vendor) as address, tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "secrets.toml").write_text(_secrets(vendor, address), encoding="utf-8")
        (data / "secrets.toml").chmod(0o600)
        with up_in(data) as running:
            patient = running.asks("patient", "add", "--pseudonym", "walker").strip()
            link = running.asks("connect", "polar", "--patient", patient).split()[0]
            door = running.runtime["addresses"]["patient door"]
            assert link.startswith(f"{door}/connect/")
            page = Surfer().connect(link, str(_USER))
            assert "Polar is connected" in page.text
            yield PolarPatient(running=running, vendor=vendor, patient=patient)


def _secrets(vendor: PolarServer, address: str) -> str:
    keys = f'link_key = "{secrets.token_hex(32)}"\nwrapping_key = "{secrets.token_hex(32)}"\n'
    client = f'client_id = "{vendor.client_id}"\nclient_secret = "{vendor.client_secret}"\n'
    return f'{keys}[connectors.polar]\nkeys = ["{_KEY}"]\napi = "{address}"\n{client}'


def _is_announced(path: str) -> bool:
    return path.startswith("/v3/exercises/")


def _fetcher_of(running: Running) -> int:
    """Return the process id of the fetcher."""
    for pid in children(int((running.data / "up.pid").read_text())):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"fetcher" in words:
            return pid
    raise LookupError("no fetcher runs")


def test_an_announced_workout_becomes_a_session(polar: PolarPatient) -> None:
    polar.workout("e1", 0)
    until(lambda: len(polar.sessions()) == 1)
    until(lambda: {row["state"] for row in polar.fetches()} == {"done"})
    # the file of the watch has every sample, the vendor's own answer the patient's effort
    assert {row["resource"] for row in polar.fetches()} == {"exercise", "exercise_details"}
    assert polar.sessions() == [_START_MS]
    paths = sorted(sent.path for sent in polar.vendor.requests)
    assert list(filter(_is_announced, paths)) == [
        "/v3/exercises/e1/fit",
        "/v3/exercises/e1?samples=true",
    ]
    # without the registration after linking Polar gives no data
    assert paths.count("/v3/users") == 1


def test_an_ended_token_is_renewed_and_the_workout_arrives(polar: PolarPatient) -> None:
    polar.vendor.end_access(_USER)
    polar.workout("e2", 2)
    until(lambda: len(polar.sessions()) == 2)
    assert (polar.vendor.refreshes, polar.vendor.reused) == (1, 0)


def test_a_fetcher_that_is_killed_while_it_asks_loses_nothing(polar: PolarPatient) -> None:
    polar.vendor.hold = threading.Event()
    before = len(polar.vendor.requests)
    polar.workout("e3", 4)
    until(lambda: len(polar.vendor.requests) > before)
    os.kill(_fetcher_of(polar.running), signal.SIGKILL)
    polar.vendor.hold.set()
    polar.vendor.hold = None
    # the lease of a killed attempt lasts minutes, which the test does not wait
    polar.column("update vendor_connection set leased_until = now() returning account")
    until(lambda: len(polar.sessions()) == 3)
    until(lambda: {row["state"] for row in polar.fetches()} == {"done"})
    # an announcement holds no data, and each workout is kept once
    assert polar.column("select count(*) from body where connector = 'polar'") == [3]
    assert polar.column("select account from vendor_connection where state = 'connected'") == [
        "475"
    ]


def test_the_doctor_tells_of_connected_accounts(polar: PolarPatient) -> None:
    results = json.loads(polar.running.kadens("doctor", "--json"))
    (own,) = [row for row in results if row["what"] == "fetches"]
    assert (own["well"], own["says"]) == (True, "1 accounts connected, 0 of them need reconnecting")
    (linking,) = [row for row in results if row["what"] == "linking"]
    door = polar.running.runtime["addresses"]["patient door"]
    assert linking["well"]
    assert linking["says"] == f"register as addresses of return: {door}/callback/polar"


def test_a_withdrawal_reaches_the_vendor_and_ends_the_connection(polar: PolarPatient) -> None:
    def state() -> str:
        rows = json.loads(polar.running.asks("connections", "--json"))
        (only,) = [row for row in rows if row["patient"] == polar.patient]
        return str(only["state"])

    assert state() == "connected"
    polar.running.kadens("consent", "withdraw", "--patient", polar.patient, "--source", "polar")
    until(lambda: polar.vendor.withdrawn == [str(_USER)])
    assert state() == "revoked by the patient"
    until(
        lambda: polar.column("select count(*) from vendor_withdrawal where tokens is null") == [1]
    )
    assert polar.column("select count(*) from vendor_connection") == [0]
