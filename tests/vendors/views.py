"""What is held of a patient, as plain rows that a simulated vendor's truth is written in."""

from kadens.derivation.held_facts import HeldFacts
from model.facts import DaySummary, Workout
from tests.rows import values_of

TruthRows = list[tuple[object, ...]]


def points_held(facts: HeldFacts, metric: str) -> TruthRows:
    """Return the samples of a metric that hold, (epoch ms, value), of all sources."""
    rows: TruthRows = []
    for column in facts.columns:
        if column.metric == metric:
            rows += zip(column.t.tolist(), column.v.tolist(), strict=True)
    return sorted(rows)


def counts_held(facts: HeldFacts, metric: str) -> TruthRows:
    """Return the counts of a metric that hold, (start, end, value), times in epoch ms."""
    rows: TruthRows = []
    for column in facts.columns:
        if column.metric == metric:
            until = column.t if column.until is None else column.until
            rows += zip(column.t.tolist(), until.tolist(), column.v.tolist(), strict=True)
    return sorted(rows)


def workouts_held(facts: HeldFacts) -> TruthRows:
    """Return the workouts that hold, (start, end, type), times in epoch ms."""
    workouts = values_of(facts.current_of_kind(Workout), "fact")
    return sorted(values_of(workouts, "head.start_ms", "head.end_ms", "type"))


def days_held(facts: HeldFacts) -> TruthRows:
    """Return the stated totals of dates that hold, (date, metric, value)."""
    rows: TruthRows = []
    for day in values_of(facts.current_of_kind(DaySummary), "fact"):
        rows += [(day.local_date.isoformat(), name, value) for name, value in day.values.items()]
    return sorted(rows)
