"""An Apple Health export, or a piece of one, to facts. Pure.

Records have no id, so their samples join a series: at each instant the last statement counts, and a
later export doubles nothing. Heart rate that comes every few seconds is of a started workout; what
comes every few minutes is of the background. That is seen by the samples alone, because a workout
may stand in another piece of the export.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from model.columns.build import split_at_gaps
from model.columns.runs import is_run_end
from model.facts import BLOCK, Fact, Joining, Method, Reject, RejectKind, SampleBlock, Source
from model.metrics import METRIC
from model.received import Context, Part
from parsers.apple.cut import bodies_of
from parsers.apple.lanes import Lane, Points
from parsers.apple.names import EFFORT
from parsers.apple.records import Gathered
from parsers.apple.workouts import Around, Efforts, workouts_of, zoned_offset
from parsers.bounds import LONGEST_GAP_MS
from parsers.fields import Unreadable, grouped, head, kept_without, rejects

_STREAMED_MS = 15_000  # a watch in a workout measures every five seconds, else every five minutes
_HEART = "heart_rate"
_BEATS = "rr_interval"
_Series: TypeAlias = tuple[str, Source, int]  # metric, source, offset in minutes


def read_apple_health(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of an export; BodyError for another document, and for too much of it.

    The account is empty: the envelope knows it.
    """
    gathered, is_complete = Gathered(), True
    for body, is_complete in bodies_of(payload):  # noqa: B007 - the last one says it
        gathered.read(body)
    yield part_of(gathered, context.received_ms, is_complete=is_complete)


def part_of(gathered: Gathered, received_ms: int, *, is_complete: bool) -> Part:
    """Return the facts of what was gathered in an export, and what could not be read."""
    errors = gathered.errors
    read = list(_read_lanes(gathered, errors))
    around = Around(received_ms=received_ms, efforts=_efforts(read))
    facts: list[Fact] = []
    for element in gathered.workouts:
        facts += workouts_of(element, around, errors)
    for series, points in _merged(read, gathered):
        facts += _blocks(series, points)
    return Part(
        account="",
        facts=tuple(facts),
        rejects=_refused(gathered, is_complete=is_complete),
        complete=is_complete,
    )


def _refused(gathered: Gathered, *, is_complete: bool) -> tuple[Reject, ...]:
    refused = list(rejects(gathered.errors))
    for refusal, count in gathered.refusals.items():
        kind = RejectKind.REPAIRED if refusal.is_repair else RejectKind.DAMAGED
        refused.append(Reject(where=refusal.name, why=refusal.why, kind=kind, count=count))
    if gathered.lanes.unknown:
        why, count = "an unknown type of record", len(gathered.lanes.unknown)
        refused.append(Reject(where="Record.type", why=why, kind=RejectKind.UNKNOWN, count=count))
    refused.sort(key=_cause)
    if not is_complete:
        refused.insert(0, Reject(where="body", why="cut off", kind=RejectKind.DAMAGED))
    return grouped(refused)


def _cause(reject: Reject) -> tuple[str, str]:
    return reject.where, reject.why


def _read_lanes(gathered: Gathered, errors: list[Unreadable]) -> Iterator[tuple[Lane, Points]]:
    """Yield each lane with its samples, at the offset of its zone where it states one."""
    for lane in gathered.lanes.by_key.values():
        points = lane.points(errors)
        # The written offset is that of the export, the stated zone that of the record.
        if lane.zone:
            offsets = []
            for at, written in zip(points.t.tolist(), points.offset_min.tolist(), strict=True):
                offset = kept_without(errors, written, zoned_offset, at, lane.zone, written)
                offsets.append(offset)
            points = points._replace(offset_min=np.array(offsets, np.int64))
        yield lane, points


def _efforts(read: Iterable[tuple[Lane, Points]]) -> Efforts:
    """Return the efforts that people entered, with their times."""
    efforts: Efforts = []
    for lane, points in read:
        if lane.type == EFFORT:
            efforts += zip(points.t.tolist(), points.v.tolist(), strict=True)
    return sorted(efforts)


def _merged(
    read: Iterable[tuple[Lane, Points]], gathered: Gathered
) -> Iterator[tuple[_Series, Points]]:
    """Yield the samples of each metric, source and offset, in order of time.

    At an instant the greatest value stays, as storage keeps it.
    """
    parts: defaultdict[_Series, list[Points]] = defaultdict(list)
    for lane, points in read:
        for offset in np.unique(points.offset_min).tolist():
            some = points.chosen(points.offset_min == offset)
            parts[lane.quantity.metric, lane.source, offset].append(some)
    for (source, offset), beats in gathered.beats.items():
        if beats:
            parts[_BEATS, source, offset].append(_of_beats(beats, offset))
    for series in sorted(parts, key=repr):
        points = _in_order(Points(*map(np.concatenate, zip(*parts[series], strict=True))))
        yield from _by_method(series, points)


def _of_beats(beats: list[tuple[int, float]], offset: int) -> Points:
    t = np.array([at for at, _ in beats], np.int64)
    v = np.array([interval for _, interval in beats], np.float64)
    return Points(t, t, v, np.full(len(t), offset))


def _in_order(points: Points) -> Points:
    # lexsort sorts by its last key first: by time, then by value, then by the end
    ordered = points.chosen(np.lexsort((points.until, points.v, points.t)))
    return ordered.chosen(is_run_end(ordered.t))


def _by_method(series: _Series, points: Points) -> Iterator[tuple[_Series, Points]]:
    """Yield heart rate apart by its spacing: that of a started workout, and all other."""
    metric, source, offset = series
    if metric != _HEART or source.method is Method.MANUAL:
        yield series, points
        return
    # A sample at the edge of a piece has its neighbour on the other side.
    near = np.diff(points.t) <= _STREAMED_MS
    streamed = np.append(near, False) | np.append(False, near)
    if streamed.any():
        workout = replace(source, method=Method.WORKOUT)
        yield (metric, workout, offset), points.chosen(streamed)
    if not streamed.all():
        yield series, points.chosen(~streamed)


def _blocks(series: _Series, points: Points) -> Iterator[SampleBlock]:
    metric, source, offset = series
    holds = METRIC[metric].over_interval
    for some in split_at_gaps(points.t, BLOCK, LONGEST_GAP_MS):
        t, until, v = points.t[some], points.until[some], points.v[some]
        # The record is a hash of the content: the same samples of a later export are the same.
        words = repr((source, offset)).encode() + t.tobytes() + until.tobytes() + v.tobytes()
        record = f"{metric}:{hashlib.sha256(words).hexdigest()[:16]}"
        end = int(until.max() if holds else t[-1])
        yield SampleBlock(
            head=head(source, record, 0, (int(t[0]), max(end, int(t[-1]) + 1)), offset),
            metric=metric,
            t=t,
            v=v,
            joining=Joining.STREAM,
            until=until if holds else None,
        )
