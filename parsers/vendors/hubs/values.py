"""What readers of hubs share: sources, figures of dates, sleep as wear, counts that run up. Pure.

The vendor of a source is the hub, its app is the vendor behind the hub. A hub that sends the same
again replaces it: a figure of a date is a record of its own, and so is a night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from model.calendar import DAY_MS
from model.facts import DaySummary, DeviceType, Head, Method, RejectKind, SampleBlock, Source
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_RECORDS, readable
from parsers.fields import Unreadable, head, list_of
from parsers.vendors.open_wearables.names import device_type

_WEAR = "wear"
_LONGEST_NIGHT_MS = DAY_MS
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_THOUSANDTHS = 1_000  # of a figure that makes its revision

CountPoint: TypeAlias = tuple[int, int, float]  # start and end (epoch ms), value


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDay:
    """A local date of which a hub states figures.

    `name` sets apart what the hub states of a date in several places. `start_ms` is its midnight;
    `offset` is in minutes, None where nobody states it. `revision` is the hub's own, 0 without one.
    """

    source: Source
    name: str
    local_date: date
    start_ms: int
    offset: int | None
    revision: int

    def figure(self, metric: str, value: float, *, grows: bool) -> DaySummary:
        """Return one figure of the date.

        The size of a figure that grows is its revision, so that a late delivery of an earlier state
        changes nothing.
        """
        # what does not grow, such as a resting heart rate, may be corrected down as well as up
        revision = int(value * _THOUSANDTHS) if grows else self.revision
        fact_head = head(
            self.source,
            f"{self.name}:{metric}",
            revision,
            (self.start_ms, self.start_ms + DAY_MS),
            self.offset,
        )
        return DaySummary(head=fact_head, local_date=self.local_date, values={metric: value})


def short_list(value: object, where: str) -> list[Any]:
    """Return a list of samples, an empty one for null; Unreadable where it has too many."""
    samples = [] if value is None else list_of(value, where)
    if len(samples) > MOST_RECORDS:
        raise Unreadable(where, f"more than {MOST_RECORDS} samples", RejectKind.TOO_MUCH)
    return samples


def hub_midnight_ms(day: date, offset: int | None, where: str) -> int:
    """Return when a local date begins, in epoch ms; without an offset as if it were one of UTC."""
    start_ms = (day.toordinal() - _EPOCH_DAY) * DAY_MS - (offset or 0) * 60_000
    if not readable(start_ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return start_ms


def hub_date(written: object, where: str) -> date:
    """Return the date that a text begins with; the time behind it does not count."""
    if not isinstance(written, str):
        raise Unreadable(where, "not a date")
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise Unreadable(where, "not a date") from error


def hub_source(
    vendor: str, provider: str, device: str, method: Method, kind: DeviceType = DeviceType.UNKNOWN
) -> Source:
    """Return the source behind a hub; where `kind` is unknown, the names show it if they can."""
    shown = device_type(provider, device) if kind is DeviceType.UNKNOWN else kind
    return Source(vendor=vendor, app=provider, device=device, device_type=shown, method=method)


def shows_sleep(source: Source, *, is_measured: bool) -> bool:
    """Return whether sleep of a source shows that a device was worn.

    Nobody wears a phone in bed, and what was entered by hand measured nothing. Of a device whose
    type is not known, `is_measured` decides: a diary knows no stages of sleep.
    """
    if source.method is Method.MANUAL or source.device_type is DeviceType.PHONE:
        return False
    return is_measured or source.device_type is DeviceType.WATCH


def sleep_as_wear(fact_head: Head, where: str) -> SampleBlock:
    """Return a night as a time in which the device was worn, and as nothing else."""
    if not 0 < fact_head.end_ms - fact_head.start_ms <= _LONGEST_NIGHT_MS:
        raise Unreadable(where, "not after the start by at most a day", RejectKind.RANGE)
    return SampleBlock(
        head=fact_head,
        metric=_WEAR,
        t=np.array([fact_head.start_ms], np.int64),
        v=np.ones(1),
        until=np.array([fact_head.end_ms], np.int64),
    )


def workout_span(start_ms: int, end_ms: int, where: str) -> tuple[int, int]:
    """Return the span of a workout; Unreadable where it is empty or longer than seven days."""
    if not 0 < end_ms - start_ms <= LONGEST_WORKOUT_MS:
        raise Unreadable(where, "not after the start by at most seven days", RejectKind.RANGE)
    return start_ms, end_ms


def counts_between(
    readings: Sequence[tuple[int, float]], start_ms: int, total: float | None, where: str
) -> list[CountPoint]:
    """Return counts over intervals from readings of a counter (epoch ms, value) since `start_ms`.

    Some senders give the count of each interval instead of the counter. The stated `total` shows
    it where there is one: it is the last reading of a counter, and else the sum of all. A counter
    that falls is refused where no total explains it.
    """
    # a reading that is sent twice in one list counts nothing twice
    points = sorted(set(readings))
    values = [value for _, value in points]
    grows = all(later >= earlier for earlier, later in pairwise(values))
    sums_up = total is not None and values and _is_nearer(total, sum(values), values[-1])
    if not grows and not sums_up:
        raise Unreadable(where, "a counter that falls", RejectKind.DAMAGED)
    counts: list[CountPoint] = []
    before_ms, before = start_ms, 0.0
    for at_ms, value in points:
        # A reading at the start has no interval: what it counts is older.
        if at_ms > before_ms:
            counts.append((before_ms, at_ms, value if sums_up else value - before))
        before_ms, before = max(at_ms, before_ms), value
    return counts


def _is_nearer(total: float, first: float, second: float) -> bool:
    return abs(total - first) < abs(total - second)
