"""Loads up to when each vendor and device has delivered of a patient, and who is silent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from model.alerting.rule_rows import Watermark
from model.calendar import DAY_MS
from model.facts import (
    NOT_ALL_DAY_METHODS,
    NOT_ALL_DAY_TYPES,
    UNWORN_METHODS,
    UNWORN_TYPES,
)
from storage.pg import rows
from storage.pg.pool import Connection

# A device whose clock is ahead counts as having delivered up to now, not beyond.
_WATERMARKS = """
select w.patient, s.vendor, k.worn, k.all_day, d.device,
  least(max(w.time), to_timestamp(%(now)s / 1000.0)) as time_ms, max(w.history_at) as history_ms
from watermark w join source s on s.id = w.source
cross join lateral (select not (s.device_type = any(%(unworn_types)s)
  or s.method = any(%(unworn_methods)s)) as worn, not (s.device_type = any(%(not_all_day_types)s)
  or s.method = any(%(not_all_day_methods)s)) as all_day) k
cross join lateral (select case when k.all_day then coalesce(nullif(s.device, ''), s.app)
  else '' end collate "C" as device) d
where w.patient = any(%(patients)s) group by w.patient, s.vendor, k.worn, k.all_day, d.device
order by w.patient, s.vendor collate "C", k.worn, k.all_day, d.device"""
# Whom the vendor delivered to within four weeks, and to whom of them not for two days. A silent
# patient counts only if what was measured last came as it was measured, and on several days: a
# history that is loaded ends in the past too, and its vendor has not stopped.
_SILENT = """
select vendor, count(*) filter (where late)::int as silent, count(*)::int as patients
from (select w.patient, s.vendor, max(w.time) as at, array_agg(w.source) as sources,
    max(w.time) < to_timestamp(%(now)s / 1000.0) - interval '2 days' as late
  from watermark w join source s on s.id = w.source
  where s.vendor = any(%(vendors)s) and not (s.device_type = any(%(unworn_types)s)
    or s.method = any(%(unworn_methods)s)) group by w.patient, s.vendor) k
where at >= to_timestamp(%(now)s / 1000.0) - interval '28 days' and (not late or (
  select max(f.received_at) - min(f.received_at) >= interval '1 day' from fact f
  where f.patient = k.patient and f.kind in ('samples', 'workout', 'day')
    and f.start_at >= k.at - interval '7 days' and f.start_at <= k.at and f.source = any(k.sources)
    and f.received_at <= f.end_at + interval '2 days'))
group by vendor"""
_UNWORN: rows.Row = {
    "unworn_types": [item.value for item in UNWORN_TYPES],
    "unworn_methods": [item.value for item in UNWORN_METHODS],
    "not_all_day_types": [item.value for item in NOT_ALL_DAY_TYPES],
    "not_all_day_methods": [item.value for item in NOT_ALL_DAY_METHODS],
}
_LONG_MS = 2 * DAY_MS


async def watermarks_of(
    conn: Connection, patients: Sequence[int], now_ms: int
) -> dict[int, list[Watermark]]:
    """Return the watermarks of each patient by the patient's id.

    Each device that is worn all day has one, and a vendor one for what is not.
    """
    marks: dict[int, list[Watermark]] = defaultdict(list)
    params: rows.Row = {"patients": patients, "now": now_ms, **_UNWORN}
    for row in await rows.fetch(conn, _WATERMARKS, params, dict):
        marks[row.pop("patient")].append(Watermark(**row))
    return marks


async def silent_patients(
    conn: Connection, watermarks: Mapping[int, Sequence[Watermark]], now_ms: int
) -> dict[str, tuple[int, int]]:
    """Return the silent and all patients of each vendor of a patient who is silent for long."""
    vendors: set[str] = set()
    for marks in watermarks.values():
        worn = [mark for mark in marks if mark.worn]
        if worn and max(mark.time_ms for mark in worn) < now_ms - _LONG_MS:
            vendors |= {mark.vendor for mark in worn}
    if not vendors:  # nearly always: who delivers needs no comparison with others
        return {}
    arguments: rows.Row = {"vendors": sorted(vendors), "now": now_ms, **_UNWORN}
    counted = await rows.fetch(
        conn, _SILENT, arguments, lambda row: (row["vendor"], (row["silent"], row["patients"]))
    )
    return dict(counted)
