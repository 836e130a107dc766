"""From database rows to values: instants to epoch ms, hashes to hex, stored JSON to the model. It asks nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import AsyncRowFactory

from ..model.calendar import epoch_ms
from ..model.derived import HeartSummary, Session, Week
from ..model.facts import DeviceType, Method, Source
from ..model.intensity import Confidence, HeartLimits, ZoneTimes
from ..model.prescription import Intensity, Pause, Prescription
from .pool import Connection

# what `session` reads: of the session `s`, its declaring source `d` and its heart-rate source `h`
SESSION_COLUMNS = """\
       s.session, s.start_at as start_ms, s.end_at as end_ms, s.local_date, s.type, s.said, s.record, s.body,
       s.very_light_ms, s.light_ms, s.moderate_ms, s.vigorous_ms, s.near_max_ms, s.unknown_ms, s.limits,
       s.hr_n, s.hr_min, s.hr_mean, s.hr_max, s.partial, s.exertion_cr10, s.moving_ms, s.algorithm,
       d.vendor as d_vendor, d.app as d_app, d.device as d_device, d.device_type as d_device_type,
       d.method as d_method, h.vendor as h_vendor, h.app as h_app, h.device as h_device,
       h.device_type as h_device_type, h.method as h_method"""

T = TypeVar("T")
Row: TypeAlias = dict[str, Any]


def value(said: object) -> Any:  # noqa: ANN401 - a database value has no narrower type
    """Return an instant as epoch ms, a hash as hex and a UUID as text; everything else unchanged."""
    if isinstance(said, datetime):
        return epoch_ms(said)
    if isinstance(said, (bytes, memoryview)):
        return bytes(said).hex()
    return str(said) if isinstance(said, UUID) else said


def built(make: Callable[[Row], T]) -> AsyncRowFactory[T]:
    """Return a row factory that hands each row, as a dict of plain values by column name, to `make`."""

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], T]:
        names = [column.name for column in cursor.description or ()]
        return lambda row: make({name: value(said) for name, said in zip(names, row, strict=True)})

    return factory


def uuid(said: str) -> UUID | None:
    """Return a UUID, or None for text that is none: no row has that id."""
    try:
        return UUID(said)
    except ValueError:
        return None


async def fetch(conn: Connection, sql: str, asked: Row, make: Callable[[Row], T]) -> list[T]:
    """Run one of our own queries with named arguments and return its rows, each made by `make`."""
    async with conn.cursor(row_factory=built(make)) as cursor:
        await cursor.execute(sql, asked)
        return await cursor.fetchall()


def source(row: Mapping[str, Any], prefix: str = "") -> Source:
    """Return a source from its five columns."""
    return Source(
        vendor=row[f"{prefix}vendor"],
        app=row[f"{prefix}app"],
        device=row[f"{prefix}device"],
        device_type=DeviceType(row[f"{prefix}device_type"]),
        method=Method(row[f"{prefix}method"]),
    )


def zones(row: Mapping[str, Any]) -> ZoneTimes:
    """Return the six zone columns."""
    return ZoneTimes(**{f.name: row[f"{f.name}_ms"] for f in fields(ZoneTimes)})


def limits(said: Mapping[str, Any]) -> HeartLimits:
    """Return the limits that a session was derived with, from their stored JSON."""
    low, middle, high, top = said["edges"]
    rest = {key: said[key] for key in ("scheme", "method", "inputs", "valid")}
    return HeartLimits(edges=(low, middle, high, top), confidence=Confidence(said["confidence"]), **rest)


def week(row: Row) -> Week:
    """Return one week."""
    plain = ("monday", "sessions", "session_ms", "dose_min", "valid_days", "answered_days", "known_days", "algorithm")
    return Week(zones=zones(row), **{name: row[name] for name in plain})


def session(row: Row) -> Session:
    """Return one session; `d_*` is who declared it, `h_*` whose heart rate fills the zones (null: nobody's)."""
    plain = ("start_ms", "end_ms", "local_date", "type", "said", "record", "body", "partial", "moving_ms", "algorithm")
    return Session(
        id=row["session"],
        declared_by=source(row, "d_"),
        heart_source=source(row, "h_") if row["h_vendor"] is not None else None,
        zones=zones(row),
        limits=limits(row["limits"]),
        heart=HeartSummary(n=row["hr_n"], minimum=row["hr_min"], mean=row["hr_mean"], maximum=row["hr_max"]),
        exertion_cr10=row["exertion_cr10"],
        **{name: row[name] for name in plain},
    )


def prescription(body: Mapping[str, Any]) -> Prescription:
    """Return one version of a prescription from its stored JSON."""
    typed: dict[str, Any] = {
        "valid_from": date.fromisoformat(body["valid_from"]),
        "valid_to": date.fromisoformat(body["valid_to"]),
        "intensity": Intensity(**body["intensity"]),
        "types": tuple(body.get("types", ())),
        "pauses": tuple(_pause(said) for said in body.get("pauses", ())),
    }
    return Prescription(**{**body, **typed})


def _pause(said: Mapping[str, str]) -> Pause:
    return Pause(first=date.fromisoformat(said["first"]), last=date.fromisoformat(said["last"]), why=said["why"])
