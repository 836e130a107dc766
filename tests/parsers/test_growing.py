"""Of what only grows, the longer and then the greater version counts, whatever comes first."""

import json
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import pytest

from model.facts import AttributedFact, DaySummary, Fact, SampleBlock
from model.received import Context, Part
from parsers.formats import read_items
from parsers.growing import size_of_stretch, size_of_totals
from tests.rows import of_type

_START_S = 1_791_158_400
_HOUR_MS = 3_600_000


def _garmin(name: str, steps: float, length_s: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    record = {
        "userId": "u",
        "summaryId": "s",
        "calendarDate": "2026-10-05",
        "startTimeInSeconds": _START_S,
        "durationInSeconds": length_s,
        "steps": steps,
    }
    return {name: [{**record, **more}]}


def _withings(steps: int, modified: int | None) -> dict[str, Any]:
    day = {"date": "2026-10-05", "timezone": "UTC", "steps": steps}
    changed = {} if modified is None else {"modified": modified}
    return {"status": 0, "body": {"activities": [{**day, **changed}]}}


def _account(steps: int, beats: int) -> list[dict[str, Any]]:
    day = {"calendarDate": "2026-10-05", "totalSteps": steps, "restingHeartRate": beats}
    return [{**day, "uuid": "x", "wellnessStartTimeGmt": "2026-10-05T00:00:00.0"}]


def _fitbit(beats: float) -> list[dict[str, Any]]:
    value = {"date": "10/05/26", "value": beats, "error": 1.0}
    return [{"dateTime": "10/05/26 00:00:00", "value": value}]


def _fitbit_answer(beats: int) -> dict[str, Any]:
    entry = {"dateTime": "2026-10-05", "value": {"restingHeartRate": beats}}
    return {"activities-heart": [entry]}


def _value(fact: Fact) -> Mapping[str, float]:
    if isinstance(fact, DaySummary):
        return fact.values
    assert isinstance(fact, SampleBlock)
    return {fact.metric: float(fact.v[0])}


def _current(kind: str, bodies: Sequence[object]) -> Mapping[str, float]:
    """Return the figures that hold of bodies that came one after the other."""
    stated: list[AttributedFact] = []
    for number, body in enumerate(bodies):
        payload = json.dumps(body).encode()
        for part in of_type(Part, read_items(kind, payload, Context(connector=kind))):
            assert not part.rejects
            for fact in part.facts:
                entry = AttributedFact(
                    patient="p",
                    connector=kind,
                    received_ms=_START_S * 1000 + number * _HOUR_MS,
                    body=str(number),
                    fact=fact,
                )
                stated.append(entry)
    assert len({item.fact.head.record for item in stated}) == 1
    newest = max(stated, key=lambda item: item.order).order
    values: dict[str, float] = {}
    for item in stated:
        if item.order == newest:
            values.update(_value(item.fact))
    return values


@pytest.mark.parametrize(
    ("kind", "bodies", "steps"),
    [
        # a full day is sent again, and what is counted does not fall
        ("garmin", [_garmin("dailies", 8000, 86_400), _garmin("dailies", 6000, 86_400)], 8000),
        ("garmin", [_garmin("dailies", 8000, 86_400), _garmin("dailies", 8001, 86_400)], 8001),
        ("garmin", [_garmin("dailies", 8000, 86_399), _garmin("dailies", 6000, 86_400)], 6000),
        ("garmin", [_garmin("epochs", 500, 900), _garmin("epochs", 200, 900)], 500),
        ("garmin", [_garmin("epochs", 500, 899), _garmin("epochs", 200, 900)], 200),
        # whatever the sender states of its own revisions
        ("withings", [_withings(8000, 1_791_183_600), _withings(6000, 1_791_183_601)], 8000),
        ("withings", [_withings(8000, 1_791_183_601), _withings(6000, 1_791_183_600)], 8000),
        ("withings", [_withings(8000, None), _withings(6000, None)], 8000),
        ("withings", [_withings(8000, None), _withings(6000, 1_791_183_600)], 8000),
        ("withings", [_withings(8000, 1_791_183_600), _withings(0, 1_791_183_601)], 8000),
        ("garmin_account", [_account(8000, 50), _account(7990, 62)], 8000),
    ],
)
def test_the_longer_and_then_the_greater_counts_in_any_order(
    kind: str, bodies: Sequence[object], steps: float
) -> None:
    for order in permutations(bodies):
        assert _current(kind, order)["steps"] == steps


@pytest.mark.parametrize(
    ("kind", "bodies"),
    [
        ("garmin", [_garmin("dailies", 8000, 86_400, restingHeartRateInBeatsPerMinute=n)
                    for n in (60, 52)]),
        ("garmin_account", [_account(8000, 60), _account(8000, 52)]),
        ("fitbit", [_fitbit(60.5), _fitbit(52)]),
        ("fitbit_api", [_fitbit_answer(60), _fitbit_answer(52)]),
    ],
)  # fmt: skip
def test_a_resting_heart_rate_does_not_grow(kind: str, bodies: Sequence[object]) -> None:
    assert _current(kind, bodies)["resting_heart_rate"] == 52
    assert _current(kind, bodies[::-1])["resting_heart_rate"] > 52


def test_the_size_is_of_what_is_counted_and_fits_beside_the_length() -> None:
    most = {"distance": 1e9, "steps": 1e7, "active_energy": 1e6, "basal_energy": 1e6}
    more = {"total_energy": 1e6, "floors": 1e5, "exercise_time": 1_440, "stand_time": 1_440}
    assert size_of_totals({"vo2_max": 40, "heart_rate_variability_rmssd": 30}) == 0
    assert size_of_stretch(1, {}) > size_of_totals({**most, **more}) > size_of_totals(most)
