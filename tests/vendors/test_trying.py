"""Vendors that can be played to try the product with: what they send is proved and can be read."""

import time

import pytest

from ingest.vendors import CONNECTORS
from model.facts import Workout
from model.received import Context
from parsers.formats import read_items
from simulate.vendors.__main__ import VENDORS, refusals, send_round
from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.webhooks import WebhookSender
from tests.rows import matching, of_type, values_of
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
    assert refusals(sender) == ", 1 refused with no answer"
    assert (vendor.server.outbox, len(sender.waiting), sender.waiting[0].failures) == ([], 1, 1)
