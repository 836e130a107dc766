"""Rows of heart profiles, which a patient's zones are based on.

Each profile has the local date from which it is valid.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from model import codec
from model.calendar import utc
from model.intensity import HeartProfile
from storage.pg.pool import Connection

# A profile of the same day replaces the other: only one can be valid from that day on.
_PUT = """
insert into heart_profile (patient, valid_from, profile, recorded_at)
select id, %s, %s, %s from patient where pseudonym = %s
on conflict (patient, valid_from) do update set profile = excluded.profile, \
recorded_at = excluded.recorded_at"""
_READ = """
select p.pseudonym, h.profile from heart_profile h join patient p on p.id = h.patient
where p.pseudonym = any(%s) order by h.patient, h.valid_from"""


async def put_profile(conn: Connection, patient: str, profile: HeartProfile, now_ms: int) -> None:
    """Store a profile; it replaces a profile with the same `valid_from`.

    Nothing is stored for an unknown patient.
    """
    kept = Jsonb(codec.plain(profile), dumps=codec.dumps)
    await conn.execute(_PUT, [profile.valid_from, kept, utc(now_ms), patient])


async def profiles_of(
    conn: Connection, patients: Iterable[str]
) -> dict[str, tuple[HeartProfile, ...]]:
    """Return the heart profiles of each patient that has any, in order of `valid_from`."""
    values: dict[str, tuple[HeartProfile, ...]] = {}
    for patient, result in await (await conn.execute(_READ, [list(patients)])).fetchall():
        values[patient] = (*values.get(patient, ()), _profile(result))
    return values


async def profiles(conn: Connection, patient: str) -> tuple[HeartProfile, ...]:
    """Return a patient's heart profiles, in order of `valid_from`."""
    return (await profiles_of(conn, [patient])).get(patient, ())


def _profile(values: Mapping[str, Any]) -> HeartProfile:
    # JSON has a list where the profile has a tuple
    bpm = values.get("clinician_bpm")
    typed: dict[str, Any] = {"valid_from": date.fromisoformat(values["valid_from"])}
    return HeartProfile(**{**values, **typed, "clinician_bpm": None if bpm is None else tuple(bpm)})
