"""Builds the patient door."""

# ruff: noqa: PLC0415 - a process loads only what it builds
from typing import TYPE_CHECKING

from kadens.clock import clock
from kadens.settings import Settings
from kadens.wiring.fetching import fetched_vendors
from kadens.wiring.needs import check_safe, keys_of, needed
from kadens.wiring.sign_in import patient_sign_in_of

if TYPE_CHECKING:
    from fastapi import FastAPI

_ANSWERED_S = 5.0


def patient_door(settings: Settings) -> "FastAPI":
    """Return the patient door; raises `SettingsError` where its address would be unsafe."""
    from ingest.publisher import KafkaPublisher
    from ingest.vendors import CONNECTORS
    from kadens.doors.report_log import DoorReportLog
    from model.topics import RAW
    from patient.app import patient_app
    from patient.config import PatientConfig

    check_safe(settings, "patient_url")
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
