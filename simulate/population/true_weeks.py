"""How much of what was due in each week a person did, and the type of an event. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from simulate.population.doings import Doings
from simulate.population.people import Inhabitant

ADHERENCE_FAMILY, PAIN_FAMILY, SIGN_FAMILY = "adherence", "pain", "red_flag"
_ENOUGH = 0.8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOccasion:
    """Something that a clinician would want to know.

    `family` is what an alert about it is about. It holds from `from_ms` until `until_ms`, and could
    be known from `knowable_ms` on (all epoch ms). `tier` C is enough for the digest; A and B are
    for the worklist.
    """

    event: str
    family: str
    from_ms: int
    knowable_ms: int
    until_ms: int
    observable: bool
    tier: str = "B"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueWeek:
    """A week of a person: what was due, what was done, and what of it was recorded.

    `judged` is False for a week that a pause or a beginning cuts.
    """

    monday: date
    due: int
    done: int
    recorded: int
    judged: bool

    @property
    def is_low(self) -> bool:
        """Whether too little was done."""
        return self.judged and self.done < _ENOUGH * self.due


def true_weeks(person: Inhabitant, did: Doings) -> list[TrueWeek]:
    """Return the weeks of a person, in order."""
    weeks: list[TrueWeek] = []
    for sunday, sessions in did.by_week:
        monday = sunday - 6 * _DAY
        is_paused = did.paused is not None and did.paused[0] <= sunday and monday <= did.paused[1]
        recorded = sum(session.recorded for session in sessions)
        weeks.append(
            TrueWeek(
                monday=monday,
                due=len(person.weekdays),
                done=len(sessions),
                recorded=recorded,
                judged=not is_paused,
            )
        )
    return weeks
