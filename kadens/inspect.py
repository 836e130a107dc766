"""Summarises a payload for `kadens inspect`: sessions, zones and samples, without any server.

Pure: it turns the items of a reader and a heart profile into a dict of JSON values. The readers and
the zones are those of the worker.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from kadens.fact_lines import fact_line
from model.calendar import rfc3339
from model.fact_properties import unplaced_pause_ms
from model.facts import DaySummary, Fact, Instants, Reject, Report, SampleBlock, Values, Workout
from model.intensity import CLASSES, HeartProfile
from model.received import Fetch, Notice, Part, ReaderItem, ReaderItems
from stream.compute.intensity.zones import is_plausible
from stream.compute.pieces import pieces_ms, union_of_spans

_Extent: TypeAlias = tuple[int, int, int]  # how many samples, the first and the last (epoch ms)


@dataclass(slots=True)
class CountedItems:
    """What a reader yields, passed on as it is read, with the number of what was read or refused.

    A fact, a fetch and a notice count as read. The numbers are right once all items have passed.
    """

    items: ReaderItems
    read: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[ReaderItem]:
        """Yield the items."""
        for item in self.items:
            match item:
                case Part():
                    self.read += len(item.facts)
                    self.refused += len(item.rejects)
                case Reject():
                    self.refused += 1
                case Fetch() | Notice():
                    self.read += 1
            yield item

    @property
    def are_all_refused(self) -> bool:
        """Whether something was refused and nothing could be read; not so of an empty payload."""
        return self.refused > 0 and not self.read


def inspect(items: CountedItems, profile: HeartProfile | None) -> dict[str, Any]:
    """Return a summary of what a reader yields.

    `complete` is whether all of the payload could be read; it never is where all was refused. The
    profile gives the zone times of workouts; without a profile all their time is unknown.
    """
    contents = _Contents()
    rejects: list[Reject] = []
    accounts: set[str] = set()
    fetches = notices = 0
    complete = True
    for item in items:
        match item:
            case Part():
                contents.take(item.facts)
                rejects += item.rejects
                accounts |= {item.account} - {""}
                complete = complete and item.complete
            case Fetch():
                fetches += 1
            case Notice():
                notices += 1
            case Reject():
                rejects.append(item)
                complete = False
    return {
        "complete": complete and not items.are_all_refused,
        "problems": [problem_of(reject) for reject in rejects],
        **contents.summary(profile),
        "accounts": len(accounts),
        "fetches": fetches,
        "notices": notices,
    }


def problem_of(reject: Reject) -> dict[str, Any]:
    """Return a problem as JSON; `offset` is the byte offset in `where`, null if it has none."""
    offset = (
        int(reject.where[1:])
        if reject.where.startswith("@") and reject.where[1:].isdigit()
        else None
    )
    return {"where": reject.where, "offset": offset, "reason": reject.text}


@dataclass(slots=True)
class _Contents:
    """What was told so far. A file may hold years, so of samples only heart rates are kept."""

    workouts: list[Workout] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)
    reports: int = 0
    heart: list[SampleBlock] = field(default_factory=list)
    extents: dict[str, _Extent] = field(default_factory=dict)

    def take(self, facts: Iterable[Fact]) -> None:
        """Take facts in."""
        for fact in facts:
            match fact:
                case SampleBlock():
                    self._take_block(fact)
                case Workout():
                    self.workouts.append(fact)
                case DaySummary():
                    self.days.append(_day(fact))
                case Report():
                    self.reports += 1

    def _take_block(self, block: SampleBlock) -> None:
        if block.metric == "heart_rate":
            self.heart.append(block)
        extent = (len(block.t), int(block.t.min()), int(block.t.max()))
        n, first, last = self.extents.get(block.metric, (0, extent[1], extent[2]))
        self.extents[block.metric] = (
            n + extent[0],
            min(first, extent[1]),
            max(last, extent[2]),
        )

    def summary(self, profile: HeartProfile | None) -> dict[str, Any]:
        """Return the summary of what was taken in."""
        t, v = _column(self.heart)
        # The record breaks ties, so that the same bytes always give the same output.
        self.workouts.sort(key=lambda workout: (workout.head.start_ms, workout.head.record))
        samples = {}
        for metric, (n, first, last) in sorted(self.extents.items()):
            samples[metric] = {"n": n, "first": rfc3339(first), "last": rfc3339(last)}
        return {
            "workouts": [_workout(workout, t, v, profile) for workout in self.workouts],
            "samples": samples,
            "days": self.days,
            "reports": self.reports,
        }


def _day(day: DaySummary) -> dict[str, Any]:
    line = fact_line("", day)
    return {"local_date": line["local_date"], "totals": line["summary"]}


def _workout(
    workout: Workout, t: Instants, v: Values, profile: HeartProfile | None
) -> dict[str, Any]:
    start, end = workout.head.start_ms, workout.head.end_ms
    pauses = union_of_spans(workout.pauses)
    paused_ms = pieces_ms(pauses) + unplaced_pause_ms(workout)
    return {
        "start": rfc3339(start),
        "end": rfc3339(end),
        "type": workout.type,
        "elapsed_ms": end - start,
        "paused_ms": paused_ms,
        "zones_ms": _zones(t, v, workout, profile, end - start - paused_ms),
        "heart_rate": _heart(t, v, start, end),
    }


def _zones(
    t: Instants, v: Values, workout: Workout, profile: HeartProfile | None, timer_ms: int
) -> dict[str, int]:
    if profile is not None:
        # Imported only here, because most inspections have no profile and must start quickly.
        from kadens.zone_times import workout_zone_times  # noqa: PLC0415 - see above

        times = workout_zone_times(t, v, workout, profile, timer_ms)
        if times is not None:
            return times
    unknown = dict.fromkeys((zone.value for zone in CLASSES), 0)
    return {**unknown, "unknown": timer_ms}


def _heart(t: Instants, v: Values, start: int, end: int) -> dict[str, Any]:
    inside = v[is_plausible(v) & (t >= start) & (t < end)]
    if not len(inside):
        return {"n": 0, "min": None, "mean": None, "max": None}
    return {
        "n": len(inside),
        "min": inside.min(),
        "mean": round(float(inside.mean()), 3),
        "max": inside.max(),
    }


def _column(blocks: Sequence[SampleBlock]) -> tuple[Instants, Values]:
    """Return the columns (t, v) of blocks in time order.

    The sort is stable, so that the last of equal times stays last.
    """
    if not blocks:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    t = np.concatenate([block.t for block in blocks])
    v = np.concatenate([block.v for block in blocks])
    order = np.argsort(t, kind="stable")
    return t[order], v[order]
