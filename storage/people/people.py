"""Who is followed, by whom, and on what grounds: units, clinicians, patients, accounts, consent, prescriptions.

A patient is known by a pseudonym everywhere; who that is lies sealed in the schema `identity` and is read here
only. Consent is looked up at the time of receipt: no consent, no row.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from model import codec
from model.calendar import DAY_MS, midnight, utc
from model.intensity import HeartProfile
from model.keyring import KeyRing
from model.prescription import Prescription
from storage.alerts import due
from storage.derived import write
from storage.people import profiles, quarantine
from storage.pg import crypto
from storage.pg.pool import Connection

SOURCE_FETCH = "source_fetch"

_ADD_PATIENT = """
insert into patient (pseudonym, zone, care_unit, clinician, created_at)
select %s, %s, u.id, (select c.id from clinician c where c.subject = %s), %s from care_unit u where u.name = %s
returning id"""
_CLINICIAN = """
insert into clinician (subject, name, email, care_unit) select %s, %s, %s, id from care_unit where name = %s
on conflict (subject) do update set name = excluded.name, email = excluded.email, care_unit = excluded.care_unit
returning id"""
_LINK = """
insert into account (vendor, account, patient, linked_at) select %s, %s, id, %s from patient where pseudonym = %s
on conflict (vendor, account) where unlinked_at is null do nothing"""
_OWNERS = """
select a.vendor, a.account, p.pseudonym from unnest(%s::text[], %s::text[]) as k (vendor, account)
join account a using (vendor, account) join patient p on p.id = a.patient where a.unlinked_at is null"""
_OWNERS_AT = """
select distinct on (k.n) k.n, p.pseudonym
from unnest(%s::text[], %s::text[], %s::timestamptz[]) with ordinality as k (vendor, account, at, n)
join account a using (vendor, account) join patient p on p.id = a.patient
where a.unlinked_at is null or (a.linked_at <= k.at and k.at < a.unlinked_at)
order by k.n, a.unlinked_at nulls last"""
_GIVE = """
insert into consent (patient, vendor, kind, given_at, recorded_at)
select p.id, %(vendor)s, %(kind)s, %(at)s, %(now)s from patient p
where p.id = %(patient)s and not exists (
  select from consent c where c.patient = p.id and c.vendor = %(vendor)s and c.kind = %(kind)s
  and c.given_at <= %(at)s and (c.withdrawn_at is null or c.withdrawn_at > %(at)s))
on conflict do nothing"""
_WITHDRAW = """
update consent set withdrawn_at = greatest(%s, given_at)
where patient = %s and vendor = %s and kind = %s and (withdrawn_at is null or withdrawn_at > %s)"""
# a patient whose key was destroyed cannot have anything kept: that is no consent, whatever the row says
_CONSENTED = """
select k.n from unnest(%s::text[], %s::text[], %s::timestamptz[]) with ordinality as k (pseudonym, vendor, at, n)
cross join lateral (select p.id from patient p where p.pseudonym = k.pseudonym offset 0) p
cross join lateral (
  select c.kind from consent c
  where c.patient = p.id and c.vendor = k.vendor and c.kind = %s
    and c.given_at <= k.at and (c.withdrawn_at is null or k.at < c.withdrawn_at) offset 0) c
where exists (select from identity.data_key d where d.patient = p.id)"""
_ADD_KEY = "insert into identity.data_key (patient, wrapped, key_id) values (%s, %s, %s)"
_HELD = "select pseudonym, zone from patient where pseudonym = any(%s) order by id for key share"
_PRESCRIBE = """
insert into prescription (patient, prescription, version, valid_from, valid_to, body, recorded_at)
values (%s, %s, %s, %s, %s, %s, %s)"""


class UnknownNameError(LookupError):
    """A patient, care unit or clinician that is not there. The text says which kind, never who."""


class TakenError(ValueError):
    """A pseudonym, account or version that is used already, by somebody or something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """A clinician: `subject` is the identity provider's name for them."""

    subject: str
    name: str
    email: str
    unit: str


