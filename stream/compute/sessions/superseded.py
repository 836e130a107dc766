"""Leaves out the samples of a version of a workout that another version superseded.

Storage replaces the samples of a record that is stated again. A version under another record has
samples of its own beside them, and both would be read. The samples of the older version count only
where the later one has none at all: some senders tell of a workout again without its samples.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from model.columns.window import SampleColumn
from model.fact_properties import records_of_samples
from model.facts import AttributedFact, Head
from stream.compute.sessions.candidates import current_facts
from stream.compute.sessions.versions import latest_versions

_OfVendor = tuple[str, str]  # vendor and record


def current_columns(
    columns: Sequence[SampleColumn], workouts: Iterable[AttributedFact]
) -> Sequence[SampleColumn]:
    """Return the columns without the samples of superseded versions of these workouts."""
    heads = _superseded_heads(columns, workouts)
    if not heads:  # the usual case
        return columns
    return [_outside(column, heads.get(_named(column), ())) for column in columns]


def _superseded_heads(
    columns: Iterable[SampleColumn], workouts: Iterable[AttributedFact]
) -> dict[_OfVendor, list[Head]]:
    """Return the heads of superseded versions by the records that may hold their samples."""
    by_record: dict[_OfVendor, list[Head]] = {}
    superseding = [row for row in latest_versions(current_facts(workouts)) if row.superseded]
    sampled = {_named(column) for column in columns if len(column.t)} if superseding else set()
    for versions in superseding:
        own = _records(versions.attributed.fact.head)
        if sampled.isdisjoint(own):
            continue
        for older in versions.superseded:
            for record in _records(older.fact.head) - own:
                by_record.setdefault(record, []).append(older.fact.head)
    return by_record


def _records(head: Head) -> frozenset[_OfVendor]:
    return frozenset((head.source.vendor, name) for name in records_of_samples(head.record))


def _named(column: SampleColumn) -> _OfVendor:
    return column.source.vendor, column.record


def _outside(column: SampleColumn, heads: Iterable[Head]) -> SampleColumn:
    """Return the samples of a column that are in none of these workouts."""
    kept = np.ones(len(column.t), np.bool_)
    for head in heads:
        kept &= (column.t < head.start_ms) | (column.t > head.end_ms)
    return column if kept.all() else column.where(kept)
