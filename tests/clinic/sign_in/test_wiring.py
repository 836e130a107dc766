"""How clinicians sign in is settled when the clinician door is built.

The result is a provider, the demo clinician on loopback, or a refusal that gives its reason.
"""

import asyncio
from pathlib import Path

import pytest

from kadens.cli import main
from kadens.commands.doctor import _check_all, _sign_in
from kadens.settings import SettingsError
from kadens.wiring.clinic import clinic_door
from kadens.wiring.sign_in import sign_in_of
from tests.clinic.sign_in.conftest import settings_of
from tests.clinic.sign_in.provider import Provider
from tests.rows import values_of
from web.sign_in.provider import ProviderError

DSN = "postgresql://nobody@127.0.0.1:1/none"
_GOOD = {
    "KADENS_OIDC_ISSUER": "https://id.example.org/realms/hospital",
    "KADENS_CLINIC_URL": "https://care.example.org/",
    "KADENS_SESSION_MINUTES": "30",
    "KADENS_OIDC_UNIT_CLAIM": "org.unit",
    "KADENS_OIDC_ROLE_CLAIM": "realm_access.roles",
    "KADENS_OIDC_ROLES": "physiotherapist, nurse,",
}


def test_settings_become_a_sign_in(tmp_path: Path) -> None:
    made = sign_in_of(settings_of(DSN, tmp_path, **_GOOD))
    assert made.issuer == _GOOD["KADENS_OIDC_ISSUER"]
    assert made.provider.registration.redirect_uri == "https://care.example.org/sign-in/callback"
    assert (made.claim_names.unit_claim, made.claim_names.role_claim) == (
        "org.unit",
        "realm_access.roles",
    )
    assert made.claim_names.roles == ("physiotherapist", "nurse")
    assert (made.life_ms, made.secure, made.keys().active.secret) == (1_800_000, True, b"\x01" * 32)
    assert "\\x01" not in repr(made)
    assert "s3cret" not in repr(made.provider.registration)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"KADENS_OIDC_ISSUER": ""}, "set KADENS_OIDC_ISSUER and KADENS_OIDC_CLIENT_ID"),
        (
            {"KADENS_OIDC_ISSUER": "", "KADENS_CLINIC_DEMO": "1"},
            r"loopback only \(KADENS_CLINIC_HOST is 0.0.0.0\)",
        ),
        ({"KADENS_OIDC_ISSUER": "", "KADENS_CLINIC_HOST": "127.0.0.1"}, "KADENS_CLINIC_DEMO=1"),
        (
            {"KADENS_OIDC_ISSUER": "http://id.example.org"},
            "KADENS_OIDC_ISSUER=http://id.example.org: must be https",
        ),
        ({"KADENS_OIDC_ISSUER": "id.example.org"}, "must be https"),
        (
            {"KADENS_CLINIC_URL": "http://care.example.org"},
            "KADENS_CLINIC_URL=http://care.example.org: must be https",
        ),
        ({"KADENS_OIDC_CLIENT_ID": ""}, "KADENS_OIDC_CLIENT_ID is empty"),
        ({"KADENS_OIDC_UNIT_CLAIM": ""}, "KADENS_OIDC_UNIT_CLAIM is empty"),
        ({"KADENS_OIDC_ROLE_CLAIM": ""}, "KADENS_OIDC_ROLES names roles"),
        ({"KADENS_SESSION_MINUTES": "0"}, "KADENS_SESSION_MINUTES=0"),
    ],
    ids=str,
)
def test_what_is_missing_or_unsafe_is_named(
    tmp_path: Path, change: dict[str, str], why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        clinic_door(settings_of(DSN, tmp_path, **{**_GOOD, **change}))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('oidc_client_secret = ""', "oidc_client_secret"),
        ('session_key = "00"', "session_key"),
        ("", "session_key"),
    ],
)
def test_what_the_secrets_file_lacks_is_named(tmp_path: Path, line: str, why: str) -> None:
    settings_of(DSN, tmp_path)
    file = tmp_path / "clinic.toml"
    name = line.partition(" ")[0] or "session_key"
    kept = [
        splitline
        for splitline in file.read_text(encoding="utf-8").splitlines()
        if not splitline.startswith(name)
    ]
    other = tmp_path / "other.toml"
    other.write_text("\n".join([*kept, line]), encoding="utf-8")
    with pytest.raises(SettingsError, match=why):
        clinic_door(settings_of(DSN, tmp_path, **{**_GOOD, "KADENS_SECRETS_FILE": str(other)}))


def test_the_demo_clinician_needs_no_provider_on_loopback(tmp_path: Path) -> None:
    demo = {"KADENS_OIDC_ISSUER": "", "KADENS_CLINIC_DEMO": "1", "KADENS_CLINIC_HOST": "127.0.0.1"}
    app = clinic_door(settings_of(DSN, tmp_path, **{**_GOOD, **demo}))
    assert app.state.clinic.demo
    assert not hasattr(app.state, "sign_in")


def test_a_provider_wins_over_the_demo(tmp_path: Path) -> None:
    demo = {"KADENS_CLINIC_DEMO": "1", "KADENS_CLINIC_HOST": "127.0.0.1"}
    app = clinic_door(settings_of(DSN, tmp_path, **{**_GOOD, **demo}))
    assert (app.state.clinic.demo, app.state.sign_in.issuer) == (False, _GOOD["KADENS_OIDC_ISSUER"])


def test_the_doctor_asks_the_provider(tmp_path: Path, provider: Provider) -> None:
    result = asyncio.run(
        _sign_in(settings_of(DSN, tmp_path, **{**_GOOD, "KADENS_OIDC_ISSUER": provider.url}))
    )
    assert (
        result == f"{provider.url} answers with 1 key(s); register there: "
        "https://care.example.org/sign-in/callback"
    )
    with pytest.raises(ProviderError, match="does not answer"):
        asyncio.run(
            _sign_in(
                settings_of(DSN, tmp_path, **{**_GOOD, "KADENS_OIDC_ISSUER": "http://127.0.0.1:1"})
            )
        )


def test_the_doctor_of_the_clinician_door_looks_at_what_that_door_has(
    tmp_path: Path, provider: Provider, dsn: str
) -> None:
    checks = asyncio.run(
        _check_all(settings_of(dsn, tmp_path, **{**_GOOD, "KADENS_OIDC_ISSUER": provider.url}))
    )
    assert values_of(checks, "what", "well") == [
        ("database", True),
        ("secrets", True),
        ("endpoints", True),
        ("fetches", True),
        ("sign-in", True),
    ]


def test_a_refusal_of_the_settings_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings_of(DSN, tmp_path)
    result = {
        "KAFKA": "",
        "DATABASE": DSN,
        "BODIES": "",
        "SECRETS_FILE": str(tmp_path / "clinic.toml"),
    }
    for name, value in result.items():
        monkeypatch.setenv(f"KADENS_{name}", value)
    monkeypatch.setattr("sys.argv", ["kadens", "door", "clinic"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    reported = " ".join(capsys.readouterr().err.split())
    assert reported.startswith(
        "error: nobody could sign in at the clinician door: set KADENS_OIDC_ISSUER"
    )
    assert "Traceback" not in reported
