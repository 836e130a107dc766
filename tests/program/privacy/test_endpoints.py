"""No process starts with a host outside this machine that is not on the stated list."""

import base64
from pathlib import Path

import pytest
import typer

from kadens.commands.console import process_settings
from kadens.privacy.endpoints import check_endpoints, database_hosts, read_endpoints, used_endpoints
from kadens.secrets.values import SettingsError
from kadens.settings import Settings, environment, read_settings

_LOCAL = {
    "KADENS_KAFKA": "127.0.0.1:9092",
    "KADENS_DATABASE": "postgresql://postgres@/kadens?host=/run/postgresql",
    "KADENS_BODIES": "/var/lib/kadens",
    "KADENS_SMTP": "mail:1025",
}
_LIST = """
[[endpoints]]
host = "s3.eu-north-1.amazonaws.com"
country = "SE"
processor = "Moln AB"
purpose = "bodies"
"""


def _settings(**more: str) -> Settings:
    return read_settings({**_LOCAL, **more})


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.promise(20)
def test_a_local_installation_states_nothing() -> None:
    assert check_endpoints(_settings(), {}) == 0


@pytest.mark.parametrize(
    ("name", "value", "host"),
    [
        ("KADENS_KAFKA", "127.0.0.1:9092,log.example.com:9092", "log.example.com"),
        ("KADENS_DATABASE", "postgresql://u:geheim@db.example.com:5432/k", "db.example.com"),
        ("KADENS_DATABASE", "host=db.example.com password=geheim", "db.example.com"),
        ("KADENS_DATABASE", "postgresql:///k?host=db.example.com", "db.example.com"),
        ("KADENS_DATABASE", "postgresql://localhost,db.example.com/k", "db.example.com"),
        ("KADENS_DATABASE", "postgresql://[2001:db8::1]:5432/k", "2001:db8::1"),
        ("KADENS_BODIES", "s3://bucket/prefix", "s3.us-east-1.amazonaws.com"),
        ("KADENS_BODIES", "https://store.example.com/b", "store.example.com"),
        ("KADENS_SMTP", "smtps://u:geheim@mx.example.com", "mx.example.com"),
        ("KADENS_OIDC_ISSUER", "https://id.example.com/realms/x", "id.example.com"),
    ],
)
def test_an_unstated_host_is_named_with_its_setting(name: str, value: str, host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_endpoints(_settings(**{name: value}), {})
    assert f"{host} ({name})" in str(caught.value)
    assert "KADENS_ENDPOINTS" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"AWS_REGION": "eu-north-1"}, "s3.eu-north-1.amazonaws.com"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "s3.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT": "http://10.0.0.9:9000", "AWS_REGION": "eu-north-1"}, "10.0.0.9"),
    ],
)
def test_the_place_of_bodies_is_that_of_the_client(variables: dict[str, str], host: str) -> None:
    used = used_endpoints(_settings(KADENS_BODIES="s3://bucket"), variables)
    assert [row.host for row in used if row.setting == "KADENS_BODIES"] == [host]


@pytest.mark.promise(20)
@pytest.mark.parametrize("scheme", ["gs", "GS", "az", "azure", "abfs", "abfss", "adl", "unknown"])
def test_a_bucket_without_a_place_is_refused(scheme: str, tmp_path: Path) -> None:
    """Also when a host of the bucket's name is stated: it is no host."""
    text = _LIST.replace("s3.eu-north-1.amazonaws.com", "bucket")
    path = _write(tmp_path / "endpoints.toml", text)
    settings = _settings(KADENS_BODIES=f"{scheme}://bucket/bodies", KADENS_ENDPOINTS=str(path))
    with pytest.raises(SettingsError, match=f"KADENS_BODIES: {scheme.lower()}:// names a bucket"):
        check_endpoints(settings, {"AWS_REGION": "eu-north-1"})


def test_a_stated_host_may_be_used(tmp_path: Path) -> None:
    path = _write(tmp_path / "endpoints.toml", _LIST)
    settings = _settings(KADENS_BODIES="s3://bucket", KADENS_ENDPOINTS=str(path))
    assert check_endpoints(settings, {"AWS_REGION": "eu-north-1"}) == 1
    assert [row.processor for row in read_endpoints(str(path))] == ["Moln AB"]
    with pytest.raises(SettingsError, match=r"s3\.us-east-1"):
        check_endpoints(settings, {"AWS_REGION": "us-east-1"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[endpoints]\n", "no TOML file"),
        (_LIST.replace('"SE"', '"US"'), "is in US, which is no country"),
    ],
)
def test_a_bad_list_is_named(tmp_path: Path, text: str, reason: str) -> None:
    path = _write(tmp_path / "endpoints.toml", text)
    with pytest.raises(SettingsError, match=f"KADENS_ENDPOINTS=.*{reason}"):
        read_endpoints(str(path))
    with pytest.raises(SettingsError, match=r"KADENS_ENDPOINTS=.*: No such file"):
        read_endpoints(str(tmp_path / "none.toml"))


def test_receivers_of_messages_are_stated_too(tmp_path: Path) -> None:
    secrets = '[delivery.sms]\nurl = "https://sms.example.com/v1"\nkeys = ["whsec_'
    secrets += base64.b64encode(bytes(32)).decode() + '"]\n'
    path = _write(tmp_path / "secrets.toml", secrets)
    with pytest.raises(SettingsError, match=r"sms\.example\.com \(receiver sms\)"):
        check_endpoints(_settings(KADENS_SECRETS_FILE=str(path)), {})


def test_a_process_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in environment():
        monkeypatch.delenv(name)
    for name, value in {**_LOCAL, "KADENS_SMTP": "mx.example.com:25"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(typer.Exit):
        process_settings(None)
    assert "mx.example.com (KADENS_SMTP)" in capsys.readouterr().err


def test_a_dsn_of_words_may_have_no_host() -> None:
    assert database_hosts("dbname=kadens user=u") == ()
    assert database_hosts("host='/run/pg' hostaddr=127.0.0.1") == ("/run/pg", "127.0.0.1")
