"""Builds the life of a patient from a few stretches, and shows what is concluded of it.

A life begins on Monday, 2 November 2026, and is judged on Wednesday, 18 November, 14:00 in its
zone. Two weeks are over then, have had 36 hours for late data, and 24 more for the patient's answer
about hours in which nothing was worn. Minutes count from midnight of a day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from kadens.derivation.conclusions import Conclusions, conclude
from kadens.derivation.held_facts import hold_facts
from kadens.derivation.manifest import Manifest, RecordedPrescription
from model.calendar import MINUTE_MS, midnight
from model.derived.days import DayState
from model.facts import (
    AttributedFact,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Joining,
    Method,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from model.prescription import Intensity
from model.schemas.report_body import WEEK_SCALE

FIRST = date(2026, 11, 2)
_BOTH_WEEKS = (FIRST, FIRST + timedelta(days=7))
WORN_DAYS = range(15)  # with the Monday after, by which the watch has synced past both weeks
REST_BPM, WALK_BPM = 62.0, 120.0

BACKGROUND = Source(vendor="hub", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
DEVICE = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
POCKET_PHONE = Source(vendor="hub", app="phone", device_type=DeviceType.PHONE)
_BY_HAND = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)

# very light below 99, light below 112, moderate below 138, vigorous below 177
LIVES_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), hr_rest=60, hr_max=190)
THREE_A_WEEK = RecordedPrescription(
    id="walk",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2027, 6, 1),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
    dose_min_per_week=90,
)

_LETTERS = {
    DayState.ACTIVE: "A",
    DayState.REST: "R",
    DayState.NO_ACTIVITY: "N",
    DayState.NOT_WORN: "W",
    DayState.NO_DATA: "D",
    DayState.PAUSED: "P",
    DayState.BLOCKED: "B",
}


@dataclass(slots=True)
class Diary:
    """What sources tell of a patient; each method adds facts and returns the life itself."""

    zone: str = "Europe/Stockholm"
    facts: list[Fact] = field(default_factory=list)

    def at(self, day: int, minute: float) -> int:
        """Return the epoch ms of a minute of a day, both counted from the first Monday."""
        return midnight(FIRST + timedelta(days=day), self.zone) + round(minute * MINUTE_MS)

    def worn(
        self,
        days: Iterable[int] = WORN_DAYS,
        *,
        every: int = 5,
        first: int = 420,
        last: int = 1_380,
        off: tuple[int, int] = (720, 720),
    ) -> "Diary":
        """Tell of a resting pulse from 7 to 23, every so many minutes, `off` left out."""
        for day in days:
            self.samples("heart_rate", day, first, off[0], REST_BPM, every=every)
            self.samples("heart_rate", day, off[1], last, REST_BPM, every=every)
        return self

    def samples(
        self,
        metric: str,
        day: int,
        first: int,
        last: int,
        value: float,
        *,
        every: float = 1,
        source: Source = BACKGROUND,
    ) -> "Diary":
        """Tell of a value in [first, last), every so many minutes; the later telling corrects."""
        step_ms = round(every * MINUTE_MS)
        t = np.arange(self.at(day, first), self.at(day, last), step_ms, dtype=np.int64)
        head = Head(
            source=source,
            record=f"s{len(self.facts)}",
            revision=len(self.facts),
            start_ms=int(t[0]),
            end_ms=int(t[-1]) + 1,
        )
        v = np.full(len(t), float(value))
        self.facts.append(SampleBlock(head=head, metric=metric, t=t, v=v, joining=Joining.STREAM))
        return self

    def workout(
        self,
        day: int,
        first: int,
        last: int,
        *,
        kind: str = "walking",
        pauses: Sequence[tuple[int, int]] = (),
        record: str = "",
        revision: int = 0,
    ) -> "Diary":
        """Tell of a declared workout, without heart rate."""
        head = Head(
            source=DEVICE,
            record=record or f"w{len(self.facts)}",
            revision=revision,
            start_ms=self.at(day, first),
            end_ms=self.at(day, last),
        )
        spans = tuple((self.at(day, start), self.at(day, end)) for start, end in pauses)
        self.facts.append(Workout(head=head, type=kind, pauses=spans))
        return self

    def pulse(self, day: int, first: int, last: int, bpm: float = WALK_BPM) -> "Diary":
        """Tell of heart rate in a workout, every half minute."""
        return self.samples("heart_rate", day, first, last, bpm, every=0.5, source=DEVICE)

    def answers_week(self, day: int, sessions: int) -> "Diary":
        """Tell how many sessions the week had, as the patient answers in the evening of a day."""
        at_ms = self.at(day, 1_260)
        head = Head(source=_BY_HAND, record=f"k{len(self.facts)}", start_ms=at_ms, end_ms=at_ms)
        report = Report(
            head=head, instrument=Instrument.WEEK, value=float(sessions), scale=WEEK_SCALE
        )
        self.facts.append(report)
        return self

    def by_hand(self, day: int, first: int, last: int, cr10: float) -> "Diary":
        """Tell of a session that the patient typed in, with its exertion."""
        head = Head(
            source=_BY_HAND,
            record=f"q{len(self.facts)}",
            start_ms=self.at(day, first),
            end_ms=self.at(day, last),
        )
        report = Report(
            head=head, instrument=Instrument.SESSION, type="walking", value=cr10, scale="borg-cr10"
        )
        self.facts.append(report)
        return self


@dataclass(frozen=True, slots=True)
class Concluded:
    """What the derivation says, in short forms that a test can write down."""

    diary: Diary
    results: Conclusions

    @property
    def sessions(self) -> list[tuple[int, int, float, str]]:
        """Return day, first minute, exercised minutes and why it does not count of each session."""
        rows: list[tuple[int, int, float, str]] = []
        for row in self.results.derived.sessions:
            day = (row.local_date - FIRST).days
            first = (row.start_ms - self.diary.at(day, 0)) // MINUTE_MS
            rows.append((day, first, row.timer_ms / MINUTE_MS, row.why))
        return rows

    @property
    def states(self) -> str:
        """Return a letter for each day of both weeks; "-" for a day that is not listed."""
        days = [FIRST + timedelta(days=number) for number in range(14)]
        letters = [
            _LETTERS[self.results.states[day]] if day in self.results.states else "-"
            for day in days
        ]
        return "".join(letters[:7]) + " " + "".join(letters[7:])

    def week(self, number: int) -> tuple[int, float, float]:
        """Return sessions, minutes and dose of a week."""
        row = self.results.weeks.get(_BOTH_WEEKS[number])
        return (
            (0, 0.0, 0.0)
            if row is None
            else (row.sessions, row.session_ms / MINUTE_MS, row.dose_min)
        )

    def zones_min(self, number: int) -> dict[str, float]:
        """Return the minutes of a week in each class that has some."""
        row = self.results.weeks.get(_BOTH_WEEKS[number])
        minutes: dict[str, float] = {}
        if row is None:
            return minutes
        for name in ("very_light", "light", "moderate", "vigorous", "near_max", "unknown"):
            if getattr(row.zones, name):
                minutes[name] = getattr(row.zones, name) / MINUTE_MS
        return minutes

    @property
    def findings(self) -> list[tuple[str, str, bool]]:
        """Return rule, key and freshness of the findings about low weeks."""
        rows = [(row.rule, row.key, row.fresh) for row in self.results.findings]
        return [row for row in rows if row[0] == LOW_ADHERENCE.id]

    def measured(self, number: int) -> tuple[Any, ...]:
        """Return frequency, time, dose and the standing of a week."""
        item = self.results.measured[_BOTH_WEEKS[number]]
        return item.done.frequency, item.done.time, item.done.dose, item.standing.value


def concluded(
    diary: Diary,
    *,
    profile: HeartProfile = LIVES_PROFILE,
    prescriptions: Sequence[RecordedPrescription] = (THREE_A_WEEK,),
    now_ms: int | None = None,
) -> Concluded:
    """Return what follows from what was diary, as `kadens derive` says it."""
    manifest = Manifest(
        zone=diary.zone,
        now=diary.at(16, 14 * 60) if now_ms is None else now_ms,
        profiles=(profile,),
        prescriptions=tuple(prescriptions),
    )
    facts = [_received(diary, fact) for fact in diary.facts]
    return Concluded(diary, conclude(manifest, hold_facts(facts, "p", diary.zone)))


def _received(diary: Diary, fact: Fact) -> AttributedFact:
    return AttributedFact(
        patient="p",
        connector=fact.head.source.vendor,
        received_ms=diary.at(30, 0),  # after everything that is told
        body="b" * 64,
        fact=fact,
    )
