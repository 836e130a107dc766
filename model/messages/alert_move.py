"""Moves of alerts, and who is on duty in a care unit. Values only.

A move is one transition of one alert: it is stored once, audited once, and announced once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.alert import Action, AlertState, Tier

EVERYBODY: tuple[str, ...] = ()  # as `responsible`: every clinician of the care unit


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMove:
    """A move as it is stored; `id` is its number, and later moves have greater numbers.

    `patient` is a pseudonym, `actor` the subject of a clinician or "kadens". `responsible` are the
    subjects of those who have to act after the move; `EVERYBODY` when nobody in particular has.
    """

    id: int
    alert: str
    patient: str
    at_ms: int
    actor: str
    kind: Action
    from_state: AlertState | None
    to_state: AlertState
    tier: Tier
    reason: str
    responsible: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A clinician (subject) is away in [from_ms, until_ms); `cover` acts instead, "" nobody."""

    subject: str
    from_ms: int
    until_ms: int
    cover: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredAlerts:
    """Live alerts that are with a clinician (subject) who is away since `from_ms`.

    `tier` is the gravest of them, and `patient` the patient (by id) of that alert.
    """

    subject: str
    from_ms: int
    tier: Tier
    patient: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRoster:
    """Who may have to act on a patient's alerts, by subject, as it is stored.

    `clinician` is responsible for the patient, "" for none. `line` are those whom the unit names
    next, in order. `on_call` acts out of hours. `hours` is the JSON form of the unit's working
    hours, None where it has set none.
    """

    clinician: str = ""
    line: tuple[str, ...] = ()
    on_call: str = ""
    hours: Mapping[str, Any] | None = None
    absences: tuple[Absence, ...] = ()
