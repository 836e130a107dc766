"""The oracle of rollups and timelines: one Python object a sample, and no rollups."""

from collections import defaultdict
from typing import Any

from model.calendar import epoch_ms
from model.versions.version_order import VersionOrder, sample_rank
from storage.facts.ids import read_source
from storage.pg.pool import Connection
from stream.compute.series.sources import source_key, source_rank

_SAMPLES = """
select s.vendor, s.app, s.device, s.device_type, s.method, coalesce(r.record, ''), \
coalesce(r.revision, 0), coalesce(r.stated_ms, 0),
       x.time, x.value, x.revision
from sample x join source s on s.id = x.source left join record r on r.id = x.record
join patient p on p.id = x.patient where p.pseudonym = %s and x.metric = 1 \
and x.value between 30 and 230"""
_DELETIONS = """
select s.vendor, r.revision, r.stated_ms, f.start_at, f.end_at, f.payload
from fact f join record r on r.id = f.record join source s on s.id = f.source \
join patient p on p.id = f.patient
where p.pseudonym = %s and f.kind = 'deletion'"""


async def standing(conn: Connection, patient: str) -> dict[int, float]:
    """Return the selected heart rate by instant: in each minute, the selected source's samples."""
    deletions = await (await conn.execute(_DELETIONS, [patient])).fetchall()
    by_minute: dict[int, dict[Any, dict[int, tuple[str, float]]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for *names, record, record_revision, stated_ms, time, value, rank in await (
        await conn.execute(_SAMPLES, [patient])
    ).fetchall():
        source, t = read_source(names), epoch_ms(time)
        version = record_revision, stated_ms
        if any(_hides(d, source.vendor, record, version, t, rank) for d in deletions):
            continue
        kept = by_minute[t // 60_000][source]
        kept[t] = max(kept.get(t, ("", -1.0)), (record, value))
    values: dict[int, float] = {}
    for sources in by_minute.values():
        best = min(
            sources,
            key=lambda s: (
                64 * source_rank(s) - len(sources[s]).bit_length(),
                source_rank(s),
                source_key(s),
            ),
        )
        values |= {t: value for t, (_, value) in sources[best].items()}
    return values


def _hides(
    deletion: tuple[Any, ...],
    vendor: str,
    record: str,
    version: tuple[int, int],
    t: int,
    rank: int,
) -> bool:
    whose, revision, stated_ms, start, end, result = deletion
    if whose != vendor:
        return False
    # one without a revision applies to whatever was stated until then
    is_unnumbered = revision == 0 and stated_ms >= version[1]
    if record and result["target"] == record:
        return is_unnumbered or (revision, stated_ms) >= version
    return (
        result["metric"] == "heart_rate"
        and epoch_ms(start) <= t < epoch_ms(end)
        and rank <= sample_rank(VersionOrder(revision, stated_ms))
    )


def bucketed(
    samples: dict[int, float], start: int, end: int, width: int, first: int
) -> dict[int, tuple[float, ...]]:
    """Return count, minimum, mean and maximum by the start of each bucket."""
    values: dict[int, list[float]] = defaultdict(list)
    for t in sorted(samples):
        if start <= t < end:
            values[first + (t - first) // width * width].append(samples[t])
    return {t: (len(v), min(v), sum(v) / len(v), max(v)) for t, v in sorted(values.items())}
