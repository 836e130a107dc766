"""What the derived rows of a patient must be, from the set of their facts alone.

It uses no database, no narrowing and no order. Everything is read at once, and every date near any
fact is derived. It shares `derive` with the program and nothing of `storage`. Which fact holds,
what hides it and what a window needs are written here a second time, as plainly as possible.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np

from model.calendar import dates_between, monday
from model.codec import dumps, encode_fact, plain
from model.columns.window import SampleColumn, Window
from model.derived.days import Day, Week
from model.derived.sessions import Session, SourceSelection
from model.facts import (
    BEGUN_WORKOUTS,
    AttributedFact,
    DaySummary,
    Deletion,
    Joining,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from model.metrics import METRIC
from model.prescription import Prescription
from model.versions.receipt import as_first_received
from model.versions.version_order import VersionOrder, sample_rank
from stream.compute.derive import derive
from stream.compute.series.reported_columns import DAY_METRICS, SESSION_METRICS, WEAR
from stream.compute.weeks import week_of_days
from tests.rows import values_of, with_fact

_AHEAD_MS = 300_000
_Sample: TypeAlias = tuple[VersionOrder, float, int]  # version, value, end of its interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The derived tables of a patient, each in the order of its key."""

    sessions: tuple[Session, ...]
    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    selections: tuple[SourceSelection, ...]

    def as_bytes(self) -> dict[str, list[bytes]]:
        """Return every row as canonical JSON, by table."""
        return {name: list(map(dumps, map(plain, getattr(self, name)))) for name in self.__slots__}


def rows(
    attributed_facts: Iterable[AttributedFact],
    zone: str,
    profiles: Sequence[HeartProfile] = (),
    prescriptions: Sequence[Prescription] = (),
    patient: str = "p1",
) -> Rows:
    """Return a patient's rows from these facts, in any order and any number of times."""
    return derived(window(attributed_facts, zone, profiles, prescriptions, patient))


def derived(value: Window) -> Rows:
    """Return the rows of a window that holds everything."""
    derivation = derive(value)
    days = tuple(day for day in derivation.days if _says_something(day))
    mondays = sorted(set(map(monday, values_of(days, "local_date"))))
    return Rows(
        sessions=tuple(sorted(derivation.sessions, key=lambda s: (s.start_ms, s.id))),
        days=days,
        weeks=tuple(week_of_days(first, days) for first in mondays),
        selections=tuple(
            sorted(
                derivation.source_selections,
                key=lambda c: (c.local_date, METRIC[c.metric].id, c.start_ms),
            )
        ),
    )


def _says_something(day: Day) -> bool:
    counted = (day.sessions, day.elapsed_ms, day.wear_min, day.stated, day.answered)
    measured = day.volume.unknown < day.volume.total
    return any(counted) or measured or day.steps is not None


def window(
    attributed_facts: Iterable[AttributedFact],
    zone: str,
    profiles: Sequence[HeartProfile] = (),
    prescriptions: Sequence[Prescription] = (),
    patient: str = "p1",
) -> Window:
    """Return all that is known of a patient as a window over every date that may have a row."""
    everything = _first_stated(attributed_facts)
    kept = list(_standing(everything))
    taken = [item for item in kept if isinstance(item.fact, Deletion)]
    shown = [item for item in kept if not _hidden(taken, item)]
    return Window(
        patient=patient,
        zone=zone,
        profiles=tuple(sorted(profiles, key=lambda profile: profile.valid_from)),
        dates=_dates(everything, zone),
        workouts=with_fact(Workout, shown),
        columns=tuple(_columns(everything, shown, taken)),
        reports=with_fact(Report, shown),
        prescriptions=tuple(prescriptions),
        summaries=with_fact(DaySummary, shown),
    )


def _first_stated(attributed_facts: Iterable[AttributedFact]) -> list[AttributedFact]:
    """Return each fact of each body once, as it was stated first; none that is yet to come."""
    first: dict[tuple[str, bytes], AttributedFact] = {}
    for fact in as_first_received(attributed_facts):
        if not _is_ahead(fact):
            first.setdefault((fact.body, encode_fact(fact.fact)), fact)
    return list(first.values())


def _is_ahead(item: AttributedFact) -> bool:
    """Tell whether a fact measures what is more than five minutes after its receipt."""
    fact = item.fact
    match fact:
        case Deletion():
            return False
        case DaySummary():
            measured_ms = fact.head.start_ms
        case SampleBlock():
            measured_ms = max(fact.t.tolist(), default=fact.head.start_ms)
        case _:
            measured_ms = fact.head.end_ms
    return measured_ms - item.received_ms > _AHEAD_MS


