"""Builds the parts of each process from the settings, which lower modules never see.

Functions import what they build, so that each process loads only its own parts.
"""

# ruff: noqa: PLC0415 - see above
import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kadens.clock import SYSTEM, clock
from kadens.secrets_file import ConnectorSecrets, LiveSecrets
from kadens.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from fastapi import FastAPI

    from clinic.head_notes import NoteHead
    from fetcher.parts import FetchedVendor
    from ingest.key_sets import KeySetFollower, LoadKeySet
    from model.keyring import Keys
    from patient.config import PatientSignIn
    from storage.pg.pool import Connection
    from web.rates import Buckets
    from web.server import Serving
    from web.sign_in.code_flow import SignIn
    from web.sign_in.identity import Identify

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
BURST = 10
FORM = 64 * 1024  # the longest body of the clinician and the patient door
MARGIN = 1024 * 1024
_ANSWERED_S = 5.0
_DRAINED = 128 * MARGIN
GRACEFUL_S = {
    "vendor": 15,
    "patient": 15,
    "clinic": 2,
}  # an open page keeps an event stream open, so waiting longer is useless


def run_worker(settings: Settings, *, accept_loss: bool = False) -> int:
    """Run a worker to its end and return its exit status."""
    from kadens.privacy.closing_terms import closing_terms
    from runtime.log_lines import log_to_stderr
    from stream.worker import WorkerPlan, run_until_stopped

    log_to_stderr()
    return run_until_stopped(
        WorkerPlan(
            brokers=needed(settings, "kafka"),
            database=needed(settings, "database"),
            bodies=needed(settings, "bodies"),
            wrapping=keys_of(settings, "wrapping"),
            now=clock(settings.clock),
            worker_id=settings.worker_id,
            mock=settings.mock_broker,
            smtp=settings.smtp,
            mail_from=settings.mail_from,
            receivers=settings.secrets.receivers,
            clinic_url=settings.clinic_url,
            closing=closing_terms(settings),
            commit_interval_s=settings.commit_interval_s,
            stall_s=settings.stall_s,
            group_session_s=settings.group_session_s,
            metrics_host=settings.metrics_host,
            metrics_port=settings.metrics_port,
            accept_loss=accept_loss,
        )
    )


def run_fetcher(settings: Settings) -> int:
    """Run a fetcher to its end and return its exit status."""
    from fetcher.process import FetcherPlan, run_fetcher_until_stopped
    from runtime.log_lines import log_to_stderr

    log_to_stderr()
    return run_fetcher_until_stopped(
        FetcherPlan(
            brokers=needed(settings, "kafka"),
            database=needed(settings, "database"),
            bodies=needed(settings, "bodies"),
            wrapping=keys_of(settings, "wrapping"),
            now=clock(settings.clock),
            vendors=fetched_vendors(settings),
            at_once=settings.fetch_at_once,
            keep_days=settings.fetch_keep_days,
            spool=token_folder(settings),
            metrics_host=settings.metrics_host,
            metrics_port=settings.metrics_port,
        )
    )


def token_folder(settings: Settings) -> Path | None:
    """Return the folder where new tokens outlast a kill of the fetcher, None without a disk."""
    from storage.bodies.body_store import folder_of

    spool = Path(settings.spool) if settings.spool else folder_of(needed(settings, "bodies"))
    return None if spool is None else spool / "tokens"


def fetched_vendors(settings: Settings) -> "Mapping[str, FetchedVendor]":
    """Return the vendors that the fetcher asks, by name, each with our application there."""
    from fetcher.parts import FetchedVendor
    from fetcher.tokens import OAuthClient
    from ingest.vendors import CONNECTORS

    fetched: dict[str, FetchedVendor] = {}
    for row in CONNECTORS:
        if row.api is None or row.api.request is None:
            continue
        own = settings.secrets.connectors.get(row.name, ConnectorSecrets())
        client = None
        if row.api.auth is not None and own.client_id:
            client = OAuthClient(
                oauth=row.api.auth,
                client_id=own.client_id,
                client_secret=own.client_secret,
                api=own.api,
            )
        fetched[row.name] = FetchedVendor(
            name=row.name,
            api=replace(row.api, hosts=(*row.api.hosts, *own.hosts)),
            api_address=own.api,
            client=client,
            api_key=own.api_key,
            callback=own.callback,
            word=next(iter(own.keys), ""),
        )
    return fetched


