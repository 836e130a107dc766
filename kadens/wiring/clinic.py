"""Builds the clinician door, with its sign-in or its demo clinician."""

# ruff: noqa: PLC0415 - a process loads only what it builds
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kadens.clock import clock
from kadens.settings import Settings, SettingsError
from kadens.wiring.needs import keys_of, needed, words_of
from kadens.wiring.sign_in import sign_in_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from fastapi import FastAPI

    from clinic.config import ClinicConfig
    from clinic.head_notes import NoteHead
    from storage.pg.pool import Connection
    from web.sign_in.identity import Identify

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def clinic_door(settings: Settings) -> "FastAPI":
    """Return the clinician door, with sign-in by a provider, or with the demo clinician.

    Raises `SettingsError` where neither would show who uses it.
    """
    from clinic.app import create_app

    if not settings.oidc_issuer:
        return create_app(replace(_config(settings, demo(settings)), demo=True))
    return _door_with_sign_in(settings)


def _door_with_sign_in(settings: Settings) -> "FastAPI":
    from clinic.app import create_app
    from clinic.sign_in import sign_in_routes
    from web.csrf import origin_of
    from web.sign_in import code_flow
    from web.sign_in.cookies import derived_key

    sign_in = sign_in_of(settings)

    def form_keys() -> list[bytes]:
        return [derived_key(key.secret, "forms") for key in sign_in.keys().keys]

    app = create_app(
        replace(
            _config(settings, code_flow.identify_by_cookie(sign_in)),
            form_keys=form_keys,
            origin=origin_of(settings.clinic_url),
            idle_ms=settings.session_idle_minutes * 60_000,
        )
    )
    sign_in_routes.install_sign_in(app, sign_in)
    return app


def _config(settings: Settings, identify: "Identify") -> "ClinicConfig":
    """Return what both kinds of sign-in have in common."""
    from clinic.config import ClinicConfig
    from kadens.privacy.closing_terms import closing_terms
    from storage.people.identities import names_of
    from stream.deriving.windows import load_window

    keys = keys_of(settings, "wrapping")

    def names(conn: "Connection", patients: "Sequence[str]") -> "Awaitable[Mapping[str, str]]":
        return names_of(conn, keys(), patients)

    return ClinicConfig(
        database=needed(settings, "database"),
        identify=identify,
        clock=clock(settings.clock),
        names=names,
        prescriber_roles=frozenset(words_of(settings.prescriber_roles)),
        support_roles=frozenset(words_of(settings.support_roles)),
        reviewer_roles=frozenset(words_of(settings.reviewer_roles)),
        note_head=_head_noter(settings),
        wrapping=keys,
        windows=load_window,
        closing=closing_terms(settings),
        new_link=_link_maker(settings),
    )


def _link_maker(settings: Settings) -> "Callable[[], tuple[str, str]] | None":
    """Return what makes links of the patient door, None where it has no address for patients."""
    from patient.entry import ENTER_PATH
    from patient.linking.binding import random_text, secret_digest

    # the default is this machine: who is elsewhere could not open it
    if not (settings.patient_url.startswith("https:") or local_only(settings)):
        return None

    def made() -> tuple[str, str]:
        link = random_text()
        return f"{settings.patient_url.rstrip('/')}{ENTER_PATH}/{link}", secret_digest(link)

    return made


def _head_noter(settings: Settings) -> "NoteHead | None":
    """Return what notes heads of the audit log; raises `SettingsError` where it has no key."""
    from kadens.auditing.head_file import head_noter

    if not settings.audit_heads:
        return None
    return head_noter(Path(settings.audit_heads), keys_of(settings, "audit"), clock(settings.clock))


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
        name="Demo physiotherapist",
        care_unit=settings.clinic_unit,
        role=CareRole.PRESCRIBER.value,
    )
    return demo_identity(settings.clinic_host, clinician)


def local_only(settings: Settings) -> bool:
    """Return whether the clinician door listens on loopback only, as the demo clinician must."""
    return settings.clinic_host in LOOPBACK
