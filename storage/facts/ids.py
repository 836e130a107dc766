"""Looks up and makes the integer ids of patients, sources and records, in bulk.

Ids are not cached between transactions. The cache could keep an id whose transaction rolled back,
and one query for each batch is cheap.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from model.facts import AttributedFact, DeviceType, Method, Source
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays


class RecordKey(NamedTuple):
    """The key of a record: the ids of its patient and source, and its name at the source."""

    patient: int
    source: int
    record: str


class RecordVersion(NamedTuple):
    """A version of a record; the version with the greater (revision, stated_ms, body) is current.

    `revision` is the sender's own. `stated_ms` is when the version was stated (epoch ms). `body` is
    the SHA-256 of the payload.
    """

    revision: int
    stated_ms: int
    body: bytes

    def same_payload(self, other: "RecordVersion") -> bool:
        """Return whether both are what one payload holds, however often that was received."""
        return (self.revision, self.body) == (other.revision, other.body)


def record_version(reported: AttributedFact) -> RecordVersion:
    """Return the version of its record that a fact belongs to."""
    return RecordVersion(*reported.order, bytes.fromhex(reported.body))


SOURCE_COLUMNS = ("vendor", "app", "device", "device_type", "method")

# "no key update" is the weakest lock that two writers do not share. It lets others insert rows that
# refer to the patient.
_PATIENTS = """
select pseudonym, id, zone from patient
where pseudonym = any(%s) order by id for no key update"""
# "for key share": an erasure elsewhere may remove sources that no patient has any more
_SOURCES = """
select s.id, s.vendor, s.app, s.device, s.device_type, s.method
from source s
join unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
  as k (vendor, app, device, device_type, method)
  using (vendor, app, device, device_type, method)
for key share of s"""
# In order of the key: two workers that add the same sources wait for each other, never in a circle.
_NEW_SOURCES = """
insert into source (vendor, app, device, device_type, method)
select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
order by 1, 2, 3, 4, 5
on conflict do nothing"""
_RECORDS = """
select r.patient, r.source, r.record, r.id, r.revision, r.stated_ms, r.body
from unnest(%s::int[], %s::int[], %s::text[]) as k (patient, source, record)
join record r using (patient, source, record)"""
_NEW_RECORDS = """
insert into record (patient, source, record, revision, stated_ms, body)
select * from unnest(%s::int[], %s::int[], %s::text[], %s::bigint[], %s::bigint[], %s::bytea[])
order by 1, 2, 3
returning patient, source, record, id"""
_NEWER_RECORDS = """
update record r set revision = k.revision, stated_ms = k.stated_ms, body = k.body
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[])
  as k (id, revision, stated_ms, body)
where r.id = k.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRow:
    """A patient's id, and the IANA zone for the local dates of facts without a UTC offset."""

    id: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """A record's id, and its current version before this batch (None: new) and after it."""

    id: int
    before: RecordVersion | None
    now: RecordVersion

    @property
    def replaced(self) -> bool:
        """Return whether this batch replaced an older version."""
        return self.before is not None and not self.before.same_payload(self.now)


async def lock_patients(conn: Connection, pseudonyms: Collection[str]) -> dict[str, PatientRow]:
    """Lock the patients until the transaction ends, and return those that exist by pseudonym.

    Without the lock, two workers could derive a patient at the same time, each without the other's
    facts. Locks are taken in the order of ids everywhere, so that transactions do not deadlock.
    """
    rows = await (await conn.execute(_PATIENTS, [sorted(pseudonyms)])).fetchall()
    return {pseudonym: PatientRow(id=id_, zone=zone) for pseudonym, id_, zone in rows}


async def source_ids(conn: Connection, sources: Iterable[Source]) -> dict[Source, int]:
    """Return the id of each source; add those that are new."""
    wanted = set(sources)
    known = await _known_sources(conn, wanted)
    missing = wanted - known.keys()
    if missing:
        # "on conflict do nothing" returns no id of a row that another worker added meanwhile, so
        # the ids are read in a second query
        await conn.execute(_NEW_SOURCES, _source_columns(missing))
        known |= await _known_sources(conn, missing)
    return known


async def record_rows(
    conn: Connection, versions: Mapping[RecordKey, RecordVersion]
) -> dict[RecordKey, RecordRow]:
    """Make the greater of the stored and the given version of each record current.

    Returns all these records. The caller holds the patients' locks, so no other transaction writes
    the records meanwhile.
    """
    stored = await _stored_records(conn, versions)
    rows: dict[RecordKey, RecordRow] = {}
    for key, (id_, before) in stored.items():
        rows[key] = RecordRow(id=id_, before=before, now=current_version(before, versions[key]))
    newer = [(row.id, *row.now) for row in rows.values() if row.before != row.now]
    if newer:
        await conn.execute(_NEWER_RECORDS, as_arrays(newer, 4))
    new = {key: version for key, version in versions.items() if key not in stored}
    return rows | await _add_records(conn, new)


def current_version(a: RecordVersion, b: RecordVersion) -> RecordVersion:
    """Return which of two versions is current; of one payload, the one that was stated first."""
    # the greater wins, so the result does not depend on which came first; a redelivery of a payload
    # is no later statement, so its first time of stating stays
    return min(a, b) if a.same_payload(b) else max(a, b)


def read_source(columns: Iterable[str]) -> Source:
    """Return a source from the values of `SOURCE_COLUMNS`."""
    vendor, app, device, device_type, method = columns
    return Source(
        vendor=vendor,
        app=app,
        device=device,
        device_type=DeviceType(device_type),
        method=Method(method),
    )


def _source_columns(sources: Collection[Source]) -> list[list[str]]:
    # "str" makes plain text of the enums among them
    return as_arrays([tuple(map(str, astuple(source))) for source in sources], 5)


async def _known_sources(conn: Connection, sources: Collection[Source]) -> dict[Source, int]:
    if not sources:
        return {}
    rows = await (await conn.execute(_SOURCES, _source_columns(sources))).fetchall()
    return {read_source(columns): id_ for id_, *columns in rows}


async def _stored_records(
    conn: Connection, keys: Collection[RecordKey]
) -> dict[RecordKey, tuple[int, RecordVersion]]:
    if not keys:
        return {}
    stored: dict[RecordKey, tuple[int, RecordVersion]] = {}
    cursor = await conn.execute(_RECORDS, as_arrays(keys, 3))
    for patient, source, record, id_, *version in await cursor.fetchall():
        key = RecordKey(patient=patient, source=source, record=record)
        stored[key] = id_, RecordVersion(*version)
    return stored


async def _add_records(
    conn: Connection, versions: Mapping[RecordKey, RecordVersion]
) -> dict[RecordKey, RecordRow]:
    if not versions:
        return {}
    values: list[tuple[Any, ...]] = [(*key, *version) for key, version in versions.items()]
    rows: dict[RecordKey, RecordRow] = {}
    added = await conn.execute(_NEW_RECORDS, as_arrays(values, 6))
    for *key_columns, id_ in await added.fetchall():
        key = RecordKey(*key_columns)
        rows[key] = RecordRow(id=id_, before=None, now=versions[key])
    return rows
