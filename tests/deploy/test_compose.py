"""What the compose files promise: pinned images, health checks, secret files, who reaches whom.

There is no container engine in the tests: the files are read, nothing is started.
"""

import re
import stat
import subprocess
import tomllib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

from kadens.settings import SettingsError, read_settings, variable
from kadens.wiring.clinic import clinic_door
from storage.pg.roles import ADMIN, CLINIC, FETCHER, PATIENT_DOOR, WORKER
from tests.rooms import ROOMS, ROOT
from tests.rows import cells_of, values_of

_OURS = {"migrate", "vendor-door", "worker", "uploads", "fetcher", "clinician-door"}
_OURS |= {"patient-door", "admin"}


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # for the same reason
    """YAML as compose reads it: `!reset` empties what a file before has set."""


Loader.add_constructor("!reset", lambda loader, node: loader.construct_sequence(node))


def _load(name: str) -> dict[str, Any]:
    text = (ROOT / name).read_text()
    values: dict[str, Any] = yaml.load(text, Loader)  # noqa: S506 - a safe loader with one more tag
    return values


COMPOSE = _load("docker-compose.yml")
TLS = _load("deploy/compose.tls.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
_ALL = [*SERVICES.items(), ("tls", TLS["services"]["tls"])]
_NAMES = cells_of(_ALL, 0)


def reach(service: str) -> set[str]:
    """Give the services that share a network with a service."""
    own = set(SERVICES[service]["networks"])
    return {
        name for name, row in SERVICES.items() if name != service and own & set(row["networks"])
    }


def environment(service: str, secrets: Path) -> dict[str, str]:
    """Give what a service finds in its environment, with its secret files in a local folder."""
    result = {
        name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)
        for name, value in SERVICES[service]["environment"].items()
    }
    return {name: value.replace("/run/secrets", str(secrets)) for name, value in result.items()}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that a copy of make-secrets filled."""
    folder = tmp_path_factory.mktemp("deploy")
    script = folder / "make-secrets"
    script.write_bytes((ROOT / "deploy/make-secrets").read_bytes())
    script.chmod(0o755)
    result = subprocess.run([script], check=True, capture_output=True, text=True)
    for file in (folder / "secrets").iterdir():
        for word in re.findall(r"[0-9a-f]{64}", file.read_text()):
            assert word not in result.stderr + result.stdout
    return folder / "secrets"


@pytest.mark.parametrize(("name", "service"), _ALL, ids=_NAMES)
def test_images_are_pinned(name: str, service: Mapping[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*", service["image"]), name


def test_our_image_is_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {SERVICES[name]["image"] for name in _OURS} == {f"kadens:{version}"}


def test_base_images_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert bases
    for base in bases:
        assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base)


@pytest.mark.parametrize(("name", "service"), _ALL, ids=_NAMES)
def test_a_service_is_watched_or_runs_once(name: str, service: Mapping[str, Any]) -> None:
    once = service.get("restart") == "no"
    if "profiles" in service:  # run by a person, and waited for by that person
        assert once
        return
    assert once != bool(service.get("healthcheck", {}).get("test")), name
    waited = set()
    for row in SERVICES.values():
        waited.add(row.get("depends_on", {}).get(name, {}).get("condition"))
    assert ("service_completed_successfully" in waited) == once


@pytest.mark.parametrize("name", sorted(_OURS))
def test_our_services_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER 10001", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(("name", "service"), _ALL, ids=_NAMES)
def test_no_secret_stands_in_the_file(name: str, service: Mapping[str, Any]) -> None:
    for key, value in service.get("environment", {}).items():
        if re.search("PASSWORD|SECRET|TOKEN|KEY|DSN", key):
            assert key.endswith("_FILE"), (name, key)
            assert value.startswith("/run/secrets/")
        assert not re.search(r"://[^/]*:[^/]*@", value), (name, key)


def test_secrets_are_files_outside_the_repository() -> None:
    for row in COMPOSE["secrets"].values():
        assert set(row) == {"file"}
        assert row["file"].startswith("deploy/secrets/")
    assert "/secrets/" in (ROOT / "deploy/.gitignore").read_text().split()
    named = chain.from_iterable(row.get("secrets", []) for row in SERVICES.values())
    used = {secret["source"] if isinstance(secret, dict) else secret for secret in named}
    assert used == set(COMPOSE["secrets"])


def test_the_vendor_door_reaches_the_log_and_nothing_else() -> None:
    assert "kafka" in reach("vendor-door")
    assert not reach("vendor-door") & {"database", "clinician-door", "mail"}
    assert SERVICES["vendor-door"]["volumes"] == [
        "bodies:/var/lib/kadens/bodies",
        "uploads:/var/lib/kadens/uploads",
    ]
    assert COMPOSE["networks"]["internet"]["driver_opts"] == {
        "com.docker.network.bridge.enable_ip_masquerade": "false"
    }


def test_the_clinician_door_reaches_the_database_and_nothing_else() -> None:
    assert "database" in reach("clinician-door")
    assert not reach("clinician-door") & {"kafka", "vendor-door", "mail"}
    assert "volumes" not in SERVICES["clinician-door"]


def test_log_and_store_are_closed_to_the_outside() -> None:
    for name in ("kafka", "database"):
        assert "ports" not in SERVICES[name]
        for network in SERVICES[name]["networks"]:
            assert (COMPOSE["networks"][network] or {}).get("internal")


def test_what_is_published_is_published_on_loopback_or_behind_tls() -> None:
    for row in SERVICES.values():
        for port in row.get("ports", []):
            assert port.startswith("127.0.0.1:")
    closed = {name for name, row in TLS["services"].items() if row.get("ports") == []}
    assert closed == {name for name, row in SERVICES.items() if row.get("ports")}


def test_only_behind_the_vendor_door_no_key_opens_what_is_stored(secrets: Path) -> None:
    door = read_settings(environment("vendor-door", secrets)).secrets
    assert (bool(door.link_keys), bool(door.wrapping_keys)) == (True, False)
    worker = read_settings(environment("worker", secrets)).secrets
    assert (worker.link_keys, bool(worker.wrapping_keys)) == (door.link_keys, True)


def test_the_fetcher_opens_tokens_and_speaks_for_nobody_at_a_door(secrets: Path) -> None:
    fetcher = read_settings(environment("fetcher", secrets)).secrets
    worker = read_settings(environment("worker", secrets)).secrets
    assert (bool(fetcher.link_keys), bool(fetcher.session_keys)) == (False, False)
    assert fetcher.wrapping_keys == worker.wrapping_keys
    assert {"kafka", "database"} <= reach("fetcher")


def test_the_patient_door_opens_tokens_and_nothing_of_the_other_doors(secrets: Path) -> None:
    own = read_settings(environment("patient-door", secrets)).secrets
    worker = read_settings(environment("worker", secrets)).secrets
    clinic = read_settings(environment("clinician-door", secrets)).secrets
    assert not own.link_keys
    assert not own.audit_keys
    # who has the cookies' key of one door makes no cookie of the other
    assert own.session_keys.active != clinic.session_keys.active
    assert (own.wrapping_keys, own.identity_keys) == (worker.wrapping_keys, worker.identity_keys)
    assert not clinic.identity_keys
    assert {"database", "kafka"} <= reach("patient-door")
    assert "mail" not in reach("patient-door")
    assert "volumes" not in SERVICES["patient-door"]


def test_only_the_clinician_door_signs_sessions_and_it_speaks_for_nobody(secrets: Path) -> None:
    clinic = read_settings(environment("clinician-door", secrets)).secrets
    worker = read_settings(environment("worker", secrets)).secrets
    assert (bool(clinic.link_keys), clinic.connectors, clinic.wrapping_keys) == (
        False,
        {},
        worker.wrapping_keys,
    )
    assert (bool(clinic.session_keys), bool(worker.session_keys)) == (True, False)
    assert len({clinic.session_keys, clinic.wrapping_keys, worker.link_keys}) == 3


def test_the_clinician_door_opens_once_a_provider_and_its_secret_are_named(secrets: Path) -> None:
    result = environment("clinician-door", secrets)
    with pytest.raises(SettingsError, match="KADENS_OIDC_ISSUER"):
        clinic_door(read_settings(result))
    result["KADENS_OIDC_ISSUER"] = "https://id.example.org/realms/hospital"
    with pytest.raises(SettingsError, match="oidc_client_secret"):
        clinic_door(read_settings(result))
    file = secrets / "clinic.filled"
    file.write_text(
        (secrets / "clinic.toml").read_text().replace('secret = ""', 'secret = "given"')
    )
    assert (
        clinic_door(read_settings({**result, "KADENS_SECRETS_FILE": str(file)}))
        .openapi()["openapi"]
        .startswith("3.1")
    )
    file.unlink()


@pytest.mark.parametrize("name", sorted(_OURS))
def test_the_settings_of_each_process_are_read(name: str, secrets: Path) -> None:
    result = environment(name, secrets)
    known = set(map(variable, read_settings(result).__dataclass_fields__)) | {"KADENS_SECRETS"}
    assert {key.removesuffix("_FILE") for key in result} <= known


def test_doors_and_database_agree_on_ports_and_password(secrets: Path) -> None:
    settings = read_settings(environment("worker", secrets))
    password = (secrets / "postgres_password").read_text()
    administrator = read_settings(environment("migrate", secrets)).database
    assert administrator == f"postgresql://kadens:{password}@database:5432/kadens"
    assert len(password) == 64
    for name, port in (
        ("vendor-door", settings.vendor_port),
        ("clinician-door", settings.clinic_port),
        ("patient-door", settings.patient_port),
    ):
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
        assert f":{port}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


def test_each_process_logs_in_as_itself_and_none_as_the_administrator(secrets: Path) -> None:
    logins = (secrets / "logins.sql").read_text()
    seen = set()
    services = {"worker": WORKER, "clinician-door": CLINIC, "admin": ADMIN, "fetcher": FETCHER}
    services["patient-door"] = PATIENT_DOOR
    for service, role in services.items():
        result = urlsplit(read_settings(environment(service, secrets)).database)
        assert result.username == f"{role}_login"
        assert (
            f"create role {role}_login login password '{result.password}';\n"
            f"grant {role} to {role}_login;" in logins
        )
        seen.add(result.password)
    assert len(seen) == 5
    assert read_settings(environment("vendor-door", secrets)).database == ""
    assert "superuser" not in logins


def test_secrets_are_drawn_once(secrets: Path) -> None:
    before = {file.name: file.read_bytes() for file in secrets.iterdir()}
    subprocess.run([secrets.parent / "make-secrets"], check=True, capture_output=True)
    assert before == {file.name: file.read_bytes() for file in secrets.iterdir()}
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o444}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700


def test_the_image_holds_every_source_folder_and_no_more() -> None:
    wanted = set(ROOMS)
    copied = set(
        re.findall(r"^COPY (\w+) \1$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    )
    lines = (ROOT / "deploy/Dockerfile.dockerignore").read_text().split()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert copied == wanted
    assert wanted <= allowed
    assert lines[0] == "*"
    assert not allowed & set(values_of(ROOT.glob(".*"), "name"))
