"""Ratings and the input of rules, for the tests of the rules about pain."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from model.alert import RuleInput
from model.alerting.rule_rows import PainRating
from model.calendar import HOUR_MS, local_date
from model.facts import Phase
from model.prescription import Intensity, Prescription

PAIN_NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)  # a Monday
PAIN_PRESCRIPTION = Prescription(
    id="a",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2027, 6, 1),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)


def rated(
    record: str,
    hours_ago: float,
    value: float,
    phase: Phase = Phase.AFTER,
    **more: Any,  # noqa: ANN401 - fields of a rating
) -> PainRating:
    """Return a rating of some hours before `PAIN_NOW`, in UTC."""
    at = PAIN_NOW - int(hours_ago * HOUR_MS)
    rating = PainRating(
        record=record,
        at_ms=at,
        local_date=local_date(at, "UTC"),
        phase=phase,
        value=value,
        scale="nrs-0-10",
        session=None,
    )
    return replace(rating, **more)


def usual(*values: float, first_hours_ago: float = 300) -> list[PainRating]:
    """Return ratings before exercise, an hour apart."""
    return [
        rated(f"usual{number}", first_hours_ago - number, value, Phase.BEFORE)
        for number, value in enumerate(values)
    ]


def pain_input(*pain: PainRating, **more: Any) -> RuleInput:  # noqa: ANN401 - fields of the input
    """Return the input of the rules about a patient of whom nothing but ratings is known."""
    nothing = {
        "weeks": (),
        "days": (),
        "sessions": (),
        "watermarks": (),
        "prescriptions": (PAIN_PRESCRIPTION,),
        "now_ms": PAIN_NOW,
    }
    return RuleInput(**{**nothing, "patient": "p", "zone": "UTC", "pain": pain, **more})
