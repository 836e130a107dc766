"""The known truth of a cohort: sessions by week, pain, and the alerts that must follow.

Pure. Any other alert of tier A or B is an error. Alerts of tier C go to a digest and are not
counted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from model.alert import Tier
from model.calendar import local_date, monday
from simulate.cast import Role
from simulate.cohort import Cohort, Person
from simulate.plan import live_outing, outings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """An alert that must follow: after the history, or with `live` only after the live part."""

    patient: str
    rule: str
    tier: Tier
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The truth of a patient.

    `sessions` counts them by the local Monday of their week, and `pain` is the pain (NRS) after
    each of them. Both leave out the live part, whose pain is `live_pain`.
    """

    patient: str
    role: Role
    sessions: Mapping[date, int]
    pain: tuple[int, ...]
    live_pain: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth of a cohort; no alert of tier A or B may follow but those in `expected`."""

    patients: Mapping[str, _Known]
    expected: tuple[_Expected, ...]


# role -> rule, tier, and whether the alert needs the live part; other roles lead to no such alert
_PLANTED: Mapping[Role, tuple[str, Tier, bool]] = {
    Role.PAIN: ("P1", Tier.A, True),
    Role.LOW: ("A1", Tier.B, False),
}


def truth(cohort: Cohort) -> Truth:
    """Return the truth of a cohort."""
    return Truth(
        patients={person.pseudonym: _known(person, cohort) for person in cohort.people},
        expected=tuple(
            _Expected(patient=person.pseudonym, rule=planted[0], tier=planted[1], live=planted[2])
            for person in cohort.people
            if (planted := _PLANTED.get(person.role))
        ),
    )


def _known(person: Person, cohort: Cohort) -> _Known:
    out = outings(person, cohort)
    # Weeks are counted where the person lives, as the prescription does.
    return _Known(
        patient=person.pseudonym,
        role=person.role,
        sessions=Counter(monday(local_date(item.start_ms, person.zone)) for item in out),
        pain=tuple(item.pain for item in out),
        live_pain=(live_outing(person, cohort).pain,) if person.role is Role.PAIN else (),
    )
