"""The command that checks an installation, and advises on each part that fails."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.file_errors import first_line, named_file_error
from kadens.output.terminal import print_json, print_line
from kadens.settings import Settings

if TYPE_CHECKING:
    from web.sign_in.provider import Provider

# ruff: noqa: PLC0415 - each check imports its own client, so that a broken client is a finding

CHECK_S = 5.0
OVERDUE_MS = 3_600_000  # a vendor's budget may take a while, but not this long


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the doctor: what was checked, whether it is well, and a remark.

    Field names are those of the JSON that `--json` prints.
    """

    what: str
    well: bool
    says: str


def check_installation(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Check every dependency, and say what to do if one fails.

    These are log, database, body store, secrets, identity provider and patients' sign-in. Exits 1
    when one fails.
    """
    results = run(_check_all(settings_of(data)))
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        for result in results:
            mark = "ok " if result.well else "BAD"
            print_line(f"{mark}  {result.what:<10} {result.says}")
    raise typer.Exit(0 if all(result.well for result in results) else 1)


async def _check_all(settings: Settings) -> list[CheckResult]:
    # An empty setting means that the process does without this part, so it is not checked.
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]], str], ...] = (
        ("log", _log, settings.kafka),
        ("database", _database, settings.database),
        ("bodies", _bodies, settings.bodies),
        ("secrets", _secrets, "always"),
        ("endpoints", _endpoints, "always"),
        ("fetches", _fetches, settings.database),
        ("sign-in", _sign_in, settings.oidc_issuer),
        ("patients", _patient_sign_in, settings.patient_oidc_issuer),
        ("linking", _linking, settings.database and " ".join(_clients(settings))),
    )
    return [await _checked(what, check(settings)) for what, check, has in checks if has]


async def _checked(what: str, check: Awaitable[str]) -> CheckResult:
    try:
        says = await asyncio.wait_for(check, CHECK_S)
    except Exception as error:  # noqa: BLE001 - whatever a dependency throws is the finding
        return CheckResult(what=what, well=False, says=_reason(error))
    return CheckResult(what=what, well=True, says=says)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CHECK_S:g} seconds"
    return named_file_error(error) if isinstance(error, OSError) else first_line(error)


async def _log(settings: Settings) -> str:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    from model.topics import TOPICS

    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    try:
        listed = await asyncio.to_thread(admin.list_topics, timeout=CHECK_S - 1)
    except KafkaException:
        raise LookupError(f"{settings.kafka} does not answer: is Kafka running there?") from None
    missing = [topic.name for topic in TOPICS if topic.name not in listed.topics]
    if missing:
        raise LookupError(
            f"{settings.kafka} answers, but {', '.join(missing)} is missing: run `kadens migrate`"
        )
    return f"{settings.kafka}, {len(listed.brokers)} broker(s), {len(TOPICS)} topics"


async def _database(settings: Settings) -> str:
    from storage.pg.migrate import pending
    from storage.pg.pool import PROBE, open_pool

    async with (
        await open_pool(settings.database, max_size=1, limits=PROBE) as pool,
        pool.connection() as conn,
    ):
        waiting = await pending(conn)
    if waiting:
        raise LookupError(
            f"answers, but the schema lacks {', '.join(waiting)}: run `kadens migrate`"
        )
    return "answers, schema up to date"


async def _bodies(settings: Settings) -> str:
    from storage.bodies.body_store import open_bodies

    store = open_bodies(settings.bodies)
    probe = b"kadens doctor"
    address = await store.put("0" * 64, probe)
    if await store.get(address) != probe:
        raise LookupError("returns other bytes than were written")
    await store.delete(address)
    return "writes and reads"


async def _secrets(settings: Settings) -> str:
    # Processes with the log need the link key, processes with the database the wrapping key.
    parts = (("link", settings.kafka), ("wrapping", settings.database))
    kinds = [kind for kind, part in parts if part]
    missing = [f"{kind}_key" for kind in kinds if not getattr(settings.secrets, f"{kind}_keys")]
    if missing:
        raise LookupError(f"the secrets file has no {' and no '.join(missing)}")
    names = [f"{kind}_key" for kind in kinds]
    with_keys = [row for row in settings.secrets.connectors.values() if row.keys]
    names.append(f"keys of {len(with_keys)} connectors")
    closed = _keyless(settings) if settings.kafka else []
    without = f"; closed, because they have no key: {', '.join(closed)}" if closed else ""
    return f"{', '.join(names)}{without}"


async def _endpoints(settings: Settings) -> str:
    from kadens.privacy.endpoints import check_endpoints, read_endpoints
    from kadens.settings import storage_variables

    outside = check_endpoints(settings, storage_variables())
    if not outside:
        return "all on this machine"
    rows = read_endpoints(settings.endpoints)
    stated = ", ".join(f"{row.host} ({row.country}, {row.processor})" for row in rows)
    return f"{outside} outside this machine, all stated: {stated}"


def _keyless(settings: Settings) -> list[str]:
    """Return the connectors that need a key and have none here: the vendor door refuses them."""
    from ingest.vendors import CONNECTORS

    held = {name for name, row in settings.secrets.connectors.items() if row.keys}
    return [row.name for row in CONNECTORS if row.proof.needs_key and row.name not in held]


async def _fetches(settings: Settings) -> str:
    from kadens.clock import clock
    from storage.fetching.connections import NEEDS_RECONNECTING, connection_counts
    from storage.fetching.queue import overdue
    from storage.pg.pool import PROBE, open_pool

    async with (
        await open_pool(settings.database, max_size=1, limits=PROBE) as pool,
        pool.connection() as conn,
    ):
        late = await overdue(conn, clock(settings.clock)() - OVERDUE_MS)
        accounts = await connection_counts(conn)
    if late:
        raise LookupError(
            f"{late} are due for an hour: does `kadens fetcher` run? `kadens fetches` says why"
        )
    broken = sum(count for (_, state), count in accounts.items() if state == NEEDS_RECONNECTING)
    says = f"{sum(accounts.values())} accounts connected, {broken} of them need reconnecting"
    # no fault of this machine, so it is well; a person has to ask the patients
    return f"{says}: `kadens connections` says whose" if broken else says


def _clients(settings: Settings) -> list[str]:
    """Return the vendors whose patients can sign in with a client of ours."""
    from kadens.fetching.connecting import linkable_connectors

    held = {name for name, row in settings.secrets.connectors.items() if row.client_id}
    return sorted(held.intersection(linkable_connectors())) if held else []


async def _linking(settings: Settings) -> str:
    from patient.config import BACK_PATH
    from web.sign_in.provider import is_safe

    if not is_safe(settings.patient_url):
        raise LookupError("KADENS_PATIENT_URL is no https address: patients cannot sign in")
    address = f"{settings.patient_url.rstrip('/')}{BACK_PATH}"
    names = ", ".join(f"{address}/{name}" for name in _clients(settings))
    return f"register as addresses of return: {names}"


async def _sign_in(settings: Settings) -> str:
    from kadens.wiring.sign_in import sign_in_of

    return await _provider(sign_in_of(settings).provider)


async def _patient_sign_in(settings: Settings) -> str:
    from kadens.wiring.sign_in import patient_sign_in_of

    return await _provider(patient_sign_in_of(settings).provider)


async def _provider(provider: "Provider") -> str:
    description = await provider.description()
    keys = list(await provider.keys())
    return (
        f"{description.issuer} answers with {len(keys)} key(s); "
        f"register there: {provider.registration.redirect_uri}"
    )
