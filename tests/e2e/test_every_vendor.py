"""Every vendor that can be played, over the processes of `kadens up`: from sign-in to withdrawal.

A patient connects by the link page, or the clinic links the account. What the vendor sends comes
shuffled and doubled, and what it announces is fetched. What is known in the end is what the vendor
knows to be true, also after revisions and deletions.
"""

import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import httpx2
import psycopg
import pytest

from ingest.vendors import CONNECTORS
from kadens.local.up_options import free_port
from simulate.vendors.partners.fitbit import FitbitServer, fitbit_headers, fitbit_notices
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.playing.played_vendors import PlayedVendor
from simulate.vendors.playing.rounds import refusals, send_round
from simulate.vendors.webhooks import WebhookSender
from simulate.vendors.withings import WithingsServer
from tests.e2e.conftest import Running, up_in
from tests.e2e.known_facts import apart, known_facts
from tests.e2e.lives.life import LIFE_SECRET
from tests.e2e.lives.table import VENDOR_LIVES, played_life
from tests.patient.link_world import Surfer
from tests.rows import values_of
from tests.until import until

_DEADLINE_S = 150
_OTHER = "777"
_ROWS = dict(zip(values_of(CONNECTORS, "name"), CONNECTORS, strict=True))
_WITH_API = [row.name for row in CONNECTORS if row.api is not None and row.api.request is not None]
_REPLAYED = "fitbit"  # nobody can be asked any more: it has a walk of its own below
_FITBIT_CODE = "made-up-code"
_REVOKED = [
    name for name in VENDOR_LIVES if (api := _ROWS[name].api) and api.auth and api.auth.revoke
]
_OPEN = (
    "select count(*) from vendor_fetch f join patient p on p.id = f.patient"
    " where p.pseudonym = %s and f.state <> 'done'"
    # what a vendor has only later is asked for later
    " and not (f.state = 'waiting' and f.not_before > now())"
)