def _standing(attributed_facts: Iterable[AttributedFact]) -> Iterator[AttributedFact]:
    """Yield the facts of the greatest (revision, told, body) of each record."""
    best: dict[tuple[Source, str], tuple[VersionOrder, bytes]] = {}
    everything = list(attributed_facts)
    for item in everything:
        key, mine = (
            (item.fact.head.source, item.fact.head.record),
            (item.order, bytes.fromhex(item.body)),
        )
        best[key] = max(best.get(key, mine), mine)
    for item in everything:
        if best[item.fact.head.source, item.fact.head.record] == (
            item.order,
            bytes.fromhex(item.body),
        ):
            yield item


def _hidden(taken: Iterable[AttributedFact], item: AttributedFact) -> bool:
    """Tell whether a source of the same vendor took back a record of this version."""
    for deletion in taken:
        fact, head = deletion.fact, item.fact.head
        if (
            isinstance(fact, Deletion)
            and (fact.target == head.record if fact.target else _begins_in(fact, item))
            and fact.head.source.vendor == head.source.vendor
            and _reaches(deletion.order, item.order)
        ):
            return True
    return False


def _begins_in(deletion: Deletion, item: AttributedFact) -> bool:
    is_meant = deletion.metric == BEGUN_WORKOUTS and isinstance(item.fact, Workout)
    return is_meant and deletion.head.start_ms <= item.fact.head.start_ms < deletion.head.end_ms


def _reaches(deletion: VersionOrder, version: VersionOrder) -> bool:
    """Tell whether a deletion is not older; without a revision only the times are compared."""
    return deletion >= version or (
        deletion.revision == 0 and deletion.stated_ms >= version.stated_ms
    )


def _columns(
    everything: Iterable[AttributedFact],
    shown: Iterable[AttributedFact],
    taken: Sequence[AttributedFact],
) -> Iterator[SampleColumn]:
    """Yield the samples that hold: at each instant the greatest (revision, told, value, end)."""
    series: dict[tuple[str, Source, str], dict[int, _Sample]] = defaultdict(dict)
    for order, block in _blocks(shown, Joining.RECORD):
        # a device corrects itself in writing on
        last = {t: (t, value, until) for t, value, until in _samples(block)}
        _join(series[block.metric, block.head.source, block.head.record], last.values(), order)
    for order, block in _blocks(everything, Joining.STREAM):
        _join(series[block.metric, block.head.source, ""], _samples(block), order)
    for (metric, source, record), samples in series.items():
        kept = dict(sorted(samples.items()))
        for t, (order, _, _) in samples.items():
            if any(_covers(item, metric, source, t, order) for item in taken):
                del kept[t]
        orders, values, ends = zip(*kept.values(), strict=True) if kept else ((), (), ())
        yield SampleColumn(
            metric=metric,
            source=source,
            record=record,
            t=np.array(list(kept), np.int64),
            v=np.array(values, np.float64),
            until=np.array(ends, np.int64),
            ranks=np.array(list(map(sample_rank, orders)), np.int64),
        )


def _samples(block: SampleBlock) -> Iterator[tuple[int, float, int]]:
    """Yield (instant, value, end) of each sample; the end is the instant where none is stated."""
    until = block.t if block.until is None else block.until
    return zip(block.t.tolist(), block.v.tolist(), until.tolist(), strict=True)


def _blocks(
    attributed_facts: Iterable[AttributedFact], joining: Joining
) -> Iterator[tuple[VersionOrder, SampleBlock]]:
    for fact in attributed_facts:
        if (
            isinstance(fact.fact, SampleBlock)
            and fact.fact.joining is joining
            and fact.fact.metric in {*DAY_METRICS, WEAR, *SESSION_METRICS}
        ):
            yield fact.order, fact.fact


def _join(
    series: dict[int, _Sample],
    samples: Iterable[tuple[int, float, int]],
    order: VersionOrder,
) -> None:
    for t, value, until in samples:
        sample = order, value, until
        series[t] = max(series.get(t, sample), sample)


def _covers(
    taken: AttributedFact, metric: str, source: Source, t: int, order: VersionOrder
) -> bool:
    """Tell whether a vendor retracted an instant of a metric, or of all, up to a version."""
    deletion = taken.fact
    return (
        isinstance(deletion, Deletion)
        and not deletion.target
        and deletion.metric in {"", metric}
        and deletion.head.source.vendor == source.vendor
        and deletion.head.start_ms <= t < deletion.head.end_ms
        and order <= taken.order
    )


def _dates(attributed_facts: Iterable[AttributedFact], zone: str) -> tuple[date, ...]:
    """Return every date that a fact touches, the day before and the day after."""
    days: set[date] = set()
    for item in attributed_facts:
        fact, head = item.fact, item.fact.head
        ends: list[int] = []
        if isinstance(fact, SampleBlock):
            ends = (
                fact.t.tolist() if fact.until is None else [*fact.t.tolist(), *fact.until.tolist()]
            )
        instants = [head.start_ms, head.end_ms, *ends]
        near = dates_between(min(instants), max(instants) + 1, zone)
        near += [fact.local_date] if isinstance(fact, DaySummary) else []
        for day in near:
            days |= {day - timedelta(days=1), day, day + timedelta(days=1)}
    return tuple(sorted(days))
