"""The only reader of the environment: KADENS_* variables and what the secrets file holds, into one frozen value.

Lower layers get plain values from `wiring`; none of them sees this module. A missing or malformed setting is a
`SettingsError` that names the variable and says what it wants.
"""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kadens.secrets_file import ConnectorSecrets, Secrets, SettingsError, read_secrets

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
    """Everything a process of Kadens needs to know, read once at its start.

    `spool` is a folder for bodies on their way in, on a disk that holds twice `spool_disk` bytes; left
    empty, they lie on the body store's disk or, where that is no folder, in the system's own for
    temporary files. Rates are events a second, 0 for no limit: `token_rate` for one patient's link tokens and
    `connector_rate` for one connector, ten times as many at once; `failure_rate` for failed requests
    of one address, twice as many at once. `trusted_proxies` are addresses and networks, separated by
    commas, that may have any number of connections and name the address they speak for.
    """

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
    session_idle_minutes: int = 60
    smtp: str = ""
    mail_from: str = "kadens@localhost"
    worker_id: str = ""
    mock_broker: bool = False
    max_body: int = 100 * 1024 * 1024
    spool: str = ""
    spool_memory: int = 64 * 1024 * 1024
    spool_disk: int = 2048 * 1024 * 1024
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
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0


_INTEGERS = {
    "vendor_port", "clinic_port", "max_body", "replay_window_s", "metrics_port", "session_minutes",
    "session_idle_minutes", "spool_memory", "spool_disk", "connections", "connections_per_peer",
}  # fmt: skip
_FLOATS = {
    "commit_interval_s",
    "stall_s",
    "group_session_s",
    "token_rate",
    "connector_rate",
    "failure_rate",
}
_FLAGS = {"clinic_demo", "mock_broker"}
_SECRETS = "KADENS_SECRETS_FILE"
_REQUIRED = ("kafka", "database", "bodies")


def variable(name: str) -> str:
    """Return the environment variable of a setting: `vendor_port` is KADENS_VENDOR_PORT."""
    return f"KADENS_{name.upper()}"


def environment() -> dict[str, str]:
    """Return the variables of this process that are settings; KADENS_* variables that are none are left out."""
    known = {variable(name) for name in Settings.__dataclass_fields__}
    matches = {name: value for name, value in os.environ.items() if name.startswith("KADENS_")}
    return {
        name: value
        for name, value in matches.items()
        if name == _SECRETS or name.removesuffix("_FILE") in known
    }


def operator() -> str:
    """Return which person of this machine runs the program, for the audit log: "os:" and the account's name.

    The account is the process's own, not what a variable says; only root is asked whose `sudo` it came by.
    """
    uid = os.getuid()
    behind = os.environ.get("SUDO_USER", "") if uid == 0 else ""
    try:
        return f"os:{behind or pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"os:{uid}"


def read_settings(said_environment: Mapping[str, str] | None = None) -> Settings:
    """Read KADENS_* variables; `X_FILE` names a file that holds the value of X. Raises `SettingsError`."""
    env = os.environ if said_environment is None else said_environment
    names = [name for name in Settings.__dataclass_fields__ if name != "secrets"]
    result = {
        name: _value(name, text)
        for name in names
        if (text := _text(env, variable(name))) is not None
    }
    missing = [variable(name) for name in _REQUIRED if name not in result]
    if missing:
        raise SettingsError(f"not set: {', '.join(missing)}")
    return Settings(secrets=read_secrets(result.get("secrets_file")), **result)


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
