"""Field cases of what is stated again, counted and received: from bodies to rows, in any order."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import permutations
from typing import Any

import pytest

from model.calendar import MINUTE_MS
from model.derived.sessions import Session
from model.envelope import Envelope
from model.facts import AttributedFact
from parsers.fields import instant_of
from parsers.formats import parse
from stream.reading import attributed_facts
from tests import oracle
from tests.rooms import SHARED

_CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not _CASES.is_dir(), reason="the field cases are not here")

_ZONE = "Europe/Stockholm"
_LATE_MS = 1_791_500_000_000  # 2026-10-08, behind everything that the cases measure


def _expected(case: str) -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads((_CASES / case / "expected.json").read_bytes())
    return read


def _bodies(case: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((_CASES / case).glob("[0-9].json"))]


def _facts(body: bytes, received_ms: int) -> tuple[list[AttributedFact], int]:
    """Return the facts of a body, and the number of its rejects."""
    digest = sha256(body).hexdigest()
    envelope = Envelope(
        connector="open_wearables", received_ms=received_ms, sha256=digest, size=len(body)
    )
    parsed = parse("open_wearables", body, received_ms=received_ms)
    return attributed_facts(envelope, parsed, "p1", _ZONE, "open_wearables"), len(parsed.rejects)


def _rows(received: Iterable[tuple[bytes, int]]) -> oracle.Rows:
    facts: list[AttributedFact] = []
    for body, received_ms in received:
        facts += _facts(body, received_ms)[0]
    return oracle.rows(facts, _ZONE)


def _counting(rows: oracle.Rows) -> list[Session]:
    return [session for session in rows.sessions if session.counts]


def _orders(case: str) -> list[Sequence[tuple[bytes, int]]]:
    """Return the bodies of a case, stated an hour apart, in every order of work."""
    received = []
    for n, body in enumerate(_bodies(case)):
        received.append((body, _LATE_MS + n * 60 * MINUTE_MS))
    return list(permutations(received))


@pytest.mark.parametrize("case", ["O01", "O02"])
def test_what_is_stated_later_holds(case: str) -> None:
    expected = _expected(case)
    for order in _orders(case):
        (session,) = _counting(_rows(order))
        minutes = (session.end_ms - session.start_ms) / MINUTE_MS
        assert minutes == expected["session_min"]


def test_a_redelivery_of_the_first_is_no_later_statement() -> None:
    first, correction = _bodies("O02")
    received = [(first, _LATE_MS), (correction, _LATE_MS + 1), (first, _LATE_MS + 2)]
    for order in permutations(received):
        (session,) = _counting(_rows(order))
        assert session.end_ms - session.start_ms == 45 * MINUTE_MS


def test_a_phone_and_a_watch_do_not_count_the_same_steps() -> None:
    expected = _expected("O04")["steps"]
    for order in _orders("O04"):
        (day,) = _rows(order).days
        assert day.steps is not None
        assert expected["least"] <= day.steps <= expected["most"]


def test_the_total_of_a_day_and_an_hour_of_samples() -> None:
    for order in _orders("O05"):
        (day,) = _rows(order).days
        assert (day.steps, day.steps_counted) == (_expected("O05")["steps"], 900)


def test_a_series_under_its_other_name() -> None:
    (body,) = _bodies("O06")
    facts, rejects = _facts(body, _LATE_MS)
    assert (len(facts), rejects) == (1, _expected("O06")["rejects"])


def test_an_offset_costs_at_most_itself() -> None:
    (order, _) = _orders("O07")
    assert len(_counting(_rows(order))) == _expected("O07")["sessions_counted"]


def test_what_is_measured_after_its_receipt_is_no_fact() -> None:
    (body,) = _bodies("O15")
    received_ms, _ = instant_of(_expected("O15")["received"], "received")
    assert _facts(body, received_ms) == ([], 1)
    assert len(_facts(body, _LATE_MS)[0]) == 1
