"""The files of `kadens up` in its data folder: secrets, and `runtime.json` for other commands.

Secrets are in a file that only its owner may read. `runtime.json` names that file and has no
secret.
"""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path

from kadens.secrets.writing import new_secret, replace_file
from kadens.settings import Secrets, read_secrets
from model.codec import dumps

SECRETS, RUNTIME = "secrets.toml", "runtime.json"
MIGRATING = "migrating"  # in `runtime.json`
KEYED = ("pg", "bodies")  # folders in a data folder that only the keys can open
OUR_KINDS = ("link", "wrapping", "audit", "identity")  # kinds of keys of ours that are made
SIGNED = ("open_wearables", "reports")  # connectors that get a key of their own


def secrets_in(data: Path) -> tuple[Path, Secrets]:
    """Return the secrets file of a data folder (0600), made if missing, and what it holds."""
    path = data / SECRETS
    if not path.exists():
        replace_file(path, _fresh())
    return path, read_secrets(str(path))


def leftovers(data: Path) -> str:
    """Return what only lost keys could open, in a folder without its secrets; "" for nothing."""
    if (data / SECRETS).exists():
        return ""
    return next((name for name in KEYED if _holds_files(data / name)), "")


def write_runtime(
    data: Path,
    environment: Mapping[str, str],
    addresses: Mapping[str, str],
    migrating: Mapping[str, str] | None = None,
) -> Path:
    """Write all addresses; other commands take `environment` as their settings.

    `migrating` are the settings of the commands that change the schema or rewrite the tables,
    where they differ: what the other commands use has no right to do so.
    """
    path = data / RUNTIME
    path.touch(mode=0o600)
    content = {"environment": environment, "addresses": addresses, MIGRATING: migrating or {}}
    path.write_bytes(dumps({name: dict(values) for name, values in content.items()}))
    return path


def forget_runtime(data: Path) -> None:
    """Remove `runtime.json`: nothing runs any more."""
    (data / RUNTIME).unlink(missing_ok=True)


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _fresh() -> str:
    keys = "".join(f'\n[connectors.{name}]\nkeys = ["{_webhook_key()}"]\n' for name in SIGNED)
    own = "".join(f'{kind}_key = "{new_secret().hex()}"\n' for kind in OUR_KINDS)
    return f"{own}{keys}"


def _webhook_key() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