async def add_unit(conn: Connection, name: str) -> None:
    """Add a care unit unless it is there."""
    await conn.execute("insert into care_unit (name) values (%s) on conflict do nothing", [name])


async def add_clinician(conn: Connection, clinician: Clinician) -> None:
    """Add a clinician, or bring name, address and unit up to date.

    Raises `UnknownNameError` for the unit, and `TakenError` for a subject that another's equals but for case.
    """
    words = [clinician.subject, clinician.name, clinician.email, clinician.unit]
    try:
        async with conn.transaction():
            made = await (await conn.execute(_CLINICIAN, words)).fetchone()
    except UniqueViolation as error:
        raise TakenError(
            "another clinician's subject differs from this one only by case"
        ) from error
    if made is None:
        raise UnknownNameError("there is no such care unit")


async def add_patient(  # noqa: PLR0913 - each names one thing
    conn: Connection,
    *,
    wrapping_key: KeyRing,
    unit: str,
    zone: str,
    now_ms: int,
    pseudonym: str = "",
    identity: Mapping[str, str] | None = None,
    clinician: str = "",
) -> str:
    """Add a patient with a data key of their own and return the pseudonym, a random one unless given.

    `zone` is an IANA zone (ZoneInfoNotFoundError otherwise); `identity` (name, number, address…) is sealed.
    Raises `UnknownNameError` for the unit and `TakenError` for the pseudonym.
    """
    name = pseudonym or secrets.token_hex(8)
    row = [name, ZoneInfo(zone).key, clinician, utc(now_ms), unit]
    try:
        async with conn.transaction():
            made = await (await conn.execute(_ADD_PATIENT, row)).fetchone()
    except UniqueViolation as error:
        raise TakenError("the pseudonym is taken") from error
    if made is None:
        raise UnknownNameError("there is no such care unit")
    await _add_identity(conn, made[0], name, wrapping_key, identity)
    return name


async def identity_of(conn: Connection, wrapping_key: KeyRing, patient: str) -> dict[str, str]:
    """Return who a patient is, {} when nothing is kept. The caller writes the audit row."""
    matches = await conn.execute(
        "select i.sealed from identity.person i join patient p on p.id = i.patient where p.pseudonym = %s",
        [patient],
    )
    row = await matches.fetchone()
    if row is None:
        return {}
    key = await data_key(conn, wrapping_key, patient)
    loads: dict[str, str] = codec.loads(crypto.open_sealed(key, row[0], f"identity:{patient}"))
    return loads


async def data_key(conn: Connection, wrapping_key: KeyRing, patient: str) -> bytes:
    """Return a patient's data key; raises `UnknownNameError` when there is none (any more)."""
    return (await data_keys(conn, wrapping_key, [patient]))[patient]


async def data_keys(
    conn: Connection, wrapping_key: KeyRing, patients: Collection[str]
) -> dict[str, bytes]:
    """Return the data key of each patient; raises `UnknownNameError` when one has none (any more)."""
    matches = await conn.execute(
        "select p.pseudonym, k.wrapped from identity.data_key k join patient p on p.id = k.patient "
        "where p.pseudonym = any(%s)",
        [list(patients)],
    )
    wrapped: dict[str, bytes] = dict(await matches.fetchall())
    if not wrapped.keys() >= set(patients):
        raise UnknownNameError("there is no data key of this patient")
    return {
        name: crypto.unwrap(wrapping_key, key, f"data_key:{name}") for name, key in wrapped.items()
    }


async def link_account(
    conn: Connection, patient: str, vendor: str, account: str, now_ms: int
) -> int:
    """Link a vendor's account to a patient, release what waits in quarantine for it, and return how many bodies.

    Raises `TakenError` when the account is linked to another patient: unlink it there first.
    """
    await patient_id(conn, patient)
    await conn.execute(_LINK, [vendor, account, utc(now_ms), patient])
    if await patient_of(conn, vendor, account) != patient:
        raise TakenError("the account is linked to another patient")
    return await quarantine.release(conn, vendor, account, now_ms)


