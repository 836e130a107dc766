"""The only reader of the environment: KADENS_* variables and what the secrets file holds, into one frozen value.

Lower layers get plain values from `wiring`; none of them sees this module. A missing or malformed setting is a
`SettingsError` that names the variable and says what it wants.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .secrets_file import ConnectorSecrets, Secrets, SettingsError, read_secrets

__all__ = [
    "ConnectorSecrets",
    "Secrets",
    "Settings",
    "SettingsError",
    "environment",
    "read_secrets",
    "read_settings",
    "variable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process of Kadens needs to know, read once at its start."""

    kafka: str
    database: str
    bodies: str
    secrets: Secrets
    secrets_file: str = ""
    clock: str = "system"
    vendor_host: str = "127.0.0.1"
    vendor_port: int = 8801
    clinic_host: str = "127.0.0.1"
    clinic_port: int = 8802
    clinic_url: str = "http://127.0.0.1:8802"
    clinic_demo: bool = False
    clinic_unit: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_unit_claim: str = "care_unit"
    oidc_role_claim: str = ""
    oidc_roles: str = ""
    session_minutes: int = 480
    smtp: str = ""
    mail_from: str = "kadens@localhost"
    worker_id: str = ""
    mock_broker: bool = False
    max_body: int = 100 * 1024 * 1024
    replay_window_s: int = 300
    commit_interval_s: float = 1.0
    stall_s: float = 60.0
    group_session_s: float = 10.0
    metrics_port: int = 0


_INTEGERS = {"vendor_port", "clinic_port", "max_body", "replay_window_s", "metrics_port", "session_minutes"}
_FLOATS = {"commit_interval_s", "stall_s", "group_session_s"}
_FLAGS = {"clinic_demo", "mock_broker"}
_REQUIRED = ("kafka", "database", "bodies")


def variable(name: str) -> str:
    """Return the environment variable of a setting: `vendor_port` is KADENS_VENDOR_PORT."""
    return f"KADENS_{name.upper()}"


def environment() -> dict[str, str]:
    """Return the KADENS_* variables of this process."""
    return {name: value for name, value in os.environ.items() if name.startswith("KADENS_")}


def read_settings(said_environment: Mapping[str, str] | None = None) -> Settings:
    """Read KADENS_* variables; `X_FILE` names a file that holds the value of X. Raises `SettingsError`."""
    env = os.environ if said_environment is None else said_environment
    names = [name for name in Settings.__dataclass_fields__ if name != "secrets"]
    said = {name: _value(name, text) for name in names if (text := _text(env, variable(name))) is not None}
    missing = [variable(name) for name in _REQUIRED if name not in said]
    if missing:
        raise SettingsError(f"not set: {', '.join(missing)}")
    return Settings(secrets=read_secrets(said.get("secrets_file")), **said)


def _text(env: Mapping[str, str], name: str) -> str | None:
    if name in env:
        return env[name]
    path = env.get(f"{name}_FILE")
    if path is None or name == "KADENS_SECRETS":
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE={path}: {error.strerror}") from error


def _value(name: str, text: str) -> Any:  # noqa: ANN401 - one of str, int, float, bool by the tables above
    try:
        if name in _INTEGERS:
            return int(text)
        if name in _FLOATS:
            return float(text)
    except ValueError as error:
        raise SettingsError(f"{variable(name)}={text!r}: a number is wanted") from error
    return text.lower() in {"1", "true", "yes"} if name in _FLAGS else text
