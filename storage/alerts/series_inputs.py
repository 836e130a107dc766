"""Loads the samples that rules about the heart read, for those whose prescription asks for them.

Nearly nobody's does, and then no sample is read.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from model.alert import HeartSeries, Weighing
from model.calendar import DAY_MS
from model.metrics import METRIC
from model.prescription import Prescription
from storage.facts.unrestricted import unrestricted_sql
from storage.pg import rows
from storage.pg.pool import Connection

_LOOK_BACK_MS = 28 * DAY_MS  # as long as the rules that read samples look back
_FREE = unrestricted_sql("s", "o", "s.time", "s.time + s.span_ms * interval '1 millisecond'")
# Of a session the source from which its zones are; at an instant the same sample as there.
_HEART = f"""
select x.patient, x.session, k.time as at_ms, k.value from session x cross join lateral (
  select distinct on (s.time) s.time, s.value
  from sample s left join record r on r.id = s.record join source o on o.id = s.source
  where s.patient = x.patient and s.metric = %(metric)s and s.source = x.heart_source
    and s.time >= x.start_at and s.time < x.end_at and {_FREE}
  order by s.time, coalesce(r.record, '') collate "C" desc, s.value desc) k
where x.patient = any(%(patients)s) and x.counts
  and x.start_at >= to_timestamp(%(since)s / 1000.0)
order by x.patient, x.start_at, x.session, k.time"""  # noqa: S608 - constants of this package
_WEIGHTS = f"""
select s.patient, s.time as at_ms, max(s.value) as kg
from sample s join source o on o.id = s.source
where s.patient = any(%(patients)s) and s.metric = %(metric)s and {_FREE}
  and s.time >= to_timestamp(%(since)s / 1000.0) and s.time <= to_timestamp(%(now)s / 1000.0)
group by s.patient, s.time order by s.patient, s.time"""  # noqa: S608 - constants of this package


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesInputs:
    """The samples of patients, by surrogate: heart rate by session, and weighings."""

    heart: Mapping[int, tuple[HeartSeries, ...]]
    weighings: Mapping[int, tuple[Weighing, ...]]


async def series_inputs(
    conn: Connection, prescriptions: Mapping[int, Sequence[Prescription]], now_ms: int
) -> SeriesInputs:
    """Return the samples that rules read, of each patient whose prescriptions ask for a rule."""
    # a rule that is off otherwise must not cost those who are not asked for
    asking = {number: own for number, own in prescriptions.items() if any(map(_asks, own))}
    limited = [n for n, own in asking.items() if any(row.hr_ceiling is not None for row in own)]
    return SeriesInputs(
        heart=await _heart(conn, limited, now_ms) if limited else {},
        weighings=await _weighings(conn, asking, now_ms) if asking else {},
    )


def _asks(row: Prescription) -> bool:
    """Return whether a prescription turns a rule on that is off otherwise."""
    return any(values.get("on", 0) >= 1 for values in (row.rules or {}).values())


async def _heart(
    conn: Connection, patients: Collection[int], now_ms: int
) -> dict[int, tuple[HeartSeries, ...]]:
    wanted = _wanted("heart_rate", patients, now_ms)
    samples: dict[tuple[int, str], list[tuple[int, float]]] = defaultdict(list)
    for row in await rows.fetch(conn, _HEART, wanted, lambda row: row):
        samples[row["patient"], row["session"]].append((row["at_ms"], row["value"]))
    series: dict[int, list[HeartSeries]] = defaultdict(list)
    for (patient, session), own in samples.items():
        series[patient].append(HeartSeries(session=session, samples=tuple(own)))
    return {patient: tuple(own) for patient, own in series.items()}


async def _weighings(
    conn: Connection, patients: Collection[int], now_ms: int
) -> dict[int, tuple[Weighing, ...]]:
    weighed: dict[int, list[Weighing]] = defaultdict(list)
    for row in await rows.fetch(
        conn, _WEIGHTS, _wanted("weight", patients, now_ms), lambda row: row
    ):
        weighed[row["patient"]].append(Weighing(at_ms=row["at_ms"], kg=row["kg"]))
    return {patient: tuple(own) for patient, own in weighed.items()}


def _wanted(metric: str, patients: Collection[int], now_ms: int) -> rows.Row:
    return {
        "patients": list(patients),
        "metric": METRIC[metric].id,
        "since": now_ms - _LOOK_BACK_MS,
        "now": now_ms,
    }
