"""Integer stand-ins for patients, sources and records, looked up and made in bulk. They never leave `storage`.

Nothing is cached between transactions: a number made by a transaction that rolled back would poison the cache, and
one query a batch is cheap.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import TypeAlias

from model.facts import DeviceType, Method, Source
from storage.pg.pool import Connection

RecordKey: TypeAlias = tuple[int, int, str]
Standing: TypeAlias = tuple[int, bytes]

_PATIENTS = """
select pseudonym, id, zone from patient where pseudonym = any(%s) order by id for no key update"""
_SOURCES = """
select s.id, s.vendor, s.app, s.device, s.device_type, s.method
from source s
join unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) as k (vendor, app, device, device_type, method)
  using (vendor, app, device, device_type, method)
for key share of s"""
_NEW_SOURCES = """
insert into source (vendor, app, device, device_type, method)
select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) order by 1, 2, 3, 4, 5
on conflict do nothing"""
_RECORDS = """
select r.patient, r.source, r.record, r.id, r.revision, r.body
from unnest(%s::int[], %s::int[], %s::text[]) as k (patient, source, record)
join record r using (patient, source, record)"""
_NEW_RECORDS = """
insert into record (patient, source, record, revision, body)
select * from unnest(%s::int[], %s::int[], %s::text[], %s::bigint[], %s::bytea[]) order by 1, 2, 3
returning patient, source, record, id"""
_NEWER_RECORDS = """
update record r set revision = k.revision, body = k.body
from unnest(%s::bigint[], %s::bigint[], %s::bytea[]) as k (id, revision, body) where r.id = k.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRow:
    """A patient as the writer needs it: the surrogate and the zone that dates fall back to."""

    id: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """A record: its surrogate, the (revision, body) that stood before this batch (None: new), and the one now."""

    id: int
    before: Standing | None
    now: Standing

    @property
    def replaced(self) -> bool:
        """Tell whether an older revision stood here before."""
        return self.before is not None and self.before != self.now


async def lock_patients(conn: Connection, pseudonyms: Collection[str]) -> dict[str, PatientRow]:
    """Lock the patients until the transaction ends, in one order everywhere, and return those that exist.

    This lock is what keeps two workers from deriving one patient at once, each without the other's facts.
    """
    rows = await (await conn.execute(_PATIENTS, [sorted(pseudonyms)])).fetchall()
    return {pseudonym: PatientRow(id=id_, zone=zone) for pseudonym, id_, zone in rows}


async def source_ids(conn: Connection, sources: Iterable[Source]) -> dict[Source, int]:
    """Return the surrogate of each source, made where it is new."""
    wanted = set(sources)
    known = await _known_sources(conn, wanted)
    missing = wanted - known.keys()
    if missing:
        await conn.execute(_NEW_SOURCES, _columns(missing))
        known |= await _known_sources(conn, missing)
    return known


async def record_rows(
    conn: Connection, values: Mapping[RecordKey, Standing]
) -> dict[RecordKey, RecordRow]:
    """Return each record after the greater of (what stood, what is told) was made to stand.

    The caller holds the patients' locks, so nothing else writes these records.
    """
    stood = await _known_records(conn, values)
    rows = {
        key: RecordRow(id=id_, before=old, now=max(old, values[key]))
        for key, (id_, old) in stood.items()
    }
    newer = [row for row in rows.values() if row.replaced]
    if newer:
        await conn.execute(
            _NEWER_RECORDS,
            [[r.id for r in newer], [r.now[0] for r in newer], [r.now[1] for r in newer]],
        )
    return rows | await _new_records(
        conn, {key: now for key, now in values.items() if key not in stood}
    )


def read_source(columns: Iterable[str]) -> Source:
    """Return a source from its five columns."""
    vendor, app, device, device_type, method = columns
    return Source(
        vendor=vendor,
        app=app,
        device=device,
        device_type=DeviceType(device_type),
        method=Method(method),
    )


def _columns(sources: Collection[Source]) -> list[list[str]]:
    return [[str(word) for word in column] for column in zip(*map(astuple, sources), strict=True)]


async def _known_sources(conn: Connection, sources: Collection[Source]) -> dict[Source, int]:
    if not sources:
        return {}
    rows = await (await conn.execute(_SOURCES, _columns(sources))).fetchall()
    return {read_source(columns): id_ for id_, *columns in rows}


async def _known_records(
    conn: Connection, keys: Mapping[RecordKey, Standing]
) -> dict[RecordKey, tuple[int, Standing]]:
    if not keys:
        return {}
    rows = await (
        await conn.execute(_RECORDS, [list(column) for column in zip(*keys, strict=True)])
    ).fetchall()
    return {
        (patient, source, record): (id_, (rev, body))
        for patient, source, record, id_, rev, body in rows
    }


async def _new_records(
    conn: Connection, values: Mapping[RecordKey, Standing]
) -> dict[RecordKey, RecordRow]:
    if not values:
        return {}
    columns = [
        list(column) for column in zip(*((*key, *now) for key, now in values.items()), strict=True)
    ]
    rows = await (await conn.execute(_NEW_RECORDS, columns)).fetchall()
    return {(p, s, r): RecordRow(id=id_, before=None, now=values[p, s, r]) for p, s, r, id_ in rows}