async def unlink(conn: Connection, vendor: str, account: str, now_ms: int) -> bool:
    """End the link of an account; False when there was none."""
    done = await conn.execute(
        "update account set unlinked_at = %s where vendor = %s and account = %s and unlinked_at is null",
        [utc(now_ms), vendor, account],
    )
    return done.rowcount == 1


async def patient_of(conn: Connection, vendor: str, account: str) -> str | None:
    """Return the pseudonym that an account is linked to now."""
    return (await patients_of(conn, [(vendor, account)])).get((vendor, account))


async def patients_of(
    conn: Connection, accounts: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the pseudonym of each (vendor, account) that is linked now."""
    words = [[vendor for vendor, _ in accounts], [account for _, account in accounts]]
    rows = await (await conn.execute(_OWNERS, words)).fetchall()
    return {(vendor, account): pseudonym for vendor, account, pseudonym in rows}


async def owners(conn: Connection, texts: Sequence[tuple[str, str, int]]) -> dict[int, str]:
    """Return the pseudonym for each place in `told` (vendor, account, received_ms) whose account is anybody's.

    That is whom it was linked to at the time of receipt, so that a body that waited in the log while the account
    went to another patient is not taken for theirs; else whom it is linked to now.
    """
    words = [
        [text[0] for text in texts],
        [text[1] for text in texts],
        [utc(text[2]) for text in texts],
    ]
    rows = await (await conn.execute(_OWNERS_AT, words)).fetchall()
    return {n - 1: pseudonym for n, pseudonym in rows}


async def give_consent(
    conn: Connection,
    patient: str,
    vendor: str,
    *,
    from_ms: int,
    now_ms: int,
    kind: str = SOURCE_FETCH,
) -> None:
    """Record that a patient consents from an instant on; nothing when a consent covers that instant already."""
    row = {"patient": await patient_id(conn, patient), "vendor": vendor, "kind": kind}
    await conn.execute(_GIVE, {**row, "at": utc(from_ms), "now": utc(now_ms)})


async def withdraw_consent(
    conn: Connection, patient: str, vendor: str, *, from_ms: int, kind: str = SOURCE_FETCH
) -> bool:
    """End the consent from an instant on; what was received before stays. False when there was none."""
    at = utc(from_ms)
    done = await conn.execute(_WITHDRAW, [at, await patient_id(conn, patient), vendor, kind, at])
    return done.rowcount > 0


async def consented(
    conn: Connection, patient: str, vendor: str, at_ms: int, kind: str = SOURCE_FETCH
) -> bool:
    """Tell whether the patient's consent covers what a vendor says at an instant (the time of receipt)."""
    return bool(await consents(conn, [(patient, vendor, at_ms)], kind))


async def consents(
    conn: Connection, texts: Sequence[tuple[str, str, int]], kind: str = SOURCE_FETCH
) -> set[int]:
    """Return the places in `asked` (patient, vendor, received_ms) that a consent covers."""
    words = [
        [text[0] for text in texts],
        [text[1] for text in texts],
        [utc(text[2]) for text in texts],
    ]
    rows = await (await conn.execute(_CONSENTED, [*words, kind])).fetchall()
    return {n - 1 for (n,) in rows}


async def zone_of(conn: Connection, patient: str) -> str:
    """Return a patient's IANA zone; raises `UnknownNameError`."""
    zones = await zones_of(conn, [patient])
    if patient not in zones:
        raise UnknownNameError("there is no such patient")
    return zones[patient]


async def zones_of(conn: Connection, patients: Collection[str]) -> dict[str, str]:
    """Return the IANA zone of each patient that exists."""
    matches = await conn.execute(
        "select pseudonym, zone from patient where pseudonym = any(%s)", [list(patients)]
    )
    return dict(await matches.fetchall())


async def held(conn: Connection, patients: Collection[str]) -> dict[str, str]:
    """Return the IANA zone of each patient that exists, and keep them from being erased until the transaction ends.

    Consent is to be asked after this, so that it is not of a patient who is erased meanwhile.
    """
    matches = await conn.execute(_HELD, [list(patients)])
    return dict(await matches.fetchall())


async def patients(conn: Connection) -> list[str]:
    """Return every pseudonym, in order."""
    return [
        name
        for (name,) in await (
            await conn.execute("select pseudonym from patient order by 1")
        ).fetchall()
    ]


async def patient_id(conn: Connection, patient: str) -> int:
    """Return a patient's surrogate, for the modules of this folder; raises `UnknownNameError`."""
    row = await (
        await conn.execute("select id from patient where pseudonym = %s", [patient])
    ).fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    return int(row[0])


async def set_profile(conn: Connection, patient: str, profile: HeartProfile, now_ms: int) -> None:
    """Keep a heart profile from its `valid_from` on, derive what began since then anew, and make the patient due.

    Facts may come before or after the profile they are read with: both end the same.
    """
    zone = await zone_of(conn, patient)
    await profiles.put(conn, patient, profile, now_ms)
    if await write.rederive(conn, patient, midnight(profile.valid_from, zone)):
        await due.mark(conn, patient, now_ms, "profile")


async def set_zone(conn: Connection, patient: str, zone: str, now_ms: int) -> None:
    """Let a patient's dates and weeks be those of another IANA zone, derive everything anew, and make the patient due.

    For somebody who has moved. Facts keep the offset that they were told with. Raises `UnknownNameError`, and
    ZoneInfoNotFoundError for a zone that is none.
    """
    await zone_of(conn, patient)
    await conn.execute(
        "update patient set zone = %s where pseudonym = %s", [ZoneInfo(zone).key, patient]
    )
    await write.rederive(conn, patient, margin_ms=DAY_MS)
    await due.mark(conn, patient, now_ms, "zone")


async def prescribe(
    conn: Connection, patient: str, prescription: Prescription, now_ms: int
) -> None:
    """Keep a version of a prescription, derive anew what began since it holds, and make the patient due now.

    The same version again changes nothing; raises `TakenError` when it says something else.
    """
    number = await patient_id(conn, patient)
    body = codec.plain(prescription)
    dates = [prescription.valid_from, prescription.valid_to]
    key = [number, prescription.id, prescription.version]
    try:
        async with conn.transaction():
            kept = Jsonb(body, dumps=codec.dumps)
            await conn.execute(_PRESCRIBE, [*key, *dates, kept, utc(now_ms)])
    except UniqueViolation as error:
        if await _prescription(conn, key) != codec.loads(codec.dumps(body)):
            raise TakenError("this version of the prescription says something else") from error
        return
    await write.rederive(
        conn, patient, midnight(prescription.valid_from, await zone_of(conn, patient))
    )
    await due.mark(conn, patient, now_ms, "prescription")


async def _add_identity(
    conn: Connection,
    number: int,
    name: str,
    wrapping_key: KeyRing,
    identity: Mapping[str, str] | None,
) -> None:
    key = crypto.new_key()
    wrapped = crypto.wrap(wrapping_key, key, f"data_key:{name}")
    await conn.execute(_ADD_KEY, [number, wrapped, wrapping_key.active.id])
    if identity:
        sealed = crypto.seal(key, codec.dumps(dict(identity)), f"identity:{name}")
        await conn.execute(
            "insert into identity.person (patient, sealed) values (%s, %s)", [number, sealed]
        )


async def _prescription(conn: Connection, key: Sequence[object]) -> object:
    matches = await conn.execute(
        "select body from prescription where patient = %s and prescription = %s and version = %s",
        key,
    )
    row = await matches.fetchone()
    return row[0] if row else None
