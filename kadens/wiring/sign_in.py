"""Builds the sign-in of clinicians and of patients, and refuses settings that are unsafe."""

# ruff: noqa: PLC0415 - a process loads only what it builds
from typing import TYPE_CHECKING

from kadens.clock import clock
from kadens.settings import Settings, SettingsError
from kadens.wiring.needs import check_safe, keys_of, needed, words_of

if TYPE_CHECKING:
    from patient.config import PatientSignIn
    from web.sign_in.code_flow import SignIn
    from web.sign_in.provider import Provider


def sign_in_of(settings: Settings) -> "SignIn":
    """Return the sign-in of clinicians; raises `SettingsError` for missing or unsafe settings."""
    from web.sign_in.code_flow import SignIn
    from web.sign_in.id_tokens import ClaimNames

    check_sign_in(settings)
    client = settings.oidc_client_id, settings.secrets.oidc_client_secret
    return SignIn(
        provider=_provider(settings, settings.oidc_issuer, client, settings.clinic_url),
        claim_names=ClaimNames(
            unit_claim=settings.oidc_unit_claim,
            role_claim=settings.oidc_role_claim,
            roles=words_of(settings.oidc_roles),
            purpose=settings.oidc_purpose,
            levels=words_of(settings.oidc_acr),
            # an empty value, as Compose passes one on, is no claim's name
            subject_claim=settings.oidc_subject_claim or "sub",
        ),
        keys=keys_of(settings, "session"),
        life_ms=settings.session_minutes * 60_000,
        secure=settings.clinic_url.startswith("https:"),
        clock=clock(settings.clock),
    )


def check_sign_in(settings: Settings) -> None:
    """Raise `SettingsError` where a sign-in would be unsafe or admit more people than intended."""
    for name in ("oidc_client_id", "oidc_unit_claim", "clinic_url"):
        needed(settings, name)
    check_safe(settings, "oidc_issuer", "clinic_url")
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
                f"KADENS_{name.upper()}={getattr(settings, name)}: must be a minute at least"
            )


def patient_sign_in_of(settings: Settings) -> "PatientSignIn":
    """Return the sign-in of patients; raises `SettingsError` for missing or unsafe settings."""
    from patient.config import PatientSignIn

    for name in ("patient_oidc_client_id", "patient_oidc_number_claim"):
        needed(settings, name)
    check_safe(settings, "patient_oidc_issuer", "patient_url")
    if not settings.secrets.patient_oidc_client_secret:
        raise SettingsError(
            "patient_oidc_client_secret in the secrets file: what the identity provider gave the "
            "client of the patient door"
        )
    client = settings.patient_oidc_client_id, settings.secrets.patient_oidc_client_secret
    return PatientSignIn(
        provider=_provider(settings, settings.patient_oidc_issuer, client, settings.patient_url),
        keys=keys_of(settings, "session"),
        secure=settings.patient_url.startswith("https:"),
        # families share devices: whoever is next must not be signed in as the one before
        asks_again=True,
        clock=clock(settings.clock),
        number_claim=settings.patient_oidc_number_claim,
        levels=words_of(settings.patient_oidc_acr),
        identity_keys=keys_of(settings, "identity"),
    )


def _provider(settings: Settings, issuer: str, client: tuple[str, str], url: str) -> "Provider":
    """Return the identity provider of the door at `url`; `client` is its id there and secret."""
    from web.sign_in.code_flow import CALLBACK_PATH
    from web.sign_in.provider import Provider, Registration

    client_id, secret = client
    registration = Registration(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        redirect_uri=url.rstrip("/") + CALLBACK_PATH,
    )
    return Provider(registration, clock(settings.clock))
