"""The records of a recording as sample blocks, and the counters of all day as day summaries. Pure.

Positions are never read. A sample outside of its metric's bounds is left out and counted.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from model.calendar import DAY_MS
from model.columns.build import split_at_gaps
from model.facts import (
    BLOCK,
    DaySummary,
    Instants,
    Method,
    Reject,
    RejectKind,
    SampleBlock,
    Source,
)
from model.metrics import METRIC
from model.storable import LAST_MS
from parsers.bounds import EARLIEST_MS, LONGEST_GAP_MS
from parsers.fit import Samples
from parsers.fit.samples import doubled, rounded, samples_in_order, samples_within
from parsers.fit_facts.recording import FitRecording, device_hash
from parsers.fit_types import ON_FOOT, type_of

_OF_HEART = ("heart_rate", "rr_interval")  # what a strap measures and the watch writes down


def record_blocks(recording: FitRecording, rejects: list[Reject]) -> Iterator[SampleBlock]:
    """Yield the blocks of the records, releasing each metric's samples, then the background."""
    for metric in tuple(recording.activity.samples):
        samples = recording.activity.samples.pop(metric)
        steps = doubled(samples, _on_foot(recording)) if metric == "cadence" else samples
        strap = metric in _OF_HEART and _strap_in_records(recording)
        source = recording.source(Method.WORKOUT, strap=strap)
        yield from _parts(recording, source, recording.record, metric, steps, rejects)
    if recording.activity.beats is not None:
        source, beats = recording.source(Method.WORKOUT, strap=True), recording.activity.beats
        yield from _parts(
            recording, source, f"{recording.record}:beats", "heart_rate", beats, rejects
        )
    for part in recording.activity.background:
        source = recording.source(Method.BACKGROUND)
        if part.device_type is not None:
            source = replace(source, device_type=part.device_type)
        yield from _parts(
            recording,
            source,
            f"{recording.record}:background",
            part.metric,
            part.samples,
            rejects,
            part.until,
        )


def counted_days(recording: FitRecording) -> Iterator[DaySummary]:
    """Yield what the counters of all day state of each local date."""
    device = device_hash(recording.activity)
    for total in recording.activity.day_totals:
        values = {name: round(v, 6) for name, v in total.values.items()}
        name = f"fit:{device}:{total.local_date.isoformat()}"
        fact_head = recording.head(
            recording.source(Method.BACKGROUND), name, (total.start_ms, total.start_ms + DAY_MS)
        )
        # It grows during the day, so the greatest of all files of the day stays.
        fact_head = replace(fact_head, revision=round(sum(values.values())))
        yield DaySummary(head=fact_head, local_date=total.local_date, values=values)


def _strap_in_records(recording: FitRecording) -> bool:
    """Return whether the records' heart rate is a strap's.

    A strap that hands over its beats in messages of its own was out of reach of the watch.
    """
    return recording.activity.device.heart_from == "strap" and recording.activity.beats is None


def _on_foot(recording: FitRecording) -> list[tuple[int, int]]:
    return [
        (session.start_ms, session.start_ms + session.length_ms)
        for session in recording.activity.sessions
        if type_of(session.sport, session.sub_sport) in ON_FOOT
    ]


def _parts(
    recording: FitRecording,
    source: Source,
    record: str,
    metric: str,
    samples: Samples,
    rejects: list[Reject],
    until: Instants | None = None,
) -> Iterator[SampleBlock]:
    row = METRIC[metric]
    ends = None if until is None else dict(zip(samples.t.tolist(), until.tolist(), strict=True))
    kept = samples_within(samples, (EARLIEST_MS, LAST_MS), (row.floor, row.ceiling))
    if len(kept) < len(samples):
        why = "samples with a time or value outside of what is read"
        refused = len(samples) - len(kept)
        rejects.append(
            Reject(where=f"record.{metric}", why=why, kind=RejectKind.RANGE, count=refused)
        )
    kept = samples_in_order(rounded(kept))
    for part, some in enumerate(split_at_gaps(kept.t, BLOCK, LONGEST_GAP_MS)):
        t, v = kept.t[some], kept.v[some]
        held = None if ends is None else _ends_of(t, ends)
        last = int(t[-1]) + 1 if held is None else int(held.max())
        head = recording.head(source, record, (int(t[0]), last))
        yield SampleBlock(head=head, metric=metric, t=t, v=v, part=part, until=held)


def _ends_of(t: Instants, ends: dict[int, int]) -> Instants:
    return np.fromiter(map(ends.__getitem__, t.tolist()), np.int64, len(t))