def vendor_door(settings: Settings) -> "FastAPI":
    """Return the vendor door: log and body store, no database."""
    from ingest.clock_watch import ClockWatch
    from ingest.door import Door, Links, Rates
    from ingest.http import vendor_app
    from ingest.publisher import KafkaPublisher
    from ingest.revoked import RevokedFollower
    from ingest.spool import Spools
    from ingest.uploads.shelf import Shelf
    from ingest.uploads.upload import UploadLimits
    from ingest.vendors import CONNECTORS
    from model.topics import RAW
    from storage.bodies.body_store import folder_of, open_bodies

    live = LiveSecrets(settings.secrets_file, settings.secrets)
    publisher = KafkaPublisher(needed(settings, "kafka"), max_message=RAW.max_message_bytes)
    bodies, now = needed(settings, "bodies"), clock(settings.clock)
    is_checked = settings.clock == SYSTEM and not settings.mock_broker
    spool = Path(settings.spool) if settings.spool else folder_of(bodies)
    if spool is not None:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    return vendor_app(
        Door(
            connectors=CONNECTORS,
            secrets={name: row.keys for name, row in settings.secrets.connectors.items()},
            links=Links(keys=live.keys("link"), revoked=RevokedFollower(settings.kafka)),
            publisher=publisher,
            bodies=open_bodies(bodies),
            clock=now,
            max_body=settings.max_body,
            window_ms=settings.replay_window_s * 1000,
            spools=Spools(folder=spool, memory=settings.spool_memory, disk=settings.spool_disk),
            rates=Rates(
                tokens=buckets(settings.token_rate), connectors=buckets(settings.connector_rate)
            ),
            # The clock of a test need not agree with the log's, and the mock log has no clock.
            watch=ClockWatch(publisher.broker_time, now) if is_checked else None,
            key_sets=key_sets(settings),
            shelf=Shelf(Path(settings.uploads)) if settings.uploads else None,
            upload_limits=UploadLimits(disk=settings.uploads_disk),
            clinic=settings.clinic_name,
        )
    )


def key_sets(settings: Settings) -> "KeySetFollower":
    """Return the public keys of the vendors that publish them and have a key here."""
    from fetcher.key_sets import key_set_load
    from ingest.key_sets import KeySetFollower
    from ingest.proving.proofs import EchoAndSignature
    from ingest.vendors import CONNECTORS

    loads: dict[str, LoadKeySet] = {}
    for row in CONNECTORS:
        own = settings.secrets.connectors.get(row.name, ConnectorSecrets())
        if isinstance(row.proof, EchoAndSignature) and own.keys:
            loads[row.name] = key_set_load(row.proof.key_set, own.api)
    return KeySetFollower(loads)


def run_uploads(settings: Settings) -> None:
    """Bring complete uploads to the log until a signal comes."""
    from ingest.publisher import KafkaPublisher
    from ingest.uploads.shelf import Shelf
    from kadens.uploads.process import UploadLoop, run_until_signal
    from kadens.uploads.taking import Taking
    from model.topics import RAW
    from parsers.formats import FILES_CONNECTOR
    from storage.bodies.body_store import open_bodies
    from storage.people.consents import consented
    from storage.pg.pool import WORKER_LIMITS, open_pool
    from storage.pg.roles import WORKER
    from storage.reads.import_outcomes import FileOutcome, file_outcomes

    shelf, database = Shelf(Path(needed(settings, "uploads"))), needed(settings, "database")

    async def run() -> None:
        pool = await open_pool(database, max_size=2, limits=WORKER_LIMITS, role=WORKER)

        async def outcomes(
            patient: str, digests: "Sequence[str]", since_ms: int
        ) -> "Mapping[str, FileOutcome]":
            async with pool.connection() as conn:
                return await file_outcomes(conn, patient, digests, since_ms)

        async def has_consent(patient: str, at_ms: int) -> bool:
            async with pool.connection() as conn:
                return await consented(conn, patient, FILES_CONNECTOR, at_ms)

        taking = Taking(
            shelf=shelf,
            publisher=KafkaPublisher(needed(settings, "kafka"), max_message=RAW.max_message_bytes),
            bodies=open_bodies(needed(settings, "bodies")),
            outcomes=outcomes,
            consented=has_consent,
            now=clock(settings.clock),
        )
        async with pool:
            await run_until_signal(UploadLoop(taking=taking))

    asyncio.run(run())


