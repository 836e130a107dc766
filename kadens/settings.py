"""Reads KADENS_* variables and secrets into one frozen value; no other module does.

Lower layers get plain values from `wiring` and never import this module. A missing or malformed
setting is a `SettingsError` that names the variable and what it must be.
"""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from kadens.secrets.reading import read_secrets
from kadens.secrets.values import ConnectorSecrets, Secrets, SettingsError

__all__ = [
    "ConnectorSecrets",
    "Secrets",
    "Settings",
    "SettingsError",
    "environment",
    "read_secrets",
    "read_settings",
    "storage_variables",
    "variable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process of Kadens needs to know, read once at its start.

    What each setting means is in `kadens.settings_table`; its type here decides how its variable
    is read. Times end in their unit: `_s` is seconds, `_minutes` minutes. Sizes are bytes.
    """

    kafka: str
    database: str
    bodies: str
    secrets: Secrets
    secrets_file: str = ""
    clock: str = "system"
    vendor_host: str = "127.0.0.1"
    vendor_port: int = 8801
    vendor_url: str = "http://127.0.0.1:8801"
    clinic_host: str = "127.0.0.1"
    clinic_port: int = 8802
    clinic_url: str = "http://127.0.0.1:8802"
    patient_host: str = "127.0.0.1"
    patient_port: int = 8803
    patient_url: str = "http://127.0.0.1:8803"
    clinic_demo: bool = False
    clinic_unit: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_subject_claim: str = "sub"
    oidc_unit_claim: str = "care_unit"
    oidc_role_claim: str = ""
    oidc_roles: str = ""
    oidc_purpose: str = ""
    oidc_acr: str = ""
    patient_oidc_issuer: str = ""
    patient_oidc_client_id: str = ""
    patient_oidc_number_claim: str = "personal_number"
    patient_oidc_acr: str = ""
    prescriber_roles: str = "prescriber"
    support_roles: str = "support"
    reviewer_roles: str = ""
    session_minutes: int = 480
    session_idle_minutes: int = 60
    smtp: str = ""
    mail_from: str = "kadens@localhost"
    audit_heads: str = ""
    audit_years: int = 10
    erasures: str = ""
    backup_key: str = ""
    endpoints: str = ""
    account_closing: str = "latest"
    account_warn_days: int = 30
    account_erase_days: int = 30
    worker_id: str = ""
    mock_broker: bool = False
    max_body: int = 100 * 1024 * 1024
    spool: str = ""
    spool_memory: int = 64 * 1024 * 1024
    spool_disk: int = 2048 * 1024 * 1024
    uploads: str = ""
    uploads_disk: int = 64 * 1024 * 1024 * 1024
    clinic_name: str = ""
    connections: int = 4096
    connections_per_peer: int = 2048
    trusted_proxies: str = ""
    token_rate: float = 50.0
    connector_rate: float = 0.0
    failure_rate: float = 50.0
    replay_window_s: int = 300
    commit_interval_s: float = 1.0
    stall_s: float = 60.0
    group_session_s: float = 10.0
    fetch_at_once: int = 8
    fetch_keep_days: int = 90
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0


_SECRETS = "KADENS_SECRETS_FILE"
_LEAST_AUDIT_YEARS = 5  # HSLF-FS 2016:40, chapter 4, section 9
_REQUIRED = ("kafka", "database", "bodies")
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no", ""})


def variable(name: str) -> str:
    """Return the environment variable of a setting: `vendor_port` is KADENS_VENDOR_PORT."""
    return f"KADENS_{name.upper()}"


def environment() -> dict[str, str]:
    """Return the variables of this process that are settings; other KADENS_* variables are not."""
    known = {variable(name) for name in Settings.__dataclass_fields__} | {_SECRETS}
    known |= {f"{name}_FILE" for name in known}
    return {name: value for name, value in os.environ.items() if name in known}


def installation_variables() -> dict[str, str]:
    """Return the variables that say what installation it is.

    The public key of backups is none of them: it says for whom a person seals a backup.
    """
    beside = variable("backup_key")
    return {name: text for name, text in environment().items() if not name.startswith(beside)}


def storage_variables() -> dict[str, str]:
    """Return the variables that the client of object storage reads by itself: AWS_*."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def operator() -> str:
    """Return the person of this machine who runs the program, for the audit log: "os:" and a name.

    The account is the process's own and not from a variable, which anybody may set. Only for root,
    the account behind `sudo` is taken from the environment.
    """
    uid = os.getuid()
    behind = os.environ.get("SUDO_USER", "") if uid == 0 else ""
    try:
        return f"os:{behind or pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"os:{uid}"


def read_settings(variables: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from variables, by default those of this process. Raises `SettingsError`.

    A variable `X_FILE` names a file that holds the value of X.
    """
    env = os.environ if variables is None else variables
    values: dict[str, Any] = {}
    for name, field in Settings.__dataclass_fields__.items():
        text = None if name == "secrets" else _text(env, variable(name))
        if text is not None:
            values[name] = _value(name, field.type, text)
    missing = [variable(name) for name in _REQUIRED if name not in values]
    if missing:
        raise SettingsError(f"not set: {', '.join(missing)}")
    if values.get("audit_years", _LEAST_AUDIT_YEARS) < _LEAST_AUDIT_YEARS:
        raise SettingsError(
            f"{variable('audit_years')} must be {_LEAST_AUDIT_YEARS} or more: "
            "the law keeps the log of who saw a patient's data for so long"
        )
    return Settings(secrets=read_secrets(values.get("secrets_file")), **values)


def _text(env: Mapping[str, str], name: str) -> str | None:
    if name in env:
        return env[name]
    path = env.get(f"{name}_FILE")
    if path is None or name == "KADENS_SECRETS":  # KADENS_SECRETS_FILE is a setting of its own
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE={path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{name}_FILE={path}: the file must be text") from error


def _value(name: str, kind: object, text: str) -> str | float | bool:
    try:
        if kind is int:
            return int(text)
        if kind is float:
            return _finite(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{variable(name)} must be {wanted}") from None
    return _flag(name, text) if kind is bool else text


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError
    return number


def _flag(name: str, text: str) -> bool:
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise SettingsError(f"{variable(name)} must be 1 or 0")
