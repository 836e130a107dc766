"""The comparison with the truth: what is found, what is false, and what rests on missing data."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kadens.scoring.cohort_files import (
    CohortFiles,
    CohortHead,
    CohortPatient,
    CohortTruth,
    TruthEvent,
    TruthSession,
    TruthWeek,
)
from kadens.scoring.comparing import compare, compare_sessions
from kadens.scoring.playing import PlayedCohort
from model.calendar import DAY_MS, MINUTE_MS, midnight
from storage.reads.raised_alerts import DerivedSession, RaisedAlert

_MONDAY = date(2026, 9, 7)
_ZERO = midnight(_MONDAY, "UTC")


def _event(**more: Any) -> TruthEvent:  # noqa: ANN401 - fields of an event
    values: dict[str, Any] = {
        "patient": "p1",
        "event": "low_adherence",
        "family": "adherence",
        "from": _ZERO,
        "knowable": _ZERO + 14 * DAY_MS,
        "until": _ZERO + 21 * DAY_MS,
    }
    return TruthEvent.model_validate({**values, **more})


def _alert(day: float, patient: str = "p1", **more: Any) -> RaisedAlert:  # noqa: ANN401
    base = RaisedAlert(
        patient=patient,
        family="adherence",
        rule="A1",
        tier="B",
        raised_ms=_ZERO + int(day * DAY_MS),
        state="open",
        resolution="",
    )
    return replace(base, **more)


def _cohort(events: tuple[TruthEvent, ...], weeks: tuple[TruthWeek, ...] = ()) -> CohortFiles:
    head = CohortHead.model_validate({"version": 1, "begins": _ZERO, "ends": _ZERO + 70 * DAY_MS})
    people = tuple(
        CohortPatient.model_validate({"patient": f"p{n}", "zone": "UTC"}) for n in (1, 2)
    )
    return CohortFiles(
        folder=Path(),
        head=head,
        patients=people,
        deliveries=(),
        truth=CohortTruth(sessions=(), weeks=weeks, events=events),
    )


def _figures(
    events: tuple[TruthEvent, ...], *alerts: RaisedAlert, weeks: tuple[TruthWeek, ...] = ()
) -> dict[str, Any]:
    return compare(_cohort(events, weeks), PlayedCohort(alerts=alerts, sessions=()))


@pytest.mark.parametrize(
    ("alert", "is_matched"),
    [
        (_alert(15), True),
        (_alert(0), True),
        (_alert(-0.01), False),
        (_alert(28), True),
        (_alert(28.01), False),
        (_alert(15, "p2"), False),
        (_alert(15, family="pain"), False),
        (_alert(15, tier="C"), False),
    ],
)
def test_an_event_is_found_by_an_alert_of_its_family_while_it_holds(
    alert: RaisedAlert, *, is_matched: bool
) -> None:
    figures = _figures((_event(),), alert)
    assert figures["sensitivity"] == float(is_matched)
    assert figures["sensitivity_by_event"] == {"low_adherence": float(is_matched)}
    assert len(figures["missed"]) == (not is_matched)


@pytest.mark.parametrize(
    ("at", "added", "tier", "is_matched"),
    [
        (3, 3.5, "B", True),
        (3, 28, "A", True),
        (21, 22, "B", True),
        # evidence of another time, added too late, or of an alert that only the digest shows
        (-0.01, 3, "B", False),
        (21.01, 22, "B", False),
        (3, 28.01, "B", False),
        (3, 3.5, "C", False),
    ],
)
def test_an_event_is_found_by_evidence_that_is_added_to_an_open_alert(
    at: float, added: float, tier: str, *, is_matched: bool
) -> None:
    rests = ((_ZERO + int(at * DAY_MS), _ZERO + int(added * DAY_MS)),)
    alert = _alert(-1, tier=tier, added=rests)
    figures = _figures((_event(),), alert)
    assert figures["sensitivity"] == float(is_matched)
    # it was raised before, so it is as false as it was
    assert len(figures["false"]) == (tier != "C")
    other = replace(alert, family="pain")
    assert _figures((_event(),), other)["sensitivity"] == 0


def test_the_delay_is_that_of_the_evidence() -> None:
    rests = ((_ZERO + 15 * DAY_MS, _ZERO + 15 * DAY_MS + DAY_MS // 4),)
    assert _figures((_event(),), _alert(-1, added=rests))["median_delay_days"] == 1.25


@pytest.mark.parametrize(
    ("tier", "sensitivity", "false"), [("A", 1.0, 1), ("B", 1.0, 1), ("C", 1.0, 0)]
)
def test_what_is_enough_for_the_digest_excuses_no_alert_on_the_worklist(
    tier: str, sensitivity: float, false: int
) -> None:
    figures = _figures((_event(tier="C"),), _alert(15, tier=tier))
    assert (figures["sensitivity"], len(figures["false"])) == (sensitivity, false)


def test_the_first_alert_tells_the_delay_and_one_before_its_time_has_none() -> None:
    assert _figures((_event(),), _alert(15.5), _alert(17))["median_delay_days"] == 1.5
    assert _figures((_event(),), _alert(13))["median_delay_days"] == 0
    assert _figures((_event(),))["median_delay_days"] is None


def test_what_no_data_can_show_counts_neither_for_nor_against() -> None:
    figures = _figures((_event(observable=False),), _alert(15))
    assert (figures["sensitivity"], figures["not_observable"]) == (None, 1)
    assert figures["false"] == []


def test_false_alerts_are_counted_by_patient_and_week() -> None:
    figures = _figures((_event(),), _alert(15), _alert(16, "p2"))
    assert figures["false_per_patient_week"] == 1 / 20
    assert figures["ppv_by_rule"] == {"A1": 0.5}
    assert figures["alerts_per_clinician_day"] == 2 / 50


@pytest.mark.parametrize(
    ("done", "recorded", "count"), [(3, 1, 1), (3, 3, 0), (2, 1, 0), (1, 1, 0)]
)
def test_an_alert_rests_on_missing_data_where_enough_was_done_and_not_recorded(
    done: int, recorded: int, count: int
) -> None:
    week = TruthWeek(patient="p2", monday=_MONDAY, due=3, done=done, recorded=recorded)
    assert _figures((), _alert(8, "p2"), weeks=(week,))["from_missing_data"] == count
    assert _figures((), _alert(21, "p2"), weeks=(week,))["from_missing_data"] == 0


def _true(start_min: int, end_min: int, zones: dict[str, int] | None = None) -> TruthSession:
    return TruthSession.model_validate(
        {
            "patient": "p1",
            "start": _ZERO + start_min * MINUTE_MS,
            "end": _ZERO + end_min * MINUTE_MS,
            "zones_ms": zones,
        }
    )


def _derived(start_min: float, end_min: float, **zones: int) -> DerivedSession:
    return DerivedSession(
        patient="p1",
        start_ms=_ZERO + int(start_min * MINUTE_MS),
        end_ms=_ZERO + int(end_min * MINUTE_MS),
        zones_ms=zones,
    )


def test_sessions_are_matched_by_the_time_that_they_share() -> None:
    truth = CohortTruth(sessions=(_true(0, 30), _true(100, 130)), weeks=(), events=())
    figures = compare_sessions(truth, [_derived(1, 29.5), _derived(116, 150)])
    assert figures == {
        "true": 2,
        "found": 0.5,
        "boundary_p95_s": 60.0,
        "zone_error_minutes_p95": None,
    }


def test_a_zone_that_the_truth_leaves_out_held_nothing() -> None:
    truth = CohortTruth(sessions=(_true(0, 30, {"moderate": 30 * MINUTE_MS}),), weeks=(), events=())
    derived = _derived(0, 30, moderate=20 * MINUTE_MS, light=10 * MINUTE_MS, vigorous=0)
    assert compare_sessions(truth, [derived])["zone_error_minutes_p95"] == 10.0


def test_a_minute_in_a_wrong_zone_is_one_minute_of_error() -> None:
    zones = {"light": 10 * MINUTE_MS, "moderate": 20 * MINUTE_MS}
    truth = CohortTruth(sessions=(_true(0, 30, zones),), weeks=(), events=())
    derived = _derived(0, 30, light=11 * MINUTE_MS, moderate=19 * MINUTE_MS)
    assert compare_sessions(truth, [derived])["zone_error_minutes_p95"] == 1.0
