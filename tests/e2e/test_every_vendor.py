"""Every vendor that can be played, over the processes of `kadens up`: from sign-in to withdrawal.

A patient connects by the link page, the vendor sends what it has, and what it announces is fetched.
Vendors with an api that nobody plays yet are listed as skipped.
"""

import hashlib
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg
import pytest

from ingest.vendors import CONNECTORS
from simulate.vendors.__main__ import VENDORS, PlayedVendor, send_round
from simulate.vendors.vendor_http import serving_vendor
from simulate.vendors.webhooks import WebhookSender
from tests.e2e.conftest import Running, up_in
from tests.patient.link_world import Surfer
from tests.until import until

_DEADLINE_S = 120
_SEGMENT = hashlib.sha256(b"made up").hexdigest()
_WITH_API = [row.name for row in CONNECTORS if row.api is not None and row.api.request is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registered:
    """How a vendor was registered: what the door knows, what it signs with, where it calls."""

    key: str
    signs_with: str
    path: str = ""


_REGISTERED = {
    "garmin": _Registered(
        key=f"{_SEGMENT}:client-of-tests", signs_with="client-of-tests", path=f"/{_SEGMENT}"
    ),
    "suunto": _Registered(key="made-up-secret", signs_with="made-up-secret"),
    "oura": _Registered(key="made-up-secret", signs_with="made-up-secret"),
    "whoop": _Registered(key="made-up-secret", signs_with="made-up-secret"),
    "google_health": _Registered(key="Bearer made-up", signs_with="Bearer made-up"),
    "polar": _Registered(key="made-up-key", signs_with="made-up-key"),
    "strava": _Registered(key=_SEGMENT, signs_with="", path=f"/{_SEGMENT}"),
}
_WALKED = sorted(_REGISTERED.keys() & VENDORS.keys())


@dataclass(slots=True, kw_only=True)
class _Walked:
    """A running Kadens and the vendors that are played, by name."""

    running: Running
    vendors: dict[str, PlayedVendor]

    def connect(self, name: str) -> str:
        """Let a new patient sign in at a vendor; return the pseudonym."""
        patient = self.running.kadens("patient", "add").strip()
        link = self.running.kadens("connect", name, "--patient", patient).split()[0]
        page = Surfer().connect(link, self.vendors[name].server.user)
        assert page.status_code == 200
        return patient

    def send(self, name: str, chance: Random) -> None:
        """Send all that a vendor has, shuffled, and some of it twice."""
        door = self.running.runtime["addresses"]["vendor door"]
        callback = f"{door}/v1/hooks/{name}{_REGISTERED[name].path}"
        vendor = self.vendors[name]
        sender = WebhookSender(now_s=time.time, callback=callback, sign=vendor.sign)
        for body in vendor.bodies:
            sender.push(body)
        sender.mix(chance)
        send_round(vendor, sender)
        assert sender.waiting == []

    def column(self, query: str, *values: object) -> list[object]:
        dsn = self.running.runtime["environment"]["KADENS_DATABASE"]
        with psycopg.connect(dsn) as conn:
            return [value for (value,) in conn.execute(query.encode(), values).fetchall()]

    def has_ended(self, patient: str) -> bool:
        """Return whether a workout is there, and nothing is left to be fetched."""
        sessions = self.column(
            "select count(*) from session s join patient p on p.id = s.patient"
            " where p.pseudonym = %s",
            patient,
        )
        open_fetches = self.column(
            "select count(*) from vendor_fetch f join patient p on p.id = f.patient"
            " where p.pseudonym = %s and f.state <> 'done'"
            # what a vendor has only later is asked for later
            " and not (f.state = 'waiting' and f.not_before > now())",
            patient,
        )
        return sessions[0] != 0 and open_fetches == [0]


@pytest.fixture(scope="module")
def walked() -> Iterator[_Walked]:
    with ExitStack() as stack:
        vendors: dict[str, PlayedVendor] = {}
        text = [
            f'link_key = "{secrets.token_hex(32)}"',
            f'wrapping_key = "{secrets.token_hex(32)}"',
        ]
        for name in _WALKED:
            vendor = VENDORS[name](int(time.time()), _REGISTERED[name].signs_with)
            address = stack.enter_context(serving_vendor(vendor.server))
            vendors[name] = vendor
            text += [
                f"[connectors.{name}]",
                f"keys = ['{_REGISTERED[name].key}']",
                f'api = "{address}"',
                f'client_id = "{vendor.server.client_id}"',
                f'client_secret = "{vendor.server.client_secret}"',
                f'api_key = "{vendor.api_key}"',
            ]
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (data / "secrets.toml").write_text("\n".join(text), encoding="utf-8")
        (data / "secrets.toml").chmod(0o600)
        yield _Walked(running=stack.enter_context(up_in(data)), vendors=vendors)


@pytest.mark.parametrize("name", _WITH_API)
def test_a_vendor_is_walked_from_sign_in_to_withdrawal(
    name: str, request: pytest.FixtureRequest
) -> None:
    if name not in _WALKED:
        pytest.skip(f"{name} is played in tests/vendors (Polar in test_polar.py), not here yet")
    walked: _Walked = request.getfixturevalue("walked")
    patient = walked.connect(name)
    walked.send(name, Random(name))  # noqa: S311 - no secret
    until(lambda: walked.has_ended(patient), seconds=_DEADLINE_S)
    server = walked.vendors[name].server
    assert (server.exceeded, server.reused) == (0, 0)
    # the patient withdraws, and the vendor is told
    walked.running.kadens("consent", "withdraw", "--patient", patient, "--source", name)
    until(lambda: server.withdrawn == [server.user], seconds=_DEADLINE_S)
    assert not server.holds(server.user)