@dataclass(slots=True, kw_only=True)
class _Walked:
    """A running Kadens and the vendors that are played, by name; `fitbit` is one that ended."""

    running: Running
    vendors: dict[str, PlayedVendor]
    fitbit: FitbitServer

    @property
    def dsn(self) -> str:
        return str(self.running.runtime["environment"]["KADENS_DATABASE"])

    def connect(self, name: str, user: str) -> str:
        """Let a new patient connect an account; return the pseudonym."""
        patient = self.running.asks("patient", "add").strip()
        of_patient = ("--patient", patient, "--source", name)
        if VENDOR_LIVES[name].signs_in:
            link = self.running.asks("connect", name, "--patient", patient).split()[0]
            assert Surfer().connect(link, user).status_code == 200
            return patient
        self.running.asks("consent", "give", *of_patient)
        if VENDOR_LIVES[name].brings_tokens:
            tokens = self.running.data / "tokens.json"
            tokens.write_text(json.dumps(self.vendors[name].server.grant(user)), encoding="utf-8")
            self.running.asks("connect", user, *of_patient, "--tokens", str(tokens))
        else:
            self.running.asks("patient", "link", user, *of_patient)
        return patient

    def subscribed(self, name: str, user: str) -> bool:
        """Return whether a vendor knows all that our door wants to be called for."""
        server, api = self.vendors[name].server, _ROWS[name].api
        assert isinstance(server, WithingsServer)
        assert api is not None
        assert api.subscriptions is not None
        return len(server.book.of(user)) == len(api.subscriptions.wanted)

    def send(self, name: str, bodies: list[bytes]) -> None:
        """Send bodies shuffled, and some of them twice."""
        vendor = self.vendors[name]
        sender = self._sender(vendor, name)
        if VENDOR_LIVES[name].orders_by_arrival:
            # A version that comes before an older one is the older one, to such a vendor. So each
            # waits for the one before it, which a busy door may have refused at first.
            for body in [*bodies, *bodies[::3]]:
                sender.push(body)
                self._deliver(vendor, sender)
            return
        for body in bodies:
            sender.push(body)
        sender.mix(Random(name))  # noqa: S311 - no secret
        self._deliver(vendor, sender)

    def _deliver(self, vendor: PlayedVendor, sender: WebhookSender) -> None:
        # a busy door may answer none of the first attempts in time, and vendors try again
        until(
            lambda: self._is_sent(vendor, sender),
            seconds=_DEADLINE_S,
            tell=lambda: refusals(sender),
        )

    def _is_sent(self, vendor: PlayedVendor, sender: WebhookSender) -> bool:
        # a vendor that was told where to call calls there
        if isinstance(vendor.server, WithingsServer):
            sender.send_due()
        else:
            send_round(vendor, sender)
        return not sender.waiting

    def _sender(self, vendor: PlayedVendor, name: str) -> WebhookSender:
        if isinstance(vendor.server, WithingsServer):
            return vendor.server.sender
        callback = f"{self.hook(name)}{VENDOR_LIVES[name].path}"
        return WebhookSender(now_s=time.time, callback=callback, sign=vendor.sign)

    def hook(self, name: str) -> str:
        return f"{self.running.runtime['addresses']['vendor door']}/v1/hooks/{name}"

    def post_fitbit(self, body: bytes) -> int:
        """Send a body as Fitbit did; return the status of the answer."""
        headers = dict(fitbit_headers(LIFE_SECRET, body))
        return httpx2.post(self.hook(_REPLAYED), content=body, headers=headers).status_code

    def fetches(self, patient: str) -> dict[str, tuple[str, str]]:
        """Return state and reason of a patient's fetches, by resource."""
        rows = json.loads(self.running.asks("fetches", "--patient", patient, "--json"))
        return {row["resource"]: (row["state"], row["reason"]) for row in rows}

    def apart(self, name: str, patient: str) -> str:
        """Return how what is known differs from what is true, and what is still to be fetched."""
        life = VENDOR_LIVES[name]
        with psycopg.connect(self.dsn) as conn:
            ((waiting,),) = conn.execute(_OPEN.encode(), [patient]).fetchall()
        if waiting:
            return f"{waiting} fetches are not done"
        known = known_facts(self.dsn, patient, life.metrics)
        return apart(known, life.truth(self.vendors[name].server))

    def settles(self, name: str, patient: str) -> None:
        """Return once what is known is what is true."""
        until(
            lambda: self.apart(name, patient) == "",
            seconds=_DEADLINE_S,
            tell=lambda: self.apart(name, patient),
        )

    def state(self, patient: str) -> str:
        rows = json.loads(self.running.asks("connections", "--patient", patient, "--json"))
        return str(rows[0]["state"])


@pytest.fixture(scope="module")
def walked() -> Iterator[_Walked]:
    with ExitStack() as stack:
        vendors: dict[str, PlayedVendor] = {}
        port = free_port()
        text = [
            f'link_key = "{secrets.token_hex(32)}"',
            f'wrapping_key = "{secrets.token_hex(32)}"',
        ]
        for name, life in VENDOR_LIVES.items():
            vendor = played_life(name, int(time.time()))
            address = stack.enter_context(serving_vendor(vendor.server))
            vendors[name] = vendor
            text += [f"[connectors.{name}]", f"keys = ['{life.key}']"]
            # of a vendor that only pushes nothing is asked
            if _ROWS[name].api is not None:
                text += [f'api = "{address}"', f'api_key = "{vendor.api_key}"']
            if life.has_tokens:
                text += [f'client_id = "{vendor.server.client_id}"']
                text += [f'client_secret = "{vendor.server.client_secret}"']
            if life.registers:
                text += [f'callback = "http://127.0.0.1:{port}/v1/hooks/{name}"']
        gone = FitbitServer(now_s=time.time)
        text += [f"[connectors.{_REPLAYED}]", f"keys = ['{LIFE_SECRET}', 'verify {_FITBIT_CODE}']"]
        text += [f'api = "{stack.enter_context(serving_vendor(gone))}"']
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (data / "secrets.toml").write_text("\n".join(text), encoding="utf-8")
        (data / "secrets.toml").chmod(0o600)
        running = stack.enter_context(up_in(data, port))
        yield _Walked(running=running, vendors=vendors, fitbit=gone)


