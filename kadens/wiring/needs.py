"""What every process asks of the settings, with an error where it is missing or unsafe."""

# ruff: noqa: PLC0415 - a process loads only what it builds
from typing import TYPE_CHECKING

from kadens.secrets.live import LiveSecrets
from kadens.settings import Settings, SettingsError

if TYPE_CHECKING:
    from model.keyring import Keys


def needed(settings: Settings, name: str) -> str:
    """Return a setting that the process needs; raises `SettingsError` when it is empty."""
    value: str = getattr(settings, name)
    if not value:
        raise SettingsError(f"KADENS_{name.upper()} is empty, and this process needs it")
    return value


def keys_of(settings: Settings, kind: str) -> "Keys":
    """Return the function that gives the current keys of a kind; `SettingsError` without any."""
    keys = LiveSecrets(settings.secrets_file, settings.secrets).keys(kind)
    if not keys():
        raise SettingsError(
            f"the secrets file has no {kind}_key: add 32 random bytes as hex (openssl rand -hex 32)"
        )
    return keys


def check_safe(settings: Settings, *names: str) -> None:
    """Raise `SettingsError` for an address over which a secret could be read."""
    from web.sign_in.provider import is_safe

    for name in names:
        address = getattr(settings, name)
        if not is_safe(address):
            raise SettingsError(
                f"KADENS_{name.upper()}={address}: must be https (http on loopback only)"
            )


def words_of(listed: str) -> tuple[str, ...]:
    """Return the words of a list with commas between."""
    # A trailing comma must not make a role without a name.
    return tuple(word for part in listed.split(",") if (word := part.strip()))
