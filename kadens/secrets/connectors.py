"""Reads the tables `[connectors.NAME]` of a parsed secrets file, and checks each.

An error names the table and the word that is wrong, and never repeats a key.
"""

import re
from collections.abc import Mapping
from typing import Any

from kadens.secrets.values import ConnectorSecrets, SettingsError

_HTTPS = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]):\d{1,5}")
_TEXTS = ("client_id", "client_secret", "api_key", "callback", "api")


def connectors_of(value: object) -> dict[str, ConnectorSecrets]:
    """Return the secrets of each connector by its name; raises `SettingsError`."""
    if not isinstance(value, dict):
        raise SettingsError("connectors: must be tables [connectors.NAME]")
    return {name: _connector(name, row) for name, row in value.items()}


def _connector(name: str, row: object) -> ConnectorSecrets:
    values = row if isinstance(row, dict) else {}
    texts = _texts(name, values)
    hosts = _hosts(name, values.get("hosts", []))
    is_fetched = bool(texts["client_id"] or texts["api_key"] or hosts)
    keys = _keys(name, values.get("keys"), may_lack=is_fetched)
    scopes = values.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise SettingsError(f"[connectors.{name}]: scopes is a list of names")
    return ConnectorSecrets(keys=keys, hosts=hosts, scopes=tuple(scopes), **texts)


def _texts(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is said of our application at the vendor, "" for what is not there."""
    texts = {word: values.get(word, "") for word in _TEXTS}
    for word, text in texts.items():
        if not isinstance(text, str):
            raise SettingsError(f"[connectors.{name}]: {word} is a text")
    if bool(texts["client_id"]) is not bool(texts["client_secret"]):
        raise SettingsError(f"[connectors.{name}]: client_id and client_secret belong together")
    if texts["api"] and not is_api_address(texts["api"]):
        raise SettingsError(
            f"[connectors.{name}]: api is https://NAME, or http:// on a loopback address for tests"
        )
    if texts["callback"] and not is_callback(texts["callback"]):
        raise SettingsError(
            f"[connectors.{name}]: callback is an https address, or http:// on loopback for tests"
        )
    return texts


def _keys(
    name: str,
    value: Any,  # noqa: ANN401 - as TOML has it
    *,
    may_lack: bool,
) -> tuple[str, ...]:
    """Return the keys of the door.

    They `may_lack` where the vendor is fetched from: some vendors give the key only after they have
    our client's id and secret, and a fetcher needs no key of the door.
    """
    if value is None and may_lack:
        return ()
    # Anybody can sign with an empty key, so one is refused.
    is_list = isinstance(value, list) and bool(value)
    if not is_list or not all(isinstance(key, str) and key for key in value):
        raise SettingsError(
            f"[connectors.{name}]: keys = [...] must have a key, and none that is empty"
        )
    _check_keys(name, value)
    return tuple(value)


def _hosts(name: str, value: object) -> tuple[str, ...]:
    """Return the names of hosts, each complete: a pattern would let in what nobody has seen."""
    listed = value if isinstance(value, list) else [None]
    for host in listed:
        if not isinstance(host, str) or not _HTTPS.fullmatch(f"https://{host}"):
            raise SettingsError(f"[connectors.{name}]: hosts are complete names, such as a.example")
    return tuple(listed)


def is_api_address(text: str) -> bool:
    """Return whether an address may be asked in place of a vendor's own.

    https may be, and plain http only on a loopback address, where it does not leave the machine.
    """
    return bool(_HTTPS.fullmatch(text) or _LOOPBACK.fullmatch(text))


def is_callback(text: str) -> bool:
    """Return whether a vendor may be told to call an address: one of https, in tests of loopback.

    It may have a path and a query, but no user.
    """
    host = re.match(r"[a-z]+://[^/?#]+", text)
    plain = text.isascii() and text.isprintable() and not set(' "#<>\\^`{|}') & set(text)
    return host is not None and plain and is_api_address(host[0])


def _check_keys(name: str, keys: list[str]) -> None:
    """Raise `SettingsError` where a key does not have the form that the connector needs."""
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - not without connectors' keys

    for row in CONNECTORS:
        for key in keys if row.name == name else ():
            try:
                row.proof.check_key(key)
            except ValueError as error:
                raise SettingsError(f"[connectors.{name}]: {error}") from None
