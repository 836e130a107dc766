"""Builds the real collaborators of each process from the settings. Nothing below this module sees a setting.

Functions import what they build, so that each process loads only its own parts.
"""

# ruff: noqa: PLC0415 - see above
import asyncio
from typing import TYPE_CHECKING

from .clock import clock
from .settings import Settings, SettingsError

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
KEY_SIZES = {16, 24, 32}


def run_worker(settings: Settings) -> int:
    """Run a worker to its end and return its exit status."""
    from .stream.worker import WorkerPlan
    from .stream.worker import run_worker as run

    return run(
        WorkerPlan(
            brokers=needed(settings, "kafka"),
            database=needed(settings, "database"),
            bodies=needed(settings, "bodies"),
            wrapping_key=wrapping_key(settings),
            now=clock(settings.clock),
            worker_id=settings.worker_id,
            mock=settings.mock_broker,
            smtp=settings.smtp,
            mail_from=settings.mail_from,
            commit_interval_s=settings.commit_interval_s,
            stall_s=settings.stall_s,
            metrics_port=settings.metrics_port,
        )
    )


def vendor_door(settings: Settings) -> "FastAPI":
    """Return the vendor door: log and body store, no database."""
    from .ingest.http import vendor_app
    from .ingest.publisher import KafkaPublisher
    from .ingest.receive import Door
    from .ingest.vendors import CONNECTORS
    from .storage.bodies import open_bodies
    from .stream.topics import RAW

    return vendor_app(
        Door(
            connectors=CONNECTORS,
            secrets={name: row.keys for name, row in settings.secrets.connectors.items()},
            link_key=settings.secrets.link_key,
            publisher=KafkaPublisher(needed(settings, "kafka"), max_message=RAW.max_message_bytes),
            bodies=open_bodies(needed(settings, "bodies")),
            clock=clock(settings.clock),
            max_body=settings.max_body,
            window_ms=settings.replay_window_s * 1000,
        )
    )


def clinic_door(settings: Settings) -> "FastAPI":
    """Return the clinician door. Raises `SettingsError` where nobody could tell who is at it."""
    from .alerts.clinic.app import create_app
    from .alerts.clinic.doors import Clinic
    from .alerts.clinic.identity import Clinician, demo
    from .storage.identities import names_of

    if not (settings.clinic_demo and local_only(settings)):
        raise SettingsError("no identity provider: only the demo clinician on loopback is built (KADENS_CLINIC_DEMO)")
    key = wrapping_key(settings)
    clinician = Clinician(subject="demo-clinician", name="Demo clinician", care_unit=settings.clinic_unit)
    return create_app(
        Clinic(
            database=needed(settings, "database"),
            identify=demo(settings.clinic_host, clinician),
            clock=clock(settings.clock),
            names=lambda conn, patients: names_of(conn, key, patients),
            demo=True,
        )
    )


def migrate(settings: Settings) -> list[str]:
    """Bring the schema up to date and make missing topics; return a line for each thing done."""
    from .embedded.topics import create_topics
    from .storage.migrate import migrate as bring_up
    from .stream.topics import TOPICS

    done = [f"database: {name}" for name in asyncio.run(bring_up(needed(settings, "database")))]
    if settings.kafka:
        create_topics(settings.kafka, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS})
        done.append(f"topics: {', '.join(topic.name for topic in TOPICS)}")
    return done or ["nothing to do"]


def needed(settings: Settings, name: str) -> str:
    """Return a setting that a process cannot do without; raises `SettingsError` when it is empty."""
    value: str = getattr(settings, name)
    if not value:
        raise SettingsError(f"KADENS_{name.upper()} is empty, and this process needs it")
    return value


def wrapping_key(settings: Settings) -> bytes:
    """Return the key that wraps the patients' keys; raises `SettingsError` when it is no AES key."""
    key = settings.secrets.wrapping_key
    if len(key) not in KEY_SIZES:
        raise SettingsError("wrapping_key in the secrets file: 32 bytes as hex are wanted")
    return key


def local_only(settings: Settings) -> bool:
    """Return whether the clinician door listens on loopback alone, where the demo clinician may be used."""
    return settings.clinic_host in LOOPBACK