def buckets(rate: float) -> "Buckets":
    """Return the buckets of a rate per second and key, with bursts of ten times the rate."""
    from web.rates import Buckets

    return Buckets(rate=rate, burst=BURST * rate)


def serving(settings: Settings, door: str) -> "Serving":
    """Return where and with which limits a door is served; raises `SettingsError`.

    `door` is `vendor`, `clinic` or `patient`.
    """
    from web.limits import ServerLimits, networks
    from web.server import Serving

    try:
        trusted = networks(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(
            f"KADENS_TRUSTED_PROXIES={settings.trusted_proxies}: addresses are wanted"
        ) from error
    # With the margin, the application refuses a body that is too long before the server does.
    most = {"vendor": settings.max_body + MARGIN}.get(door, FORM)
    limits = ServerLimits(
        body_bytes=most,
        drain_bytes=min(most, _DRAINED),
        connections=settings.connections,
        per_peer=settings.connections_per_peer,
        trusted=trusted,
    )
    position = {
        "host": getattr(settings, f"{door}_host"),
        "port": getattr(settings, f"{door}_port"),
    }
    return Serving(
        **position,
        limits=limits,
        failures=settings.failure_rate,
        failures_at_once=2 * settings.failure_rate,
        graceful_s=GRACEFUL_S[door],
    )


def clinic_door(settings: Settings) -> "FastAPI":
    """Return the clinician door, with sign-in by a provider, or with the demo clinician.

    Raises `SettingsError` where neither would show who uses it.
    """
    from clinic.app import create_app
    from clinic.config import ClinicConfig
    from clinic.sign_in import sign_in_routes
    from storage.people.identities import names_of
    from web.csrf import origin_of
    from web.sign_in import code_flow
    from web.sign_in.cookies import derived_key

    keys, database, now = (
        keys_of(settings, "wrapping"),
        needed(settings, "database"),
        clock(settings.clock),
    )

    def names(conn: "Connection", patients: "Sequence[str]") -> "Awaitable[Mapping[str, str]]":
        return names_of(conn, keys(), patients)

    if not settings.oidc_issuer:
        return create_app(
            ClinicConfig(
                database=database,
                identify=demo(settings),
                clock=now,
                names=names,
                demo=True,
                prescriber_roles=frozenset(_words(settings.prescriber_roles)),
                support_roles=frozenset(_words(settings.support_roles)),
                note_head=_head_noter(settings),
                wrapping=keys,
            )
        )
    sign_in = sign_in_of(settings)

    def form_keys() -> list[bytes]:
        return [derived_key(key.secret, "forms") for key in sign_in.keys().keys]

    app = create_app(
        ClinicConfig(
            database=database,
            identify=code_flow.identify_by_cookie(sign_in),
            clock=now,
            names=names,
            form_keys=form_keys,
            origin=origin_of(settings.clinic_url),
            idle_ms=settings.session_idle_minutes * 60_000,
            prescriber_roles=frozenset(_words(settings.prescriber_roles)),
            support_roles=frozenset(_words(settings.support_roles)),
            note_head=_head_noter(settings),
            wrapping=keys,
        )
    )
    sign_in_routes.install_sign_in(app, sign_in)
    return app


def _head_noter(settings: Settings) -> "NoteHead | None":
    """Return what notes heads of the audit log; raises `SettingsError` where it has no key."""
    from kadens.auditing.head_file import head_noter

    if not settings.audit_heads:
        return None
    return head_noter(Path(settings.audit_heads), keys_of(settings, "audit"), clock(settings.clock))


def patient_door(settings: Settings) -> "FastAPI":
    """Return the patient door; raises `SettingsError` where its address would be unsafe."""
    from ingest.publisher import KafkaPublisher
    from ingest.vendors import CONNECTORS
    from kadens.doors.report_log import DoorReportLog
    from model.topics import RAW
    from patient.app import patient_app
    from patient.config import PatientConfig

    _check_safe(settings, "patient_url")
    return patient_app(
        PatientConfig(
            database=needed(settings, "database"),
            wrapping=keys_of(settings, "wrapping"),
            clock=clock(settings.clock),
            vendors=fetched_vendors(settings),
            titles={row.name: row.title for row in CONNECTORS},
            url=settings.patient_url,
            log=DoorReportLog(
                KafkaPublisher(
                    needed(settings, "kafka"),
                    max_message=RAW.max_message_bytes,
                    # a person waits for it, who loses nothing by sending again
                    deadline_s=_ANSWERED_S,
                )
            ),
            clinic=settings.clinic_name,
            sign_in=patient_sign_in_of(settings) if settings.patient_oidc_issuer else None,
        )
    )


def patient_sign_in_of(settings: Settings) -> "PatientSignIn":
    """Return the sign-in of patients; raises `SettingsError` for missing or unsafe settings."""
    from patient.config import PatientSignIn
    from web.sign_in.code_flow import CALLBACK_PATH
    from web.sign_in.provider import Provider, Registration

    for name in ("patient_oidc_client_id", "patient_oidc_number_claim"):
        needed(settings, name)
    _check_safe(settings, "patient_oidc_issuer", "patient_url")
    if not settings.secrets.patient_oidc_client_secret:
        raise SettingsError(
            "patient_oidc_client_secret in the secrets file: what the identity provider gave the "
            "client of the patient door"
        )
    now = clock(settings.clock)
    registration = Registration(
        issuer=settings.patient_oidc_issuer,
        client_id=settings.patient_oidc_client_id,
        client_secret=settings.secrets.patient_oidc_client_secret,
        redirect_uri=settings.patient_url.rstrip("/") + CALLBACK_PATH,
    )
    return PatientSignIn(
        provider=Provider(registration, now),
        keys=keys_of(settings, "session"),
        secure=settings.patient_url.startswith("https:"),
        # families share devices: whoever is next must not be signed in as the one before
        asks_again=True,
        clock=now,
        number_claim=settings.patient_oidc_number_claim,
        levels=_words(settings.patient_oidc_acr),
        identity_keys=keys_of(settings, "identity"),
    )


def _check_safe(settings: Settings, *names: str) -> None:
    """Raise `SettingsError` for an address over which a secret could be read."""
    from web.sign_in.provider import is_safe

    for name in names:
        address = getattr(settings, name)
        if not is_safe(address):
            raise SettingsError(
                f"KADENS_{name.upper()}={address}: https is wanted (http on loopback only)"
            )


def demo(settings: Settings) -> "Identify":
    """Return the demo clinician, on loopback only; raises `SettingsError` with advice otherwise."""
    from model.words.roles import CareRole
    from web.sign_in.identity import Identity, demo_identity

    if not (settings.clinic_demo and local_only(settings)):
        raise SettingsError(
            "nobody could sign in at the clinician door: set KADENS_OIDC_ISSUER and "
            "KADENS_OIDC_CLIENT_ID, and oidc_client_secret and session_key in the secrets file. "
            "KADENS_CLINIC_DEMO=1 lets everybody in as one "
            f"demo clinician, on loopback only (KADENS_CLINIC_HOST is {settings.clinic_host})"
        )
    clinician = Identity(
        subject="demo-clinician",
        name="Demo clinician",
        care_unit=settings.clinic_unit,
        role=CareRole.PRESCRIBER.value,
    )
    return demo_identity(settings.clinic_host, clinician)


def _words(listed: str) -> tuple[str, ...]:
    """Return the words of a list with commas between."""
    # A trailing comma must not make a role without a name.
    return tuple(word for part in listed.split(",") if (word := part.strip()))


def sign_in_of(settings: Settings) -> "SignIn":
    """Return the sign-in of clinicians; raises `SettingsError` for missing or unsafe settings."""
    from web.sign_in.code_flow import CALLBACK_PATH, SignIn
    from web.sign_in.id_tokens import ClaimNames
    from web.sign_in.provider import Provider, Registration

    check_sign_in(settings)
    now = clock(settings.clock)
    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.secrets.oidc_client_secret,
        redirect_uri=settings.clinic_url.rstrip("/") + CALLBACK_PATH,
    )
    return SignIn(
        provider=Provider(registration, now),
        claim_names=ClaimNames(
            unit_claim=settings.oidc_unit_claim,
            role_claim=settings.oidc_role_claim,
            roles=_words(settings.oidc_roles),
            purpose=settings.oidc_purpose,
            levels=_words(settings.oidc_acr),
        ),
        keys=keys_of(settings, "session"),
        life_ms=settings.session_minutes * 60_000,
        secure=settings.clinic_url.startswith("https:"),
        clock=now,
    )


