"""What a patient's row of the worklist needs: grey before anything can be compared."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clinic.worklist.need_reasons import need_and_reason
from clinic.worklist.needs import Need
from model.calendar import DAY_MS, midnight
from model.prescription import Intensity, Pause, Prescription
from storage.reads.shown_values import PatientBrief, WorkRow

_ZONE = "Europe/Stockholm"
_TODAY = date(2026, 11, 23)
_NOW = midnight(_TODAY, _ZONE) + DAY_MS // 2
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=_TODAY - timedelta(days=30),
    valid_to=_TODAY + timedelta(days=30),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)
_ENDED = replace(_PLAN, valid_to=_TODAY - timedelta(days=1))
_FUTURE = replace(_PLAN, valid_from=_TODAY + timedelta(days=1))
_PAUSED = replace(_PLAN, pauses=(Pause(first=_TODAY, last=_TODAY, why="illness"),))


def _row(plans: tuple[Prescription, ...], last_data_ms: int | None) -> WorkRow:
    patient = PatientBrief(
        pseudonym="p",
        zone=_ZONE,
        care_unit="unit",
        created_ms=0,
        last_data_ms=last_data_ms,
        worn=True,
    )
    return WorkRow(patient=patient, alerts=(), prescriptions=plans)


@pytest.mark.parametrize(
    ("plans", "days_ago", "need", "reason"),
    [
        ((), None, Need.NOT_STARTED, "No prescription yet: write one"),
        ((), 0, Need.NOT_STARTED, "No prescription yet: write one"),
        ((_FUTURE,), 0, Need.NOT_STARTED, "The prescription begins on Tue 24 Nov 2026"),
        ((_PLAN,), None, Need.NOT_STARTED, "No data yet"),
        ((_PAUSED,), None, Need.NOT_STARTED, "No data yet"),
        ((_ENDED,), None, Need.NOT_STARTED, "No data yet"),
        ((_ENDED,), 0, Need.NO_PLAN, "The last prescription ended on Sun 22 Nov 2026"),
        ((_PLAN,), 0, Need.ON_TRACK, "No rule met"),
        ((_PLAN,), 1.99, Need.ON_TRACK, "No rule met"),
        ((_PLAN,), 2, Need.NO_DATA, "No data for 2 days"),
        ((_PAUSED,), 9, Need.ON_TRACK, "Paused until Mon 23 Nov 2026: illness"),
    ],
)
def test_nothing_is_on_track_before_it_has_begun(
    plans: tuple[Prescription, ...], days_ago: float | None, need: Need, reason: str
) -> None:
    last = None if days_ago is None else _NOW - int(days_ago * DAY_MS)
    got, words = need_and_reason(_row(plans, last), _NOW)
    assert (got, words[: len(reason)]) == (need, reason)
