"""Loads the samples that rules about the heart read, of those whose prescription turns a rule on.

Nearly nobody's does, and then no sample is read. What was taken back or is restricted is left out.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from model.columns.window import SampleColumn
from model.metrics import METRIC
from model.prescription import Prescription
from model.spans import Span
from storage.facts import retractions, sample_reads
from storage.facts.sample_reads import SampleQuery, current_column
from storage.pg.pool import Connection


async def rule_samples(
    conn: Connection, patients: Collection[int], metric: str, span: Span
) -> dict[int, list[SampleColumn]]:
    """Return the samples of a metric in a span that hold, by the patient's surrogate."""
    columns: dict[int, list[SampleColumn]] = defaultdict(list)
    if not patients:
        return columns
    masks = await retractions.intervals(conn, {patient: [span] for patient in patients})
    queries: list[SampleQuery] = []
    for patient in patients:
        # the revision of each sample costs reading time; only a deletion compares it
        compared = masks[patient].touches(metric)
        queries.append(
            SampleQuery(span=span, patient=patient, metric=METRIC[metric].id, revisions=compared)
        )
    stored = await sample_reads.read_samples(conn, queries)
    await retractions.add_records(conn, masks, ((item.patient, item.record) for item in stored))
    for item in stored:
        column = current_column(item, masks[item.patient])
        if column is not None:
            columns[item.patient].append(column)
    return columns


def turns_rule_on(prescriptions: Sequence[Prescription]) -> bool:
    """Return whether one of these turns a rule on that is off otherwise."""
    return any(map(_turns_rule_on, prescriptions))


def _turns_rule_on(row: Prescription) -> bool:
    return any(values.get("on", 0) >= 1 for values in (row.rules or {}).values())
