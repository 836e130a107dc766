"""Vendors that can be played to try the product with: what they send is proved and can be read."""

import base64
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from ingest.proving.evidence import Evidence
from ingest.proving.verify import Verdict
from ingest.vendors import CONNECTORS
from ingest.vendors.polar import POLAR
from model.facts import Workout
from model.received import Context
from parsers.formats import read_items
from simulate.vendors.__main__ import play_vendor
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.platform.vendor_http import serving_vendor
from simulate.vendors.playing.played_vendors import USUAL_KEYS, VENDORS
from simulate.vendors.playing.rounds import refusals, send_round
from simulate.vendors.polar_server import PolarServer
from simulate.vendors.webhooks import WebhookSender, called
from tests.rows import matching, of_type, values_of
from tests.vendors.intake import verdict_on
from tests.vendors.reading import ArrivedBody, account_facts

_NOWHERE = "http://127.0.0.1:1/hook"


# the others push only that something is there to be fetched
@pytest.mark.parametrize("name", ["garmin", "suunto"])
def test_a_played_vendor_sends_the_last_days_of_its_user(name: str) -> None:
    vendor = VENDORS[name](int(time.time()), "key")
    (row,) = matching(CONNECTORS, name=name)
    facts = []
    for body in vendor.bodies:
        item = ArrivedBody(body=body, received_ms=round(time.time() * 1000))
        facts += account_facts(row, item, vendor.server.user)
    assert set(values_of(of_type(Workout, values_of(facts, "fact")), "type")) == {"walking"}
    metrics = {getattr(fact, "metric", "") for fact in values_of(facts, "fact")}
    assert {"heart_rate", "steps", "wear", "heart_rate_variability_rmssd"} <= metrics
    assert vendor.sign(b"body", 0.0)


@pytest.mark.parametrize(
    ("name", "resources"),
    [
        ("oura", {"sleep", "workout", "daily_activity"}),
        ("whoop", {"workout", "sleep", "sleep_of_recovery"}),
    ],
)
def test_a_played_vendor_announces_the_last_days_of_its_user(
    name: str, resources: set[str]
) -> None:
    vendor = VENDORS[name](int(time.time()), "key")
    fetches = []
    for body in vendor.bodies:
        fetches += list(read_items(name, body, Context(connector=name)))
    assert set(values_of(fetches, "resource")) == resources
    assert set(values_of(fetches, "account")) == {vendor.server.user}
    assert vendor.sign(b"body", 0.0)


def test_what_is_pushed_meanwhile_is_sent_as_well_and_again_after_a_failure() -> None:
    vendor = VENDORS["garmin"](int(time.time()), "key")
    assert isinstance(vendor.server, GarminServer)
    sender = WebhookSender(now_s=lambda: 0.0, callback=_NOWHERE, sign=vendor.sign)
    vendor.server.withdraw(vendor.server.user)
    assert send_round(vendor, sender) == 0
    nobody = "(is the address of --hook right, and is `kadens up` running?)"
    assert refusals(sender) == f", 1 refused with no answer {nobody}"
    assert (vendor.server.outbox, len(sender.waiting), sender.waiting[0].failures) == ([], 1, 1)


def test_a_refusal_is_told_with_the_reason_of_the_door_and_what_to_check() -> None:
    class Refusing(PlatformServer):
        def public(self, arrived: Arrived) -> Reply:
            del arrived
            return Reply(status=401, body=b'{"reason": "no_key"}')

    with serving_vendor(Refusing(now_s=time.time)) as address:
        sender = WebhookSender(now_s=lambda: 0.0, callback=address)
        sender.push(b"1")
        sender.push(b"2")
        sender.send_due()
    assert refusals(sender) == (
        ", 2 refused with 401 no_key (are the key and the segment of --hook those in `keys` of the "
        "secrets file, and was `kadens up` started again since?)"
    )


@contextmanager
def _hook(door: list[tuple[Mapping[str, str], bytes]]) -> Iterator[str]:
    """Give an address that answers 200, and keep what arrives there."""

    class Kept(PlatformServer):
        def public(self, arrived: Arrived) -> Reply:
            door.append((arrived.headers, arrived.body))
            return Reply()

    with serving_vendor(Kept(now_s=time.time)) as address:
        yield f"{address}/v1/hooks/polar"


def _polar_verdict(key: str, arrived: tuple[Mapping[str, str], bytes]) -> Verdict:
    headers, body = arrived
    evidence = Evidence(
        headers=headers, segment="", patient="", secrets=(key,), now_ms=0, window_ms=0
    )
    return verdict_on(POLAR, evidence, body)


def test_a_played_polar_calls_the_webhook_that_is_created_and_signs_with_its_key() -> None:
    vendor = VENDORS["polar"](int(time.time()), USUAL_KEYS["polar"])
    sender = WebhookSender(now_s=lambda: 0.0, callback=_NOWHERE, sign=vendor.sign)
    sender.push(vendor.bodies[0])
    assert (send_round(vendor, sender), refusals(sender)) == (0, "")
    door: list[tuple[Mapping[str, str], bytes]] = []
    with serving_vendor(vendor.server) as address, _hook(door) as hook:
        ours = f"{vendor.server.client_id}:{vendor.server.client_secret}".encode()
        signed_in = {"authorization": f"Basic {base64.b64encode(ours).decode()}"}
        wanted = json.dumps({"events": ["EXERCISE", "SLEEP"], "url": hook}).encode()
        created = called("POST", f"{address}/v3/webhooks", wanted, signed_in)
        assert created.status == 201
        assert called("POST", f"{address}/v3/webhooks", wanted, signed_in).status == 409
        assert send_round(vendor, sender) == 1
    key = json.loads(created.body)["data"]["signature_secret_key"]
    ping, notice = door
    assert (json.loads(ping[1])["event"], notice[1]) == ("PING", vendor.bodies[0])
    assert _polar_verdict(key, notice) is Verdict.OK
    assert _polar_verdict("key", notice) is Verdict.FORGED


def test_a_played_polar_with_a_key_has_its_webhook_at_the_hook() -> None:
    vendor = VENDORS["polar"](int(time.time()), "key")
    door: list[tuple[Mapping[str, str], bytes]] = []
    with _hook(door) as hook:
        sender = WebhookSender(now_s=lambda: 0.0, callback=hook, sign=vendor.sign)
        sender.push(vendor.bodies[0])
        assert send_round(vendor, sender) == 1
    assert isinstance(vendor.server, PolarServer)
    assert vendor.server.webhook is not None
    assert vendor.server.webhook.url == hook
    assert [_polar_verdict("key", arrived) for arrived in door] == [Verdict.OK]


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            play_vendor(["garmin", "--hook", _NOWHERE, "--port", str(port)])
    text = f"port {port} is taken: choose --port, and write the same port into `api`"
    assert ended.value.code == text


@pytest.mark.parametrize(
    "words", [["garmin"], ["polar", "--key", "key"]], ids=["garmin", "polar with a key"]
)
def test_the_address_of_the_hook_is_wanted(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        play_vendor(words)
    assert "--hook is needed" in capsys.readouterr().err


def test_the_help_names_the_port_and_the_keys(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        play_vendor(["--help"])
    page = " ".join(capsys.readouterr().out.split())
    assert "on loopback, 9301 if unset" in page
    assert "needed for google_health, oura, suunto and whoop" in page
