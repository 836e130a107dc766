"""A local date and an ISO week as they are derived."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from model.derived.algorithm import ALGORITHM
from model.intensity import ZoneTimes


class DayState(StrEnum):
    """The state of a local date (clinical definition section 5.2).

    Only NO_ACTIVITY may ever count as a miss.
    """

    ACTIVE = "active"
    REST = "rest"
    NO_ACTIVITY = "no_activity"
    NOT_WORN = "not_worn"
    NO_DATA = "no_data"
    PAUSED = "paused"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTotal:
    """What the sessions of one type on a date add up to.

    `sessions` are those that count. `zones` is the time that the date counts, of all of them, and
    `dose_min` the dose of that time, exertion with it. The other fields are as in `Day`.
    """

    type: str
    sessions: int
    zones: ZoneTimes
    dose_min: float
    exertion_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekDay:
    """A date of a week of which something is known: whether all is, and its sessions by type.

    `carried` says that a phone was carried, so that what a phone can see is known. `unseen_min` is
    as in `Day`.
    """

    local_date: date
    known: bool
    by_type: tuple[TypeTotal, ...]
    carried: bool = False
    unseen_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Totals of one local date.

    A session counts on the date on which it starts, and overlapping time counts once. `session_ms`
    is the time of its sessions without pauses, `elapsed_ms` with them. `wear_min` is
    the number of minutes in which a device was worn. `answered` says that the patient reported on
    that date. `zones` holds the zone times of the date's sessions, `volume` those of every minute
    of the date. `stated` holds, by metric, the totals of the best ranked source that states them.
    `steps_counted` are the steps of the source selected in each minute, None without any. `steps`
    is the greater of the stated and the counted ones, which are never added, else None.
    `night_hr` is the lowest 5-minute mean heart rate from 03:00 to
    07:00 local time, None when the device was worn too little. `loads` are sums over sessions.
    `exertion_ms` is the part of the unknown time of `zones` that a reported exertion judges, and
    `exertion_dose_ms` its dose. `in_range_ms` is the time of sessions in the prescribed range by
    the prescription's own method, and `range_known_ms` the time that could be compared with it.
    `by_type` has the sessions by their type, in order of types. `recalled_sessions` is how many
    sessions of the week up to this date the patient told of on it, None without such an answer.
    `phone_min` is the number of minutes from the first to the last step that a phone counted,
    `unseen_min` the longest time in minutes from 06 to 22 in which nothing was worn.
    """

    local_date: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    wear_min: int
    answered: bool
    volume: ZoneTimes = field(default_factory=ZoneTimes)
    steps: int | None = None
    steps_counted: int | None = None
    night_hr: float | None = None
    loads: dict[str, float] = field(default_factory=dict)
    stated: dict[str, float] = field(default_factory=dict)
    exertion_ms: int = 0
    exertion_dose_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0
    by_type: tuple[TypeTotal, ...] = ()
    elapsed_ms: int = 0
    paused_ms: int = 0
    recalled_sessions: int | None = None
    phone_min: int = 0
    unseen_min: int = 0
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Totals of one ISO week in the patient's zone.

    `valid_days` counts the days with at least 600 minutes of wear, `known_days` those that are
    valid or answered. `dose_min` includes `exertion_dose_ms`. `days` has the dates with a row and
    those that are known, in order. `recalled_sessions` is how many sessions the patient told of, up
    to the date `recalled_until`; the dates up to it are known. Both are None without such an
    answer. The other figures are sums of days.
    `session_ms` is the time of its sessions without pauses, `elapsed_ms` with them.
    """

    monday: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    dose_min: float
    valid_days: int
    answered_days: int
    known_days: int
    volume: ZoneTimes = field(default_factory=ZoneTimes)
    steps: int | None = None
    loads: dict[str, float] = field(default_factory=dict)
    exertion_ms: int = 0
    exertion_dose_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0
    days: tuple[WeekDay, ...] = ()
    elapsed_ms: int = 0
    paused_ms: int = 0
    recalled_sessions: int | None = None
    recalled_until: date | None = None
    algorithm: str = ALGORITHM

    @property
    def unrecorded_sessions(self) -> int:
        """Return how many of the sessions that the patient told of were not recorded."""
        if self.recalled_sessions is None or self.recalled_until is None:
            return 0
        recorded = 0
        for day in self.days:
            if day.local_date <= self.recalled_until:
                recorded += sum(total.sessions for total in day.by_type)
        return max(0, self.recalled_sessions - recorded)
