"""Commands about people: patients, accounts, consent, heart profiles, prescriptions.

Each is one transaction with its audit row; health values go in by file and are never printed.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from inspect import signature
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from pydantic import TypeAdapter, ValidationError

from ingest.vendors import CONNECTORS
from kadens.clock import clock
from kadens.commands.console import DEFAULT_DATA, Data, command, err, fail, out, run, settings_of
from kadens.commands.wrong import wrong
from kadens.settings import Settings, operator
from model.activities import TYPES
from model.calendar import epoch_ms
from model.intensity import HeartProfile, profile_problems
from model.prescription import Prescription
from storage import audit
from storage.audit_actions import Action
from storage.bodies.wrapping import check_keys
from storage.people import people as store
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from stream.compute.intensity.thresholds import zone_thresholds

T = TypeVar("T")
METHODS = ("hrr", "bpm", "rpe_cr10", "rpe_6_20", "watts", "cadence")
SOURCES = tuple(item.name for item in CONNECTORS)
Patient = Annotated[str, typer.Option("--patient", help="The patient's pseudonym.")]


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter("an IANA time zone such as Europe/Helsinki is wanted") from error


def _source(text: str) -> str:
    if text not in SOURCES:
        raise typer.BadParameter(f"one of {', '.join(SOURCES)} is wanted")
    return text


Source = Annotated[
    str,
    typer.Option(
        "--source", callback=_source, help="The connector: open_wearables, files, reports."
    ),
]
At = Annotated[str, typer.Option("--at", help="RFC 3339 instant; now when left out.")]


def add(
    *,
    unit: Annotated[
        str,
        typer.Option(help="Care unit, made when it is not there; the door's own when left out."),
    ] = "",
    zone: Annotated[
        str, typer.Option(callback=_zone, help="IANA time zone of the patient.")
    ] = "Europe/Stockholm",
    name: Annotated[str, typer.Option(help="Name, kept sealed with the patient's own key.")] = "",
    pseudonym: Annotated[
        str, typer.Option(help="Given pseudonym; a random one when left out.")
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Add a patient and print the pseudonym."""
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if not keys:
        fail(
            "wrapping_key is missing in the secrets file: a patient's key could not be kept", code=2
        )

    position = unit or settings.clinic_unit
    if not position:
        fail("--unit is wanted: no KADENS_CLINIC_UNIT is set", code=2)

    async def work(conn: Connection, now_ms: int) -> str:
        await check_keys(conn, keys, now_ms, record=True)
        await store.add_unit(conn, position)
        identity = {"name": name} if name else None
        return await store.add_patient(
            conn,
            wrapping_key=keys,
            unit=position,
            zone=zone,
            now_ms=now_ms,
            pseudonym=pseudonym,
            identity=identity,
        )

    out.print(audited(settings, work, Action.PATIENT_ADD, _itself), markup=False)


def zone(
    name: Annotated[
        str, typer.Argument(callback=_zone, help="IANA time zone, as Europe/Helsinki.")
    ],
    *,
    patient: Patient,
    data: Data = DEFAULT_DATA,
) -> None:
    """Let a patient's days and weeks be those of another time zone, after a move; derives everything anew."""

    async def work(conn: Connection, now_ms: int) -> None:
        await store.set_zone(conn, patient, name, now_ms)

    audited(settings_of(data), work, Action.PATIENT_ZONE, patient, name)


def link(
    account: Annotated[str, typer.Argument(help="The patient's user id at the vendor.")],
    *,
    patient: Patient,
    source: Source,
    data: Data = DEFAULT_DATA,
) -> None:
    """Link a vendor's account to a patient; bodies of the last day that waited for it are taken in."""

    async def work(conn: Connection, now_ms: int) -> int:
        return await store.link_account(conn, patient, source, account, now_ms)

    released = audited(settings_of(data), work, Action.ACCOUNT_LINK, patient, source)
    err.print(f"linked; {released} bodies released from quarantine")


def unlink(
    account: Annotated[str, typer.Argument(help="The patient's user id at the vendor.")],
    *,
    source: Source,
    data: Data = DEFAULT_DATA,
) -> None:
    """End the link of a vendor's account; what it sends from now on goes to quarantine."""

    async def work(conn: Connection, now_ms: int) -> str | None:
        owner = await store.patient_of(conn, source, account)
        return owner if await store.unlink(conn, source, account, now_ms) else None

    if not audited(settings_of(data), work, Action.ACCOUNT_UNLINK, _itself, source):
        fail("that account is not linked")


