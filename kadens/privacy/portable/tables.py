"""What a patient supplied as rows: the columns of the CSV files, and the same as JSON. Pure.

Instants are RFC 3339 in UTC. A row has the names of our own model, with the unit where there is
one, so that a number is never without it.
"""

from collections.abc import Mapping
from typing import Any

from kadens.output.visible import cell
from model.calendar import rfc3339, rfc3339_if_known
from model.facts import AttributedFact, DaySummary, Report, Source, Workout
from model.metrics import METRIC
from model.privacy.supplied import SuppliedSample

TableRow = dict[str, Any]
_SOURCE = ("vendor", "app", "device", "device_type", "method")
# The columns of each file, in order.
TABLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "workouts": (
        "record", "start", "end", "type", "vendor_type", "moving_ms", "exertion_cr10",
        "effort_stated", "summary", "pauses", *_SOURCE,
    ),
    "reports": (
        "record", "at", "from", "instrument", "phase", "value", "scale", "session", "site", "type",
        "equipment", "reason", *_SOURCE,
    ),
    "days": ("record", "date", "metric", "unit", "value", *_SOURCE),
    "samples": ("metric", "unit", "time", "until", "value", *_SOURCE),
}  # fmt: skip


def workout_row(item: AttributedFact, fact: Workout) -> TableRow:
    """Return a workout as its source states it."""
    head = item.fact.head
    return {
        "record": head.record,
        "start": rfc3339(head.start_ms),
        "end": rfc3339(head.end_ms),
        "type": fact.type,
        "vendor_type": fact.vendor_type,
        "moving_ms": fact.moving_ms,
        "exertion_cr10": fact.exertion_cr10,
        "effort_stated": fact.effort_stated,
        "summary": dict(sorted(fact.summary.items())),
        "pauses": [[rfc3339(start), rfc3339(end)] for start, end in fact.pauses],
        **_source(head.source),
    }


def report_row(item: AttributedFact, fact: Report) -> TableRow:
    """Return what the patient answered."""
    head = item.fact.head
    return {
        "record": head.record,
        "at": rfc3339(head.end_ms),
        "from": rfc3339(head.start_ms),
        "instrument": fact.instrument.value,
        "phase": fact.phase.value,
        "value": fact.value,
        "scale": fact.scale,
        "session": fact.session,
        "site": fact.site,
        "type": fact.type,
        "equipment": list(fact.equipment),
        "reason": fact.reason,
        **_source(head.source),
    }


def day_rows(item: AttributedFact, fact: DaySummary) -> list[TableRow]:
    """Return the totals of a date, a row each."""
    head = item.fact.head
    made: list[TableRow] = []
    for name, value in sorted(fact.values.items()):
        # a total that only one vendor has is no metric of ours, and its unit is not known
        named = {"record": head.record, "date": fact.local_date.isoformat(), "metric": name}
        unit = METRIC[name].unit if name in METRIC else ""
        made.append({**named, "unit": unit, "value": value, **_source(head.source)})
    return made


def sample_row(sample: SuppliedSample) -> TableRow:
    """Return a measured value with its unit."""
    return {
        "metric": sample.metric,
        "unit": METRIC[sample.metric].unit,
        "time": rfc3339(sample.at_ms),
        "until": rfc3339_if_known(sample.end_ms),
        "value": sample.value,
        **_source(sample.source),
    }


def cells_of_row(columns: tuple[str, ...], row: TableRow) -> list[Any]:
    """Return the cells of a row of CSV; lists and totals are joined, nothing known is empty."""
    return [_cell(row[name]) for name in columns]


def _cell(value: Any) -> Any:  # noqa: ANN401 - one cell of any column
    if isinstance(value, dict):
        value = "; ".join(f"{name}={number}" for name, number in value.items())
    # a cell holds one text, and a semicolon is in none of these names
    elif isinstance(value, list):
        value = "; ".join("/".join(part) if isinstance(part, list) else part for part in value)
    return cell(value)


def _source(source: Source) -> TableRow:
    return {
        "vendor": source.vendor,
        "app": source.app,
        "device": source.device,
        "device_type": source.device_type.value,
        "method": source.method.value,
    }
