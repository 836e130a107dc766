"""How patients sign in is settled when the patient door is built, or refused with the reason."""

import asyncio
from pathlib import Path

import pytest

from kadens.commands.doctor import _check_all
from kadens.privacy.endpoints import check_endpoints
from kadens.settings import SettingsError
from kadens.wiring.patient import patient_door
from kadens.wiring.sign_in import patient_sign_in_of
from tests.clinic.sign_in.provider import Provider
from tests.patient.sign_in.conftest import patient_settings
from tests.patient.sign_in.patients import People

_NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
_GOOD = {
    "KADENS_PATIENT_OIDC_ISSUER": "https://id.example.org/realms/people",
    "KADENS_PATIENT_URL": "https://my.example.org/",
    "KADENS_PATIENT_OIDC_NUMBER_CLAIM": "user.number",
    "KADENS_PATIENT_OIDC_ACR": "loa3, loa4,",
}


def test_settings_become_a_sign_in_of_patients(tmp_path: Path) -> None:
    made = patient_sign_in_of(patient_settings(_NOWHERE, tmp_path, **_GOOD))
    assert made.issuer == _GOOD["KADENS_PATIENT_OIDC_ISSUER"]
    assert made.provider.registration.redirect_uri == "https://my.example.org/sign-in/callback"
    assert (made.number_claim, made.levels) == ("user.number", ("loa3", "loa4"))
    assert (made.secure, made.keys().active.secret) == (True, b"\x01" * 32)
    assert made.identity_keys().active.secret == b"\x07" * 32
    assert "\\x0" not in repr(made)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"KADENS_PATIENT_OIDC_ISSUER": "http://id.example.org"}, "_ISSUER=.*: must be https"),
        ({"KADENS_PATIENT_URL": "http://my.example.org"}, "KADENS_PATIENT_URL=.*: must be https"),
        ({"KADENS_PATIENT_OIDC_CLIENT_ID": ""}, "KADENS_PATIENT_OIDC_CLIENT_ID is empty"),
        ({"KADENS_PATIENT_OIDC_NUMBER_CLAIM": ""}, "KADENS_PATIENT_OIDC_NUMBER_CLAIM is empty"),
    ],
    ids=str,
)
def test_what_is_missing_or_unsafe_is_named(
    tmp_path: Path, change: dict[str, str], why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        patient_door(patient_settings(_NOWHERE, tmp_path, **{**_GOOD, **change}))


@pytest.mark.parametrize("name", ["session_key", "identity_key", "patient_oidc_client_secret"])
def test_what_the_secrets_file_lacks_is_named(tmp_path: Path, name: str) -> None:
    patient_settings(_NOWHERE, tmp_path)
    lines = (tmp_path / "patient.toml").read_text(encoding="utf-8").splitlines()
    other = tmp_path / "other.toml"
    other.write_text("\n".join(line for line in lines if not line.startswith(name)), "utf-8")
    with pytest.raises(SettingsError, match=name):
        patient_door(patient_settings(_NOWHERE, tmp_path, **_GOOD, KADENS_SECRETS_FILE=str(other)))


def test_a_door_of_links_alone_needs_neither_key(tmp_path: Path) -> None:
    secrets = tmp_path / "links.toml"
    secrets.write_text(f'wrapping_key = "{"00" * 32}"\n', encoding="utf-8")
    door = patient_door(
        patient_settings(
            _NOWHERE,
            tmp_path,
            KADENS_PATIENT_URL="https://my.example.org",
            KADENS_SECRETS_FILE=str(secrets),
        )
    )
    assert door.title == "Kadens patient door"


@pytest.mark.promise(20)
def test_the_providers_host_must_be_on_the_stated_list(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"id\.example\.org"):
        check_endpoints(patient_settings("", tmp_path, **_GOOD), {})


def test_the_doctor_asks_the_provider(people: People, provider: Provider, tmp_path: Path) -> None:
    changes = {**_GOOD, "KADENS_PATIENT_OIDC_ISSUER": provider.url}
    checks = asyncio.run(_check_all(patient_settings(people.dsn, tmp_path, **changes)))
    (check,) = [row for row in checks if row.what == "patients"]
    answered = f"{provider.url} answers with 1 key(s); register there: "
    assert check.well
    assert check.says == f"{answered}https://my.example.org/sign-in/callback"
