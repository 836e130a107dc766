"""What the derived rows of a patient must be, from the set of what was told alone: no database, no narrowing, no order.

Everything is read at once and every date near any fact is derived. It shares `derive` with the program and nothing of
`storage`: which fact stands, what hides it and what a window needs are written here a second time, as plain as can be.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from kadens.model.calendar import dates_between, monday
from kadens.model.codec import dumps, encode_fact, plain
from kadens.model.derived import Choice, Day, Session, Week
from kadens.model.facts import DaySummary, Deletion, Joining, Report, SampleBlock, Source, Told, Workout
from kadens.model.intensity import HeartProfile
from kadens.model.metrics import METRIC
from kadens.model.prescription import Prescription
from kadens.stream.compute.columns import WHOLE, WITHIN
from kadens.stream.compute.derive import Column, Window, derive
from kadens.stream.compute.weeks import week


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The derived tables of one patient, each in the order of its key."""

    sessions: tuple[Session, ...]
    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    choices: tuple[Choice, ...]

    def as_bytes(self) -> dict[str, list[bytes]]:
        """Return every row as canonical JSON, by table."""
        return {name: [dumps(plain(row)) for row in getattr(self, name)] for name in self.__slots__}


def rows(
    told: Iterable[Told],
    zone: str,
    profiles: Sequence[HeartProfile] = (),
    prescriptions: Sequence[Prescription] = (),
    patient: str = "p1",
) -> Rows:
    """Return the rows of a patient of whom this was told, in any order, any part of it any number of times."""
    return derived(window(told, zone, profiles, prescriptions, patient))


def derived(whole: Window) -> Rows:
    """Return the rows of a window that holds everything."""
    found = derive(whole)
    days = tuple(day for day in found.days if _says_something(day))
    mondays = sorted({monday(day.local_date) for day in days})
    return Rows(
        sessions=tuple(sorted(found.sessions, key=lambda s: (s.start_ms, s.id))),
        days=days,
        weeks=tuple(week(first, days) for first in mondays),
        choices=tuple(sorted(found.choices, key=lambda c: (c.local_date, METRIC[c.metric].id, c.start_ms))),
    )


def _says_something(day: Day) -> bool:
    counted = (day.sessions, day.session_ms, day.wear_min, day.told, day.answered)
    return any(counted) or day.steps is not None


def window(
    told: Iterable[Told],
    zone: str,
    profiles: Sequence[HeartProfile] = (),
    prescriptions: Sequence[Prescription] = (),
    patient: str = "p1",
) -> Window:
    """Return all that is known of a patient as one window over every date that may have a row."""
    everything = list({(one.body, encode_fact(one.fact)): one for one in told}.values())
    kept = list(_standing(everything))
    taken = [one.fact for one in kept if isinstance(one.fact, Deletion)]
    shown = [one for one in kept if not _hidden(taken, one.fact.head.source, one.fact.head.record, _revision(one))]
    return Window(
        patient=patient,
        zone=zone,
        profiles=tuple(sorted(profiles, key=lambda profile: profile.valid_from)),
        dates=_dates(everything, zone),
        workouts=tuple(one for one in shown if isinstance(one.fact, Workout)),
        columns=tuple(_columns(everything, shown, taken)),
        reports=tuple(one for one in shown if isinstance(one.fact, Report)),
        prescriptions=tuple(prescriptions),
        summaries=tuple(one for one in shown if isinstance(one.fact, DaySummary)),
    )


def _revision(told: Told) -> int:
    return told.fact.head.revision


def _standing(told: Iterable[Told]) -> Iterator[Told]:
    """Yield what the greatest (revision, body) of each record says."""
    best: dict[tuple[Source, str], tuple[int, bytes]] = {}
    everything = list(told)
    for one in everything:
        key, mine = (one.fact.head.source, one.fact.head.record), (_revision(one), bytes.fromhex(one.body))
        best[key] = max(best.get(key, mine), mine)
    for one in everything:
        if best[one.fact.head.source, one.fact.head.record] == (_revision(one), bytes.fromhex(one.body)):
            yield one


def _hidden(taken: Iterable[Deletion], source: Source, record: str, revision: int) -> bool:
    """Tell whether a source of the same vendor took back a record of this revision."""
    return any(
        one.target == record and one.head.source.vendor == source.vendor and one.head.revision >= revision
        for one in taken
        if one.target
    )


def _columns(everything: Iterable[Told], shown: Iterable[Told], taken: Sequence[Deletion]) -> Iterator[Column]:
    """Yield the samples that stand: at one instant of a series the greater (revision, value)."""
    series: dict[tuple[str, Source, str], dict[int, tuple[int, float]]] = defaultdict(dict)
    for block in _blocks(shown, Joining.RECORD):
        last = dict(zip(block.t.tolist(), block.v.tolist(), strict=True))  # a device corrects itself in writing on
        _join(series[block.metric, block.head.source, block.head.record], last.items(), block.head.revision)
    for block in _blocks(everything, Joining.STREAM):
        both = zip(block.t.tolist(), block.v.tolist(), strict=True)
        _join(series[block.metric, block.head.source, ""], both, block.head.revision)
    for (metric, source, record), samples in series.items():
        kept = {
            t: value
            for t, (revision, value) in sorted(samples.items())
            if not any(_covers(one, metric, source, t, revision) for one in taken)
        }
        t, v = np.array(list(kept), np.int64), np.array(list(kept.values()), np.float64)
        yield Column(metric=metric, source=source, record=record, t=t, v=v)


def _blocks(told: Iterable[Told], joining: Joining) -> Iterator[SampleBlock]:
    for one in told:
        if isinstance(one.fact, SampleBlock) and one.fact.joining is joining and one.fact.metric in {*WHOLE, *WITHIN}:
            yield one.fact


def _join(series: dict[int, tuple[int, float]], samples: Iterable[tuple[int, float]], revision: int) -> None:
    for t, value in samples:
        series[t] = max(series.get(t, (revision, value)), (revision, value))


def _covers(one: Deletion, metric: str, source: Source, t: int, revision: int) -> bool:
    """Tell whether a vendor took back everything of a metric, or of all, at an instant, up to a revision."""
    return (
        not one.target
        and one.metric in {"", metric}
        and one.head.source.vendor == source.vendor
        and one.head.start_ms <= t < one.head.end_ms
        and revision <= one.head.revision
    )


def _dates(told: Iterable[Told], zone: str) -> tuple[date, ...]:
    """Return every date that a fact touches, the day before and the day after."""
    found: set[date] = set()
    for one in told:
        fact, head = one.fact, one.fact.head
        ends = [*fact.t[:1].tolist(), *fact.t[-1:].tolist()] if isinstance(fact, SampleBlock) else []
        instants = [head.start_ms, head.end_ms, *ends]
        near = dates_between(min(instants), max(instants) + 1, zone)
        near += [fact.local_date] if isinstance(fact, DaySummary) else []
        found |= {day + timedelta(days=n) for day in near for n in (-1, 0, 1)}
    return tuple(sorted(found))