def check_sign_in(settings: Settings) -> None:
    """Raise `SettingsError` where a sign-in would be unsafe or admit more people than intended."""
    for name in ("oidc_client_id", "oidc_unit_claim", "clinic_url"):
        needed(settings, name)
    _check_safe(settings, "oidc_issuer", "clinic_url")
    if not settings.secrets.oidc_client_secret:
        raise SettingsError(
            "oidc_client_secret in the secrets file: what the identity provider gave this client"
        )
    if settings.oidc_roles and not settings.oidc_role_claim:
        raise SettingsError(
            "KADENS_OIDC_ROLES names roles, and KADENS_OIDC_ROLE_CLAIM no claim to find them in"
        )
    # A session of no minutes would end before the page that follows the sign-in.
    for name in ("session_minutes", "session_idle_minutes"):
        if getattr(settings, name) < 1:
            raise SettingsError(
                f"KADENS_{name.upper()}={getattr(settings, name)}: a minute at least is wanted"
            )


def migrate_database_and_log(settings: Settings) -> list[str]:
    """Bring the schema up to date and make missing topics; return a line for each change."""
    from kadens.embedded.topics import create_topics
    from model.topics import TOPICS
    from storage.pg.migrate import migrate

    done = [f"database: {name}" for name in asyncio.run(migrate(needed(settings, "database")))]
    if settings.kafka:
        create_topics(
            settings.kafka, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS}
        )
        done.append(f"topics: {', '.join(topic.name for topic in TOPICS)}")
    return done or ["nothing to do"]