def test_every_vendor_with_an_api_is_walked() -> None:
    assert set(_WITH_API) <= {*VENDOR_LIVES, _REPLAYED}


@pytest.mark.parametrize("name", VENDOR_LIVES)
def test_a_vendor_is_walked_from_sign_in_to_withdrawal(name: str, walked: _Walked) -> None:
    vendor = walked.vendors[name]
    server = vendor.server
    patient = walked.connect(name, server.user)
    walked.send(name, vendor.bodies)
    walked.settles(name, patient)
    if VENDOR_LIVES[name].registers:
        until(lambda: walked.subscribed(name, server.user), seconds=_DEADLINE_S)
    # what was sent before comes once more among what is new, as after a lost answer
    walked.send(name, [*VENDOR_LIVES[name].change(server), *vendor.bodies[::3]])
    walked.settles(name, patient)
    back = VENDOR_LIVES[name].back
    if back is not None:
        walked.send(name, back(server))
        walked.settles(name, patient)
    assert (server.exceeded, server.reused) == (0, 0)
    walked.running.asks("consent", "withdraw", "--patient", patient, "--source", name)
    if name in _REVOKED:
        until(lambda: server.withdrawn == [server.user], seconds=_DEADLINE_S)
        assert not server.holds(server.user)


@pytest.mark.parametrize("name", [name for name in VENDOR_LIVES if VENDOR_LIVES[name].has_tokens])
def test_who_takes_the_permission_back_at_the_vendor_is_asked_no_longer(
    name: str, walked: _Walked
) -> None:
    server, life = walked.vendors[name].server, VENDOR_LIVES[name]
    patient = walked.connect(name, _OTHER)
    assert walked.state(patient) == "connected"
    if life.registers:
        until(lambda: walked.subscribed(name, _OTHER), seconds=_DEADLINE_S)
    if life.leaves is not None:
        walked.send(name, life.leaves(server, _OTHER))
    if life.news is not None:
        server.revoke(_OTHER)
        walked.send(name, life.news(server, _OTHER))
    # the vendor's word is the patient's; a token that ended may be a mistake
    wanted = "needs reconnecting" if life.leaves is None else "revoked by the patient"
    until(
        lambda: walked.state(patient) == wanted,
        seconds=_DEADLINE_S,
        tell=lambda: walked.state(patient),
    )


def test_what_fitbit_still_had_in_its_queue_is_taken_and_nobody_is_asked(walked: _Walked) -> None:
    address = walked.hook(_REPLAYED)
    codes = (_FITBIT_CODE, "another")
    assert [httpx2.get(f"{address}?verify={code}").status_code for code in codes] == [204, 404]
    patient = walked.running.asks("patient", "add").strip()
    of_patient = ("--patient", patient, "--source", _REPLAYED)
    walked.running.asks("consent", "give", *of_patient)
    walked.running.asks("patient", "link", "ABC123", *of_patient)
    notices = fitbit_notices("ABC123", ["activities", "sleep", "body"], date(2026, 10, 25))
    # in a queue a notice may come twice, and what was forged is answered as Fitbit wanted it
    assert [walked.post_fitbit(notices), walked.post_fitbit(notices)] == [204, 204]
    assert httpx2.post(address, content=notices).status_code == 404
    given_up = ("given_up", "Fitbit ended this interface in November 2026")
    until(
        lambda: len(walked.fetches(patient)) == len(("activities", "sleep")),
        seconds=_DEADLINE_S,
        tell=lambda: str(walked.fetches(patient)),
    )
    until(
        lambda: {state for state, _ in walked.fetches(patient).values()} == {given_up[0]},
        seconds=_DEADLINE_S,
        tell=lambda: str(walked.fetches(patient)),
    )
    assert all(why.startswith(given_up[1]) for _, why in walked.fetches(patient).values())
    assert walked.fitbit.requests == []
