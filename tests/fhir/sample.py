"""The sample bundle of the docs: an invented patient's sessions, week, pain and alert.

`python -m tests.fhir.sample` writes it.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

from fhir_r4.alerts import alert_resources
from fhir_r4.audit_events import audit_resources
from fhir_r4.elements import bundle, known_patient, linked, transaction
from fhir_r4.observations import (
    PainAnswer,
    device_of,
    pain_observations,
    session_observations,
    week_observations,
)
from model.audit_log.exported import ExportedRow
from model.calendar import HOUR_MS, MINUTE_MS, rfc3339
from model.derived.algorithm import ALGORITHM
from model.derived.days import TypeTotal, Week, WeekDay
from model.derived.sessions import HeartSummary, Session
from model.facts import Method, Source
from model.intensity import Confidence, ZoneThresholds, ZoneTimes
from model.messages.alert_event import AlertSnapshot, FindingState
from tests.rooms import ROOT

SAMPLE_FILE = ROOT / "docs" / "receivers" / "sample-bundle.json"
_MONDAY = 1_792_360_800_000  # 2026-10-19 00:00 in Stockholm
_DAY = 24 * HOUR_MS
_PAIN_MS = _MONDAY + 2 * _DAY + 18 * HOUR_MS
_ZONES = ZoneTimes(
    light=4 * MINUTE_MS, moderate=27 * MINUTE_MS, vigorous=6 * MINUTE_MS, unknown=3 * MINUTE_MS
)


def sample_session(number: int = 0, *, counts: bool = True) -> Session:
    """Return a session of 40 minutes at 17:00, on the day `number` of the week."""
    start_ms = _MONDAY + number * _DAY + 17 * HOUR_MS
    return Session(
        id=f"{number:032x}",
        start_ms=start_ms,
        end_ms=start_ms + 40 * MINUTE_MS,
        local_date=date(2026, 10, 19 + number),
        type="walking",
        vendor_type="WALKING",
        declared_by=Source(vendor="polar", device="d", method=Method.WORKOUT),
        record="r1",
        body="",
        heart_source=None,
        zones=_ZONES,
        thresholds=ZoneThresholds(
            edges=(90.0, 100.0, 120.0, 150.0),
            scheme="acsm2011",
            method="hrr",
            inputs={},
            confidence=Confidence.HIGH,
        ),
        heart=HeartSummary(n=480, minimum=71.0, mean=108.25, maximum=139.0),
        partial=False,
        counts=counts,
        why="" if counts else "heart rate without movement",
    )


def sample_week(*numbers: int) -> Week:
    """Return the week of sessions on the days `numbers`."""
    days: list[WeekDay] = []
    for number in numbers:
        total = TypeTotal(type="walking", sessions=1, zones=_ZONES, dose_min=39.0)
        days.append(WeekDay(local_date=date(2026, 10, 19 + number), known=True, by_type=(total,)))
    zones = sum([_ZONES] * len(numbers), ZoneTimes())
    return Week(
        monday=date(2026, 10, 19),
        sessions=len(numbers),
        session_ms=zones.total,
        zones=zones,
        dose_min=39.0 * len(numbers),
        valid_days=6,
        answered_days=0,
        known_days=6,
        days=tuple(days),
    )


def sample_alert(**changes: Any) -> AlertSnapshot:  # noqa: ANN401 - any field
    """Return an alert about pain of 8 after a session."""
    finding = FindingState(
        rule="P1",
        rule_version=3,
        key="pain-17",
        tier="A",
        at_ms=_PAIN_MS,
        sentence="Pain 8 of 10 after exercise.",
        session=f"{2:032x}",
        evidence={
            "rule": "P1",
            "version": 3,
            "from_ms": _PAIN_MS,
            "fresh_until_ms": _PAIN_MS + 14 * _DAY,
            "rated_sessions": 1,
            "ratings": [
                {
                    "record": "pain-17",
                    "at": rfc3339(_PAIN_MS),
                    "local_date": "2026-10-21",
                    "phase": "after",
                    "value": 8,
                    "scale": "nrs-0-10",
                    "session": f"{2:032x}",
                }
            ],
            "thresholds": {"very_high": 8},
        },
    )
    values: dict[str, Any] = {
        "alert": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "patient": "k7q2m9",
        "family": "pain",
        "rule": "P1",
        "rule_version": 3,
        "tier": "A",
        "state": "open",
        "raised_ms": _MONDAY + 2 * _DAY + 19 * HOUR_MS,
        "changed_ms": _MONDAY + 2 * _DAY + 19 * HOUR_MS,
        "sentence": "Pain 8 of 10 after exercise.",
        "findings": (finding,),
        "owner": "c-1",
        "owner_name": "Anna Exempel",
        "prescriptions": ("rx-1/2",),
    }
    return AlertSnapshot(**{**values, **changes})


def sample_bundle() -> dict[str, Any]:
    """Return the bundle that the door would answer for the invented patient."""
    subject, device = known_patient("k7q2m9"), device_of(ALGORITHM)
    resources, panels = [subject, device], []
    for number in (0, 2):
        panel, *members = session_observations(sample_session(number), subject, device)
        resources += [panel, *members]
        panels.append(panel)
    resources += week_observations(sample_week(0, 2), subject, device, panels)
    answer = PainAnswer(
        record="pain-17",
        at_ms=_PAIN_MS,
        phase="after",
        value=8,
        scale="nrs-0-10",
        site="left knee",
    )
    resources += pain_observations([answer], subject)
    resources += alert_resources(sample_alert())[1:]  # the patient is there already
    return bundle("collection", linked(resources), _MONDAY + 3 * _DAY)


def sample_log() -> dict[str, Any]:
    """Return what another system gets of the audit log: a row of each pattern, and of none."""
    words = ("data.read", "annotation.add", "note.write", "annotation.remove", "data.refused")
    shown = [
        ExportedRow(
            number=number,
            at_ms=_MONDAY + number * HOUR_MS,
            actor="c-1",
            name="Anna Exempel",
            role="clinician",
            care_unit="Ward",
            action=word,
            patient="k7q2m9",
            object="session:0190",
            reason="case 12",
            categories=["sessions", "measurements"],
            door="command" if number == len(words) else "clinic",
            address="internet" if number else "",
        )
        for number, word in enumerate((*words, "data.read"))
    ]
    return bundle("collection", audit_resources(shown), _MONDAY + _DAY)


def sample_push(snapshot: AlertSnapshot) -> dict[str, Any]:
    """Return what a FHIR server gets for a change of an alert."""
    return transaction(alert_resources(snapshot))


def sample_page() -> str:
    """Return the text of the sample."""
    return json.dumps(sample_bundle(), indent=2, ensure_ascii=False) + "\n"


def write_sample() -> None:
    """Write the sample."""
    Path(SAMPLE_FILE).parent.mkdir(exist_ok=True)
    Path(SAMPLE_FILE).write_text(sample_page(), encoding="utf-8")


if __name__ == "__main__":
    write_sample()