def needed(settings: Settings, name: str) -> str:
    """Return a setting that the process needs; raises `SettingsError` when it is empty."""
    value: str = getattr(settings, name)
    if not value:
        raise SettingsError(f"KADENS_{name.upper()} is empty, and this process needs it")
    return value


def check_database_keys(settings: Settings) -> None:
    """Raise `ForeignKeysError` unless the clinician door's wrapping keys belong to the database."""
    from storage.bodies.wrapping import check_keys
    from storage.pg.pool import CLINIC_LIMITS, open_pool
    from storage.pg.roles import CLINIC

    async def look() -> None:
        # As the door itself: the check also shows that its role may read the keys.
        pool = await open_pool(settings.database, max_size=1, limits=CLINIC_LIMITS, role=CLINIC)
        async with pool, pool.connection() as conn:
            await check_keys(
                conn, settings.secrets.wrapping_keys, clock(settings.clock)(), record=False
            )

    asyncio.run(look())


def keys_of(settings: Settings, kind: str) -> "Keys":
    """Return the function that gives the current keys of a kind; `SettingsError` without any."""
    keys = LiveSecrets(settings.secrets_file, settings.secrets).keys(kind)
    if not keys():
        raise SettingsError(
            f"the secrets file has no {kind}_key: add 32 random bytes as hex (openssl rand -hex 32)"
        )
    return keys


def local_only(settings: Settings) -> bool:
    """Return whether the clinician door listens on loopback only, as the demo clinician must."""
    return settings.clinic_host in LOOPBACK
