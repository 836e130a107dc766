"""What a batch of facts and the facts it removes touch: spans, records, sessions. Pure.

It says where derived rows may be stale, and must never say less than what may have changed.
"""

from collections.abc import Iterable

from model.fact_properties import session_records, span_of, target_record, touched_span
from model.facts import BEGUN_WORKOUTS, Deletion, SampleBlock
from storage.facts.affected import AffectedSpans, RecordNames, removed_spans
from storage.facts.batch_items import BatchItem, RecordRows
from storage.facts.fact_rows import Removed


def touched_spans(items: Iterable[BatchItem], removed: Iterable[Removed]) -> AffectedSpans:
    """Return the spans of new and of removed facts, by patient id."""
    spans = removed_spans(removed)
    for item in items:
        spans[item.patient.id].append(touched_span(item.reported.fact))
    return spans


def changed_sample_spans(
    blocks: Iterable[BatchItem],
    new: Iterable[BatchItem],
    removed: Iterable[Removed],
    spans: AffectedSpans,
) -> AffectedSpans:
    """Return the spans in which samples changed: those of new and of removed blocks.

    A deletion may hide or show samples anywhere in the affected spans. For a patient with a changed
    deletion, all affected spans are returned.
    """
    changed = touched_spans(
        [item for item in blocks if isinstance(item.reported.fact, SampleBlock)], removed
    )
    hiding = {item.patient.id for item in new if isinstance(item.reported.fact, Deletion)}
    # a removed fact without samples may have been a deletion
    hiding |= {item.patient for item in removed if item.extent is None}
    for patient in hiding:
        changed[patient] = spans[patient]
    return changed


def retracted_intervals(items: Iterable[BatchItem], removed: Iterable[Removed]) -> AffectedSpans:
    """Return the intervals in which a changed deletion may hide or show workouts."""
    # a removed fact without samples and without a target may have been such a deletion
    spans = removed_spans(item for item in removed if item.extent is None and not item.target)
    for item in items:
        fact = item.reported.fact
        if isinstance(fact, Deletion) and fact.metric == BEGUN_WORKOUTS:
            spans[item.patient.id].append(span_of(fact))
    return spans


def target_names(items: Iterable[BatchItem], removed: Iterable[Removed]) -> RecordNames:
    """Return the records, as (patient id, record), that changed deletions and reports refer to."""
    names = {(item.patient.id, target_record(item.reported.fact)) for item in items}
    return names | {(item.patient, item.target) for item in removed}


def session_names_of(items: Iterable[BatchItem], records: RecordRows) -> RecordNames:
    """Return the names, as (patient id, record), of changed sessions and of replaced records."""
    names = {(key.patient, key.record) for key, row in records.items() if row.replaced}
    for item in items:
        names.update((item.patient.id, name) for name in session_records(item.reported.fact))
    return names
