"""Commands for operating: check every dependency, and play a vendor to try a connector."""

import asyncio
import http.client
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ingest.sender import prove
from ingest.vendors import CONNECTORS
from kadens.commands.console import (
    DEFAULT_DATA,
    Data,
    Json,
    fail,
    out,
    print_json,
    run,
    settings_of,
)
from kadens.settings import Settings
from model.topics import TOPICS
from storage.pg.pool import PROBE, open_pool

CHECK_S = 5.0
LATER = frozenset({http.client.TOO_MANY_REQUESTS, http.client.SERVICE_UNAVAILABLE})
TRIES = 6
LONGEST_WAIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor: what was looked at, whether it is well, and what to do when it is not."""

    what: str
    well: bool
    says: str


def doctor(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Check log, database, body store, secrets, identity provider, and say what to do; exits 1 when one is not well."""
    matches = run(_look(settings_of(data)))
    if as_json:
        print_json([asdict(entry) for entry in matches])
    else:
        for item in matches:
            out.print(f"{'ok ' if item.well else 'BAD'}  {item.what:<10} {item.says}", markup=False)
    raise typer.Exit(0 if all(entry.well for entry in matches) else 1)


async def _look(settings: Settings) -> list[Finding]:
    # a process that is set up without a part (an empty setting) is well without it
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]], str], ...] = (
        ("log", _log, settings.kafka),
        ("database", _database, settings.database),
        ("bodies", _bodies, settings.bodies),
        ("secrets", _secrets, "always"),
        ("sign-in", _sign_in, settings.oidc_issuer),
    )
    return [await _checked(what, check(settings)) for what, check, has in checks if has]


async def _checked(what: str, work: Awaitable[str]) -> Finding:
    try:
        return Finding(what=what, well=True, says=await asyncio.wait_for(work, CHECK_S))
    except Exception as error:  # noqa: BLE001 - whatever a dependency throws is the finding
        return Finding(
            what=what, well=False, says=f"{type(error).__name__}: {error}".splitlines()[0]
        )


async def _log(settings: Settings) -> str:
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the doctor alone needs it

    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    listed = await asyncio.to_thread(admin.list_topics, timeout=CHECK_S - 1)
    missing = [topic.name for topic in TOPICS if topic.name not in listed.topics]
    if missing:
        raise LookupError(
            f"{settings.kafka} answers, but {', '.join(missing)} is missing: run `kadens migrate`"
        )
    return f"{settings.kafka}, {len(listed.brokers)} broker(s), {len(TOPICS)} topics"


async def _database(settings: Settings) -> str:
    from storage.pg.migrate import pending  # noqa: PLC0415

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
    from storage.bodies.body_store import open_bodies  # noqa: PLC0415

    store = open_bodies(settings.bodies)
    probe = b"kadens doctor"
    address = await store.put("0" * 64, probe)
    if await store.get(address) != probe:
        raise LookupError("what was written did not come back")
    await store.delete(address)
    return "writes and reads"


async def _secrets(settings: Settings) -> str:
    # the link key belongs to who reads the log, the wrapping key to who reads the database
    wanted = [
        kind for kind, part in (("link", settings.kafka), ("wrapping", settings.database)) if part
    ]
    missing = [f"{kind}_key" for kind in wanted if not getattr(settings.secrets, f"{kind}_keys")]
    if missing:
        raise LookupError(f"missing in the secrets file: {', '.join(missing)}")
    keyless = [
        item.name
        for item in CONNECTORS
        if item.proof.needs_key and not settings.secrets.connectors.get(item.name)
    ]
    without = (
        f"; not open, because without a key: {', '.join(keyless)}"
        if settings.kafka and keyless
        else ""
    )
    held = [f"{kind}_key" for kind in wanted]
    return (
        f"{', '.join([*held, f'keys of {len(settings.secrets.connectors)} connectors'])}{without}"
    )


async def _sign_in(settings: Settings) -> str:
    from kadens.wiring import sign_in_of  # noqa: PLC0415

    provider = sign_in_of(settings).provider
    result = await provider.description()
    keys = list(await provider.keys())
    return f"{result.issuer} answers with {len(keys)} key(s); to be registered: {provider.registration.redirect_uri}"


def send(
    connector: Annotated[str, typer.Argument(help="open_wearables or reports.")],
    path: Annotated[Path, typer.Argument(help="The body to send.")],
    *,
    url: Annotated[
        str, typer.Option(help="Address of the vendor door; the running one when left out.")
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Play a vendor: sign a body as the vendor would and post it to the vendor door."""
    settings = settings_of(data)
    row = next((item for item in CONNECTORS if item.name == connector), None)
    keys = settings.secrets.connectors.get(connector)
    if row is None or not row.proof.needs_key or keys is None or not keys.keys:
        proved = ", ".join(item.name for item in CONNECTORS if item.proof.needs_key)
        fail(f"{connector}: no key to prove with; connectors that need a key: {proved}", code=2)
    try:
        body = path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)
    now_ms = time.time_ns() // 1_000_000
    shown = prove(row.proof, keys.keys[0], body, f"msg_{uuid.uuid4().hex}", now_ms)
    base = url or f"http://{settings.vendor_host}:{settings.vendor_port}"
    hook = f"{base}/v1/hooks/{connector}{shown.path}"
    status, answer = post(hook, body, {"content-type": "application/json", **shown.headers})
    out.print(f"{status} {answer.decode(errors='replace')}", markup=False)
    raise typer.Exit(0 if status < http.client.MULTIPLE_CHOICES else 1)


def post_patiently(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Post a body as `post`; where the door says to come again later, wait as long as it says, `TRIES` times."""
    for _ in range(TRIES):
        status, answer, wait_s = _posted(url, body, headers)
        if status not in LATER:
            break
        time.sleep(wait_s)
    return status, answer


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Post a body and return status and answer; leaves with exit code 1 when nobody answers."""
    status, answer, _ = _posted(url, body, headers)
    return status, answer


def _posted(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, float]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=60)
    try:
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), seconds_of(answer.headers.get("retry-after", ""))
    except OSError as error:
        fail(f"{url}: {error.strerror or error}")
    finally:
        connection.close()


def seconds_of(retry_after: str) -> float:
    """Return what Retry-After says, between one second and a minute; a date, or nothing, is a second."""
    result = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1
    return float(min(max(result, 1), LONGEST_WAIT_S))
