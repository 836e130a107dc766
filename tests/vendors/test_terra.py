"""Terra played without processes: what it sends is what is true of its user, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from random import Random

import pytest

from ingest.proving.evidence import Evidence
from ingest.proving.verify import Check, Verdict
from ingest.vendors.terra import TERRA_HUB
from kadens.derivation.held_facts import HeldFacts, hold_facts
from model.facts import AttributedFact
from model.received import Context, Part
from parsers.formats import read_items
from simulate.vendors.terra import PlayedTerra, TerraWorkout, terra_headers
from simulate.vendors.vendor_truth import HubTruth
from tests.rows import of_type
from tests.vendors.views import counts_held, days_held, points_held, workouts_held

_START_S = 1_793_509_200  # 2026-11-01T05:00:00Z, an hour before the clocks go back in New York
_NOW_MS = (_START_S + 3 * 86_400) * 1000
_HOUR_MS = 3_600_000

_PLAYED = PlayedTerra(
    user_id="t-1",
    offset_min=-240,
    workouts=[
        TerraWorkout(
            id="a-1",
            start_s=_START_S,
            length_s=1_200,
            number=8,
            type="running",
            beats=[120 + second % 30 for second in range(600)],
            walked=[150, 160, 0, 155],
        ),
        TerraWorkout(id="a-2", start_s=_START_S + 30_000, length_s=600, number=7, type="walking"),
    ],
    nights=[("n-1", _START_S - 9 * 3_600, _START_S - 3_600)],
    days=[("2026-11-01", 8_000, 52)],
)
_Sent = tuple[bytes, int]  # a body, and when Terra made it (epoch ms)


def _sent(bodies: Sequence[bytes]) -> list[_Sent]:
    return [(body, _NOW_MS - _HOUR_MS + number * 1000) for number, body in enumerate(bodies)]


def _everything() -> list[bytes]:
    """Return the events about the user, with earlier states of what has changed since."""
    first = _PLAYED.workouts[0]
    longer = replace(first, length_s=1_500, walked=(*first.walked, 99))
    earlier = _PLAYED.event("activity", _PLAYED.workout(longer))
    fewer = _PLAYED.event("daily", _PLAYED.day(("2026-11-01", 5_000, 60)))
    return [
        earlier,
        fewer,
        _PLAYED.event("activity", *map(_PLAYED.workout, _PLAYED.workouts)),
        _PLAYED.event("sleep", *map(_PLAYED.night, _PLAYED.nights)),
        _PLAYED.event("daily", *map(_PLAYED.day, _PLAYED.days)),
    ]


def _held(sent: Sequence[_Sent]) -> HeldFacts:
    """Return what holds of events that are received in the order given, a minute apart."""
    facts: list[AttributedFact] = []
    for number, (body, made_ms) in enumerate(sent):
        received_ms = _NOW_MS + number * 60_000
        headers = {"x-terra-ordering-timestamp": str(made_ms)}
        context = Context(connector="terra", headers=headers, received_ms=received_ms)
        (part,) = of_type(Part, list(read_items("terra", body, context)))
        assert (part.account, part.rejects) == (_PLAYED.user_id, ())
        digest = sha256(body).hexdigest()
        of = partial(
            AttributedFact, patient="p", connector="terra", received_ms=received_ms, body=digest
        )
        facts += [of(fact=fact) for fact in part.facts]
    return hold_facts(facts, "p", "America/New_York")


def _as_truth(facts: HeldFacts) -> HubTruth:
    return {
        "workouts": workouts_held(facts),
        "heart_rate": points_held(facts, "heart_rate"),
        "steps": counts_held(facts, "steps"),
        "wear": counts_held(facts, "wear"),
        "days": days_held(facts),
    }


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_events_give_what_is_true_in_any_order_and_doubled(seed: int | None) -> None:
    sent = _sent(_everything())
    if seed is not None:
        sent += sent[::2]
        Random(seed).shuffle(sent)  # noqa: S311 - an order, no secret
    assert _as_truth(_held(sent)) == _PLAYED.truth()


def test_an_event_that_comes_hours_late_changes_nothing() -> None:
    late, *rest = _sent(_everything())
    assert _as_truth(_held([*rest, late])) == _PLAYED.truth()


@pytest.mark.parametrize("header", ["terra-signature", "x-terra-signature"])
def test_what_terra_signs_is_proved_under_either_name(header: str) -> None:
    body = _everything()[0]
    signed = terra_headers("secret", body, _NOW_MS // 1000, _NOW_MS)
    for now_ms, verdict in ((_NOW_MS, Verdict.OK), (_NOW_MS + 301_000, Verdict.STALE)):
        evidence = Evidence(
            headers={header: signed[header]},
            segment="",
            patient="",
            secrets=("newer", "secret"),
            now_ms=now_ms,
            window_ms=300_000,
        )
        check = TERRA_HUB.proof.begin(evidence)
        if isinstance(check, Check):
            check.update(body)
            check = check.verdict()
        assert check is verdict
