"""What was recorded, as `Observation`: sessions, weeks and pain.

A session is a panel without a value, and each of its figures a member. The figures are derived from
minutes that were counted once, so they name the device "Kadens" and their method: they are not the
sums that a watch shows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fhir_r4.elements import (
    ACTIVITY_CODES,
    LOINC,
    TERMINOLOGY,
    FhirResource,
    concept,
    dates,
    identified,
    link_to,
    period,
    quantity,
)
from model.calendar import MINUTE_MS, rfc3339
from model.derived.days import Week
from model.derived.sessions import Session

_DAYS = 7
_CATEGORIES = [
    concept(f"{TERMINOLOGY}/observation-category", "activity"),
    concept(ACTIVITY_CODES, "PhysicalActivity"),
]
_SURVEY = [concept(f"{TERMINOLOGY}/observation-category", "survey")]
_PAIN_SCALE = "nrs-0-10"
_DIGITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """A row of the table: the LOINC code of a figure, its words and its unit in UCUM."""

    code: str
    text: str
    unit: str


_TYPE = _Figure(code="73985-4", text="Type of activity", unit="")
_DURATION = _Figure(code="55411-3", text="Duration, without pauses", unit="min")
_MODERATE = _Figure(code="77592-4", text="Moderate minutes", unit="min")
_VIGOROUS = _Figure(code="77593-2", text="Vigorous minutes", unit="min")
_MEAN_HEART = _Figure(code="55425-3", text="Mean heart rate", unit="/min")
_MAX_HEART = _Figure(code="55426-1", text="Maximum heart rate", unit="/min")
_WEEK_DAYS = _Figure(code="89555-7", text="Days with exercise in the week", unit="d/wk")
_WEEK_MINUTES = _Figure(
    code="82290-8", text="Moderate and vigorous minutes in the week", unit="min/wk"
)
_PAIN = _Figure(code="72514-3", text="Pain, 0 to 10", unit="{score}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PainAnswer:
    """A patient's answer about pain; `value` is on `scale`, and `phase` when it was felt."""

    record: str
    at_ms: int
    phase: str
    value: float
    scale: str
    site: str = ""


def device_of(algorithm: str) -> FhirResource:
    """Return this software as the device that derived the figures."""
    device = identified("Device", algorithm)
    return {
        **device,
        "deviceName": [{"name": "Kadens", "type": "model-name"}],
        "version": [{"value": algorithm}],
    }


def session_observations(
    session: Session, subject: FhirResource, device: FhirResource
) -> list[FhirResource]:
    """Return a session as a panel and its members, the panel first.

    A session that does not count is there as well; a note says why it does not.
    """
    base = {
        "status": "final",
        "category": _CATEGORIES,
        "subject": link_to(subject),
        "effectivePeriod": period(session.start_ms, session.end_ms),
        "performer": [link_to(subject)],
        "device": link_to(device),
        "method": {"text": f"{session.origin.value}, algorithm {session.algorithm}"},
    }
    members: list[FhirResource] = []
    for figure, value in _session_figures(session):
        key = f"{session.id}/{figure.code}"
        members.append(_observation(key, figure, value) | base)
    panel = session_panel(session.id) | base
    panel["code"] = concept(ACTIVITY_CODES, "PAPanel", "Session of exercise")
    panel["hasMember"] = [link_to(member) for member in members]
    if not session.counts:
        panel["note"] = [{"text": f"Does not count: {session.why}"}]
    return [panel, *members]


def session_panel(session: str) -> FhirResource:
    """Return the beginning of the panel of a session, by the session's id."""
    return identified("Observation", session)


def _session_figures(session: Session) -> Iterator[tuple[_Figure, dict[str, Any]]]:
    """Yield the figures that are known; what is missing is left out and never zero."""
    yield _TYPE, {"valueCodeableConcept": {"text": session.type}}
    yield _DURATION, _minutes(session.timer_ms, "min")
    zones = session.zones
    if zones.total > zones.unknown:
        yield _MODERATE, _minutes(zones.moderate, "min")
        yield _VIGOROUS, _minutes(zones.vigorous + zones.near_max, "min")
    if session.heart.mean is not None:
        yield _MEAN_HEART, {"valueQuantity": quantity(round(session.heart.mean, 1), "/min")}
    if session.heart.maximum is not None:
        yield _MAX_HEART, {"valueQuantity": quantity(round(session.heart.maximum, 1), "/min")}


def week_observations(
    week: Week, subject: FhirResource, device: FhirResource, panels: Sequence[FhirResource] = ()
) -> list[FhirResource]:
    """Return a week's minutes and days; `panels` are the sessions that it is derived from.

    A component gives the share of the week of which something is known.
    """
    zones, days = week.zones, 0
    for day in week.days:
        days += any(total.sessions for total in day.by_type)
    base = {
        "status": "final",
        "category": _CATEGORIES,
        "subject": link_to(subject),
        "effectivePeriod": dates(week.monday, week.monday + timedelta(days=_DAYS - 1)),
        "performer": [link_to(subject)],
        "device": link_to(device),
        "method": {"text": f"algorithm {week.algorithm}"},
        "component": [
            {
                "code": concept(ACTIVITY_CODES, "DeviceActivePercentage"),
                "valueQuantity": quantity(round(100 * week.known_days / _DAYS, 1), "%"),
            }
        ],
    }
    if panels:
        base["derivedFrom"] = [link_to(panel) for panel in panels]
    moving_ms = zones.moderate + zones.vigorous + zones.near_max
    figures = (
        (_WEEK_MINUTES, _minutes(moving_ms, "min/wk")),
        (_WEEK_DAYS, {"valueQuantity": quantity(days, "d/wk")}),
    )
    made: list[FhirResource] = []
    for figure, value in figures:
        key = f"{subject['id']}/{week.monday}/{figure.code}"
        made.append(_observation(key, figure, value) | base)
    return made


def pain_observations(
    answers: Iterable[PainAnswer], subject: FhirResource
) -> Iterator[FhirResource]:
    """Yield answers about pain.

    Only the scale from 0 to 10 has the code of LOINC: another scale is named and not converted.
    """
    for answer in answers:
        made = answer_observation(subject, answer.record)
        made |= {
            "status": "final",
            "category": _SURVEY,
            **pain_value(answer.value, answer.scale),
            "subject": link_to(subject),
            "effectiveDateTime": rfc3339(answer.at_ms),
            "performer": [link_to(subject)],
            "method": {"text": answer.scale},
            "component": [{"code": {"text": "phase"}, "valueString": answer.phase}],
        }
        if answer.site:
            made["bodySite"] = {"text": answer.site}
        yield made


def pain_value(value: float, scale: str) -> dict[str, Any]:
    """Return an answer about pain as a code and a value."""
    code: dict[str, Any] = {"text": ", ".join(filter(None, ("Pain", scale)))}
    if scale == _PAIN_SCALE:
        code = concept(LOINC, _PAIN.code, _PAIN.text)
    return {"code": code, "valueQuantity": quantity(value, _PAIN.unit)}


def answer_observation(subject: FhirResource, record: str) -> FhirResource:
    """Return the beginning of the observation of a patient's answer, by the answer's record."""
    return identified("Observation", f"{subject['id']}/{record}", "report")


def _observation(key: str, figure: _Figure, value: dict[str, Any]) -> FhirResource:
    made = identified("Observation", key)
    return made | {"code": concept(LOINC, figure.code, figure.text)} | value


def _minutes(ms: int, unit: str) -> dict[str, Any]:
    return {"valueQuantity": quantity(round(ms / MINUTE_MS, _DIGITS), unit)}
