"""An invented follow-up of a patient, for the tests of its summary."""

from datetime import timedelta
from typing import Any

from clinic.answers.adherence import Average
from clinic.summary.figures import Coverage, FollowUp, SummedDue
from clinic.summary.pain_changes import PainChange
from model.notes.annotation import Annotation, AnnotationKind
from storage.reads.shown_values import AlertBrief, PatientBrief
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE, MONDAY, UNIT, prescriptions

_FULL = Average(uncapped=1.12, capped=0.93, weeks=9)


def _change(phase: str, first: float | None, last: float | None) -> PainChange:
    known = first is not None and last is not None
    change = last - first if first is not None and last is not None else None
    return PainChange(
        phase=phase,
        answers=12 if known else 1,
        first=first,
        last=last,
        change=change,
        meaningful=None if change is None else abs(change) >= 2,
    )


def invented_follow_up(
    count: int = 1, sentence: str = "Pain 8 of 10", text: str = "A cold"
) -> FollowUp:
    """Return a follow-up with so many alerts and annotations."""
    alert: dict[str, Any] = {
        "pseudonym": "p-pain",
        "family": "pain",
        "rule": "P1",
        "rule_version": 1,
        "tier": "A",
        "state": "resolved",
        "changed_ms": CLINIC_NOW,
        "snoozed_until_ms": None,
        "sentence": sentence,
        "resolution": "contacted",
    }
    alerts = []
    notes = []
    for number in range(count):
        raised = CLINIC_NOW - (count - number) * 86_400_000
        alerts.append(AlertBrief(id=str(number), raised_ms=raised, **alert))
        note = Annotation(
            id=number,
            kind=AnnotationKind.ILLNESS,
            first=MONDAY - timedelta(days=20),
            last=MONDAY - timedelta(days=18),
            text=text,
            pauses=True,
            author="k",
            written_ms=0,
        )
        notes.append(note)
    return FollowUp(
        patient=PatientBrief(
            pseudonym="p-pain",
            zone=CLINIC_ZONE,
            care_unit=UNIT,
            created_ms=0,
            last_data_ms=0,
            worn=True,
        ),
        name="Astrid Exempel",
        first=MONDAY - timedelta(weeks=11),
        last=MONDAY,
        made_ms=CLINIC_NOW,
        author="Karin Lind",
        prescriptions=tuple(prescriptions("p-pain")[:1]),
        weeks=11,
        known_weeks=10,
        sessions=27,
        sessions_due=30,
        minutes=1080.5,
        minutes_due=1200,
        a_freq=_FULL,
        a_time=None,
        a_int=Average(uncapped=0.31, capped=0.31, weeks=9),
        due=SummedDue(sessions=33, minutes=1320, dose_min=0, strength_days=0),
        a_dose=None,
        a_strength=None,
        range_needs=(),
        coverage=Coverage(days=78, known_days=70, worn_days=0, known_intensity=0.98),
        pain=(_change("before", 5, 3), _change("after", 3, 4), _change("next_morning", 2, None)),
        alerts=tuple(alerts),
        deeds=(),
        annotations=tuple(notes),
    )