def profile(
    path: Annotated[
        Path,
        typer.Argument(
            help="JSON: valid_from, birth_year, sex, hr_rest, hr_max, beta_blocker, threshold_hr, ftp_w, …"
        ),
    ],
    *,
    patient: Patient,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set what a patient's heart rate zones rest on, from a local date on."""
    value = _value(path, HeartProfile)
    matches = profile_problems(value)
    if matches:
        fail("\n  ".join([f"{path} cannot be meant:", *matches]), code=2)
    thresholds = zone_thresholds(value, value.valid_from)
    if not thresholds.valid:
        err.print(f"note: no heart rate zones rest on this profile (method {thresholds.method})")

    async def work(conn: Connection, now_ms: int) -> None:
        await store.set_profile(conn, patient, value, now_ms)

    audited(settings_of(data), work, Action.PATIENT_PROFILE, patient)


def give(*, patient: Patient, source: Source, at: At = "", data: Data = DEFAULT_DATA) -> None:
    """Record that a patient consents to data from a source, from an instant on."""

    async def work(conn: Connection, now_ms: int) -> None:
        await store.give_consent(conn, patient, source, from_ms=instant(at, now_ms), now_ms=now_ms)

    audited(settings_of(data), work, Action.CONSENT_GIVE, patient, source)


def withdraw(*, patient: Patient, source: Source, at: At = "", data: Data = DEFAULT_DATA) -> None:
    """Record that a patient withdrew consent: what arrives from that instant on is not stored."""

    async def work(conn: Connection, now_ms: int) -> bool:
        return await store.withdraw_consent(conn, patient, source, from_ms=instant(at, now_ms))

    if not audited(settings_of(data), work, Action.CONSENT_WITHDRAW, patient, source):
        fail("there is no consent to withdraw")


def must_consent(settings: Settings, patient: str, source: str) -> None:
    """Leave with code 1 unless the patient is there and consents to a source now: what is sent would not be stored."""

    async def work(conn: Connection, now_ms: int) -> bool:
        await store.zone_of(conn, patient)
        return await store.consented(conn, patient, source, now_ms)

    if not audited(settings, work, Action.FILES_IMPORT, patient):
        fail(f"the patient does not consent to {source}; `kadens consent give` records that")


def prescribe(
    path: Annotated[
        Path, typer.Argument(help="JSON: id, version, valid_from, valid_to, sessions_per_week, …")
    ],
    *,
    patient: Patient,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write a version of a prescription."""
    value = _value(path, Prescription)
    if (
        value.valid_to < value.valid_from
        or value.sessions_per_week < 0
        or value.minutes_per_session < 0
    ):
        fail("the prescription ends before it begins, or asks for less than nothing", code=2)
    if value.intensity.method not in METHODS or not value.intensity.low < value.intensity.high:
        fail(f"intensity: a method of {', '.join(METHODS)}, and low below high are wanted", code=2)
    if set(value.types) - set(TYPES):
        fail(f"types: {', '.join(sorted(TYPES))} are known", code=2)

    async def work(conn: Connection, now_ms: int) -> None:
        await store.prescribe(conn, patient, value, now_ms)

    audited(settings_of(data), work, Action.PRESCRIPTION_WRITE, patient, value.id)


def person() -> audit.Actor:
    """Return who runs the command: a person of this machine."""
    return audit.Actor(subject=operator(), role="operator")


def entry_of(
    action: Action, now_ms: int, patient: str | None = None, what: str = ""
) -> audit.Entry:
    """Return the audit row of the command that runs: which person, which command, and on what."""
    detail = {"command": command()}
    return audit.Entry(
        at_ms=now_ms, actor=person(), action=action, patient=patient, object=what, detail=detail
    )


def audited(
    settings: Settings,
    work: Callable[[Connection, int], Awaitable[T]],
    action: Action,
    patient: str | Callable[[T], str | None] | None = None,
    detail: str = "",
) -> T:
    """Run one transaction with its audit row; `detail` is what was acted on, and `patient` may be read off the result.

    What the store refuses becomes an error text and exit code 1.
    """

    async def whole() -> T:
        now_ms = clock(settings.clock)()
        async with (
            await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
            pool.connection() as conn,
        ):
            done = await work(conn, now_ms)
            whose = patient(done) if callable(patient) else patient
            await audit.write(conn, entry_of(action, now_ms, whose, detail))
            return done

    try:
        return run(whole())
    except (store.UnknownNameError, store.TakenError) as error:
        fail(str(error))


def _itself(pseudonym: str | None) -> str | None:
    return pseudonym


def instant(text: str, otherwise: int, option: str = "--at") -> int:
    """Return an option's RFC 3339 instant as epoch ms, `otherwise` when it is left out; leaves with code 2."""
    if not text:
        return otherwise
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        fail(
            f"{option} {text}: an RFC 3339 instant such as 2026-11-20T08:00:00+01:00 is wanted",
            code=2,
        )
    if instant.tzinfo is None:
        fail(f"{option} {text}: say the offset, as in +01:00 or Z", code=2)
    return epoch_ms(instant)


def _value(path: Path, cls: type[T]) -> T:
    """Return what a JSON file says as a value of the model; leaves with code 2 and every field that is wrong."""
    try:
        result = path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)
    known = set(signature(cls).parameters)
    try:
        unknown = set(TypeAdapter(dict[str, object]).validate_json(result)) - known
        value = TypeAdapter(cls).validate_json(result)
    except ValidationError as error:
        lines = [f"  {position or 'file'}: {wanted}" for position, wanted in wrong(error)]
        fail("\n".join([f"{path} cannot be read:", *lines]), code=2)
    if unknown:
        fail(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}", code=2)
    return value
