"""Reads and checks the secrets file: TOML with the connectors' keys and our own.

No key appears in an error text. What a key is used for is not decided here.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kadens.delivering.receivers_file import ReceiverError, receivers_of
from kadens.output.file_errors import file_error
from kadens.secrets.connectors import connectors_of
from kadens.secrets.own_keys import entries_of, ring_of
from kadens.secrets.values import KINDS, Secrets, SettingsError
from model.messages.outgoing import Receiver


def read_secrets(path: str | None, named: str = "") -> Secrets:
    """Read a secrets file; raises `SettingsError` that names the file and the key that is wrong.

    `named` is how its user named it; without it that is the variable.

    Keys of connectors are in `[connectors.NAME] keys = [...]`. Our own keys are `[[keys]]` tables
    (kind, id, key as hex, state). A single key of a kind may also be `link_key = "hex"`,
    `wrapping_key`, `session_key`, `audit_key` or `identity_key`, and has then the id "1".
    """
    if not path:
        return Secrets()
    named = named or f"KADENS_SECRETS_FILE={path}"
    try:
        loads = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{named}: {file_error(error)}") from error
    try:
        return secrets_of(loads)
    except SettingsError as error:
        raise SettingsError(f"{named}: {error}") from error


def secrets_of(values: Mapping[str, Any]) -> Secrets:
    """Return what a parsed secrets file holds; raises `SettingsError` that names the wrong key."""
    entries = entries_of(values)
    rings = {f"{kind}_keys": ring_of(kind, entries) for kind in KINDS}
    return Secrets(
        connectors=connectors_of(values.get("connectors", {})),
        entries=entries,
        oidc_client_secret=str(values.get("oidc_client_secret", "")),
        patient_oidc_client_secret=str(values.get("patient_oidc_client_secret", "")),
        receivers=_receivers(values.get("delivery", {})),
        **rings,
    )


def _receivers(value: object) -> tuple[Receiver, ...]:
    try:
        return receivers_of(value)
    except ReceiverError as error:
        raise SettingsError(str(error)) from None
