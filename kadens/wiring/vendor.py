"""Builds the vendor door: log and body store, no database."""

# ruff: noqa: PLC0415 - a process loads only what it builds
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kadens.clock import SYSTEM, clock
from kadens.secrets.live import LiveSecrets
from kadens.secrets.values import ConnectorSecrets
from kadens.settings import Settings
from kadens.wiring.needs import needed
from kadens.wiring.serving import buckets

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ingest.door import Door, Links
    from ingest.key_sets import KeySetFollower, LoadKeySet
    from ingest.spool import Spools


def vendor_door(settings: Settings) -> "FastAPI":
    """Return the vendor door: log and body store, no database."""
    from ingest.http import vendor_app

    return vendor_app(_door(settings))


def _door(settings: Settings) -> "Door":
    from ingest.clock_watch import ClockWatch
    from ingest.door import Door, Rates
    from ingest.publisher import KafkaPublisher
    from ingest.vendors import CONNECTORS
    from model.topics import RAW
    from storage.bodies.body_store import open_bodies

    publisher = KafkaPublisher(needed(settings, "kafka"), max_message=RAW.max_message_bytes)
    now = clock(settings.clock)
    is_checked = settings.clock == SYSTEM and not settings.mock_broker
    door = Door(
        connectors=CONNECTORS,
        secrets={name: row.keys for name, row in settings.secrets.connectors.items()},
        links=_links(settings),
        publisher=publisher,
        bodies=open_bodies(needed(settings, "bodies")),
        clock=now,
        max_body=settings.max_body,
        window_ms=settings.replay_window_s * 1000,
        spools=_spools(settings),
        rates=Rates(
            tokens=buckets(settings.token_rate), connectors=buckets(settings.connector_rate)
        ),
        # The clock of a test need not agree with the log's, and the mock log has no clock.
        watch=ClockWatch(publisher.broker_time, now) if is_checked else None,
        key_sets=key_sets(settings),
        clinic=settings.clinic_name,
    )
    return _with_uploads(door, settings)


def _links(settings: Settings) -> "Links":
    from ingest.door import Links
    from ingest.revoked import RevokedFollower

    live = LiveSecrets(settings.secrets_file, settings.secrets)
    return Links(keys=live.keys("link"), revoked=RevokedFollower(settings.kafka))


def _spools(settings: Settings) -> "Spools":
    from ingest.spool import Spools
    from storage.bodies.body_store import folder_of

    spool = Path(settings.spool) if settings.spool else folder_of(needed(settings, "bodies"))
    if spool is not None:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Spools(folder=spool, memory=settings.spool_memory, disk=settings.spool_disk)


def _with_uploads(door: "Door", settings: Settings) -> "Door":
    """Return the door with uploads in parts, where a folder for them is set."""
    from ingest.uploads.shelf import Shelf
    from ingest.uploads.upload import UploadLimits

    limits = UploadLimits(disk=settings.uploads_disk)
    shelf = Shelf(Path(settings.uploads)) if settings.uploads else None
    return replace(door, shelf=shelf, upload_limits=limits)


def key_sets(settings: Settings) -> "KeySetFollower":
    """Return the public keys of the vendors that publish them and have a key here."""
    from fetcher.key_sets import key_set_load
    from ingest.key_sets import KeySetFollower
    from ingest.proving.signed import EchoAndSignature
    from ingest.vendors import CONNECTORS

    loads: dict[str, LoadKeySet] = {}
    for row in CONNECTORS:
        own = settings.secrets.connectors.get(row.name, ConnectorSecrets())
        if isinstance(row.proof, EchoAndSignature) and own.keys:
            loads[row.name] = key_set_load(row.proof.key_set, own.api)
    return KeySetFollower(loads)
