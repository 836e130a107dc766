"""What `kadens up` leaves in its data folder: secrets made once, and `runtime.json` for the other commands.

Secrets stay in a file that only its owner may read; `runtime.json` names that file and holds none.
"""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path

from .model.codec import dumps
from .settings import Secrets, read_secrets

SECRETS, RUNTIME = "secrets.toml", "runtime.json"
SIGNED = ("open_wearables", "reports")  # connectors that get a key of their own


def secrets_in(data: Path) -> tuple[Path, Secrets]:
    """Return the secrets file of a data folder, made (0600) when there is none, and what it holds."""
    path = data / SECRETS
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(_fresh(), encoding="utf-8")
    return path, read_secrets(str(path))


def write_runtime(data: Path, environment: Mapping[str, str], addresses: Mapping[str, str]) -> Path:
    """Write where everything is; other commands take `environment` as their settings."""
    path = data / RUNTIME
    path.touch(mode=0o600)
    path.write_bytes(dumps({"environment": dict(environment), "addresses": dict(addresses)}))
    return path


def forget_runtime(data: Path) -> None:
    """Remove `runtime.json`: nothing runs any more."""
    (data / RUNTIME).unlink(missing_ok=True)


def _fresh() -> str:
    keys = "".join(f'\n[connectors.{name}]\nkeys = ["{_webhook_key()}"]\n' for name in SIGNED)
    return f'link_key = "{secrets.token_hex(32)}"\nwrapping_key = "{secrets.token_hex(32)}"\n{keys}'


def _webhook_key() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
