"""What a running Kadens knows of a patient, in the terms of a simulated vendor's truth.

It is read from the stored facts, without what a source took back.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg

from model.calendar import epoch_ms
from model.facts import BEGUN_WORKOUTS
from model.metrics import METRICS
from simulate.vendors.vendor_truth import VendorTruth
from tests.rows import values_of

# what a source took back stays as told, and is left out by whoever reads
_FACTS = """
select f.kind, f.start_at, f.end_at, f.local_date, f.payload from fact f
join patient p on p.id = f.patient join record r on r.id = f.record join source s on s.id = f.source
where p.pseudonym = %s and f.kind in ('workout', 'day') and not exists (
  select from fact d join record dr on dr.id = d.record join source ds on ds.id = d.source
  where d.patient = f.patient and d.kind = 'deletion' and ds.vendor = s.vendor
  and (d.payload ->> 'target' = r.record or f.kind = 'workout'
    and d.payload ->> 'metric' = %s and f.start_at >= d.start_at and f.start_at < d.end_at)
  and (dr.revision = 0 and dr.stated_ms >= r.stated_ms
    or (dr.revision, dr.stated_ms) >= (r.revision, r.stated_ms)))"""
_SAMPLES = """
select x.metric, x.time, x.span_ms, x.value from sample x join patient p on p.id = x.patient
join source s on s.id = x.source left join record r on r.id = x.record
where p.pseudonym = %(patient)s and not exists (
  select from fact d join record dr on dr.id = d.record join source ds on ds.id = d.source
  where d.patient = x.patient and d.kind = 'deletion' and ds.vendor = s.vendor
  and (d.payload ->> 'target' = r.record
      and (dr.revision = 0 and dr.stated_ms >= r.stated_ms
        or (dr.revision, dr.stated_ms) >= (r.revision, r.stated_ms))
    or d.payload ->> 'metric' = %(names)s::jsonb ->> x.metric::text
      and x.time >= d.start_at and x.time < d.end_at
      and x.revision <= (least(dr.revision, 2097151) << 42) + dr.stated_ms))"""


def known_facts(dsn: str, patient: str, metrics: Iterable[str]) -> VendorTruth:
    """Return what is known of a patient now, of some metrics only."""
    wanted = frozenset(metrics)
    known = VendorTruth()
    with psycopg.connect(dsn) as conn:
        for kind, start, end, day, payload in conn.execute(
            _FACTS, [patient, BEGUN_WORKOUTS]
        ).fetchall():
            if kind == "workout":
                known.workouts.add((epoch_ms(start), epoch_ms(end), payload["type"]))
            # one vendor may state a day in several summaries
            elif some := {name: v for name, v in payload["values"].items() if name in wanted}:
                known.days.setdefault(day, {}).update(some)
        names = dict(values_of(METRICS, "id", "name"))
        values = {"patient": patient, "names": json.dumps(names)}
        for metric, at, span_ms, value in conn.execute(_SAMPLES, values).fetchall():
            _add_sample(known, wanted, names[metric], (epoch_ms(at), span_ms, value))
    return known


def _add_sample(
    known: VendorTruth, wanted: frozenset[str], metric: str, point: tuple[int, int, float]
) -> None:
    at, span_ms, value = point
    if metric == "wear":
        known.worn.add((at, at + span_ms))
    elif metric in wanted and span_ms:
        known.counts.setdefault(metric, set()).add((at, at + span_ms, value))
    elif metric in wanted:
        known.samples.setdefault(metric, set()).add((at, value))


def apart(known: VendorTruth, truth: VendorTruth) -> str:
    """Return in words how what is known differs from what is true, "" where it does not."""
    lines = [
        _differs("workouts", known.workouts, truth.workouts),
        _differs("worn", known.worn, truth.worn),
        _differs("days", _rows(known), _rows(truth)),
    ]
    for own, true in ((known.samples, truth.samples), (known.counts, truth.counts)):
        names = sorted(own.keys() | true.keys())
        lines += [_differs(name, own.get(name, set()), true.get(name, set())) for name in names]
    return "; ".join(filter(None, lines))


def _rows(truth: VendorTruth) -> set[tuple[date, str, float]]:
    rows: set[tuple[date, str, float]] = set()
    for day, row in truth.days.items():
        rows.update((day, name, float(value)) for name, value in row.items())
    return rows


def _differs(name: str, known: set[Any], true: set[Any]) -> str:
    lost, more = sorted(true - known), sorted(known - true)
    if not lost and not more:
        return ""
    return f"{name}: {len(lost)} missing {lost[:3]}, {len(more)} too much {more[:3]}"
