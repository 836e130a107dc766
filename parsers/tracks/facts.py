"""From the points of a track to facts: its clock, gaps, blocks of samples and record. Pure.

TCX and GPX share this. Neither has a record or a revision. The record is the device or program and
when the activity began. Of two versions of a file, the one that was stated last counts, but a
damaged one never replaces a complete one.
"""

import hashlib
import math
from array import array
from collections.abc import Iterator

import numpy as np

from model.columns.build import split_at_gaps
from model.facts import BLOCK, DeviceType, Head, Method, Reject, RejectKind, SampleBlock, Source
from model.metrics import METRIC
from model.storable import LAST_MS
from parsers.bounds import EARLIEST_MS, LONGEST_GAP_MS
from parsers.fields import Unreadable, head, rejects
from parsers.fit.activity.clock import RecordClock, Testimony, odd_steps, settle_clock
from parsers.fit.samples import Samples, rounded, samples_in_order, samples_within
from parsers.fit_types import ON_FOOT
from parsers.tracks.elements import TrackActivity, TrackFile

_VENDOR = "files"
_MOST_GAPS = 10_000  # of one activity
_SHORTEST_GAP_MS = 10_000  # a watch that saves its battery may write a point every ten seconds
# Nobody makes so many strides of one leg a minute: the writer counted steps.
STEPS_FROM = 120.0


def track_clock(
    activity: TrackActivity, timer_s: float | None, received_ms: int, errors: list[Unreadable]
) -> RecordClock:
    """Return the times of the points in seconds, without jumps of the clock; tell of these.

    `timer_s` is the time of the timer that the file states, None where it does not.
    """
    stamps = np.array(activity.times, np.float64) / 1000
    odd = odd_steps(stamps)
    # Programs do not tell when the timer stood still, but some begin a new segment then.
    paused = np.isin(odd + 1, np.array(activity.breaks, np.intp)).tolist()
    testimony = Testimony(
        timer=math.nan if timer_s is None else timer_s,
        laps=tuple(_lap_spans(activity)),
        latest=received_ms / 1000 if received_ms else math.inf,
    )
    clock = settle_clock(stamps, odd, paused, testimony, damaged=False)
    if clock.shifts:
        why = "trackpoints moved: the clock jumped in the middle"
        errors.append(Unreadable(f"@{activity.offset}", why, RejectKind.RANGE))
    return clock


def _lap_spans(activity: TrackActivity) -> Iterator[tuple[float, float]]:
    """Yield the laps that state when they began and how long they were, in seconds."""
    for lap in activity.laps:
        length_s = lap.figures.get("TotalTimeSeconds")
        if lap.start_ms is not None and length_s:
            yield lap.start_ms / 1000, lap.start_ms / 1000 + length_s


def track_gaps(clock: RecordClock) -> list[tuple[int, int]]:
    """Return the longer times between two points, [start, end) in epoch ms."""
    times = np.rint(np.sort(clock.stamps) * 1000).astype(np.int64)
    gaps = np.flatnonzero(np.diff(times) > _SHORTEST_GAP_MS)[:_MOST_GAPS]
    return list(zip(times[gaps].tolist(), times[gaps + 1].tolist(), strict=True))


def track_blocks(
    activity: TrackActivity,
    file: TrackFile,
    record: str,
    clock: RecordClock,
    errors: list[Unreadable],
) -> Iterator[SampleBlock]:
    """Yield the readings of the points as blocks of columns."""
    times = np.rint(clock.stamps * 1000).astype(np.int64)
    for metric, (positions, v) in activity.readings.items():
        row = METRIC[metric]
        # Adding 0.0 turns -0.0 into 0.0, so that equal values have equal bytes.
        t = times[np.array(positions, np.int64)]
        samples = Samples(t=t, v=np.array(v, np.float64) + 0.0)
        kept = samples_within(samples, (EARLIEST_MS, LAST_MS), (row.floor, row.ceiling))
        if len(kept) < len(samples):
            why = "samples with a value outside of what is read"
            errors.append(Unreadable(f"Trackpoint.{metric}", why, RejectKind.RANGE))
        kept = samples_in_order(rounded(kept))
        for part, some in enumerate(split_at_gaps(kept.t, BLOCK, LONGEST_GAP_MS)):
            span = int(kept.t[some][0]), int(kept.t[some][-1]) + 1
            yield SampleBlock(
                head=track_head(activity, file, f"{record}:samples", span),
                metric=metric,
                t=kept.t[some],
                v=kept.v[some],
                part=part,
            )


def count_steps(activity: TrackActivity, kind: str) -> None:
    """Turn the strides of an activity of the type `kind` into steps a minute, its cadence.

    Formats count strides of one leg, and on foot some writers put them into the column of pedals.
    """
    readings = activity.readings
    names = ["strides", "cadence"] if kind in ON_FOOT else ["strides"]
    counted = next(filter(readings.__contains__, names), "")
    if not counted:
        return
    positions, v = readings[counted]
    moving = np.array(v)[np.array(v) > 0]
    if not len(moving) or float(np.median(moving)) <= STEPS_FROM:
        v = array("d", [2 * value for value in v])
    if counted != "cadence":
        readings.pop("cadence", None)
    columns = [
        ("cadence", (positions, v)) if name == counted else (name, column)
        for name, column in readings.items()
    ]
    readings.clear()
    readings.update(columns)


def track_head(
    activity: TrackActivity, file: TrackFile, record: str, span: tuple[int, int]
) -> Head:
    """Return the head of a fact of an activity; `span` is [start, end) in epoch ms."""
    # Only devices have a unit number of their own; an app that writes TCX leaves it out or gives 0.
    is_device = activity.unit.strip("0") != ""
    source = Source(
        vendor=_VENDOR,
        app=file.author,
        device=activity.device,
        device_type=DeviceType.WATCH if is_device else DeviceType.UNKNOWN,
        method=Method.WORKOUT,
    )
    return head(source, record, int(file.damage is None), span, activity.offset_min)


def track_record(title: str, activity: TrackActivity, program: str = "") -> str:
    """Return the activity's identity: a hash, so that no serial number gets into a fact.

    `program` wrote the file, where the format names no device.
    """
    starts = [lap.start_ms for lap in activity.laps[:1] if lap.start_ms is not None]
    begun = [*starts, *activity.times[:1]]
    # Only where nothing is dated is the activity's own id better than nothing.
    words = f"{activity.device or program}/{activity.unit}/{begun[0] if begun else activity.name}"
    return f"{title}:{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:24]}"


def track_rejects(file: TrackFile) -> tuple[Reject, ...]:
    """Return why some of a file could not be read, its damage first."""
    refused = rejects(file.errors)
    if file.damage is None:
        return refused
    why = "not XML, or cut off"
    return (Reject(where=f"@{file.damage}", why=why, kind=RejectKind.DAMAGED), *refused)
