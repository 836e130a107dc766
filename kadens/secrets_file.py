"""Reads, checks and watches the secrets file: TOML with the connectors' keys and our own.

No key appears in an error text, a representation or a log line. What a key is used for is not
decided here.
"""

import contextlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kadens.delivering.receivers_file import ReceiverError, receivers_of
from model.keyring import FIRST_KEY_ID, Key, KeyRing, Keys
from model.messages.outgoing import Receiver

KINDS = ("link", "wrapping", "session", "audit", "identity")
KEY_BYTES = 32  # of every key of ours
ACTIVE, ACCEPTED, RETIRED = "active", "accepted", "retired"
STATES = (ACTIVE, ACCEPTED, RETIRED)
NO_KEYS = KeyRing()
ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_HTTPS = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+")
_TEXTS = ("client_id", "client_secret", "api_key", "callback", "api")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]):\d{1,5}")


class SettingsError(ValueError):
    """A setting or a secret is missing or malformed; the text names it and never repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSecrets:
    """Secrets of one connector: `keys` are tried in turn, so that they can be rotated.

    `client_id` and `client_secret` are those of our application at the vendor, "" without one, and
    `api_key` is what some vendors want beside them. `callback` is the full address at our door that
    the vendor is told to call, "" where a person registers it. `api` is the address that is asked
    in place of the vendor's, for tests and sandboxes, "" else. `hosts` are further hosts that links
    of this vendor may lead to, and `scopes` names of scopes that are asked for beside the usual.
    """

    keys: tuple[str, ...] = ()
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    callback: str = field(default="", repr=False)
    api: str = ""
    hosts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key as it is in the file.

    `created` and `changed` (of its state) are RFC 3339 instants, "" when unknown. No process loads
    a retired key; its bytes stay in the file until a person removes them.
    """

    kind: str
    id: str
    state: str
    secret: bytes = field(default=b"", repr=False)
    created: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What must never be printed: the connectors' keys, and our own by kind.

    A ring is empty where the file has no key of that kind. `oidc_client_secret` is the secret that
    the identity provider issued to the clinician door, `patient_oidc_client_secret` that of the
    patient door. `receivers` get what leaves this system.
    """

    connectors: Mapping[str, ConnectorSecrets] = field(default_factory=dict)
    entries: tuple[KeyEntry, ...] = ()
    link_keys: KeyRing = NO_KEYS
    wrapping_keys: KeyRing = NO_KEYS
    session_keys: KeyRing = NO_KEYS
    audit_keys: KeyRing = NO_KEYS
    identity_keys: KeyRing = NO_KEYS
    oidc_client_secret: str = ""
    patient_oidc_client_secret: str = ""
    receivers: tuple[Receiver, ...] = ()

    def __repr__(self) -> str:
        return "Secrets(…)"


def read_secrets(path: str | None) -> Secrets:
    """Read a secrets file; raises `SettingsError` that names the file and the key that is wrong.

    Keys of connectors are in `[connectors.NAME] keys = [...]`. Our own keys are `[[keys]]` tables
    (kind, id, key as hex, state). A single key of a kind may also be `link_key = "hex"`,
    `wrapping_key`, `session_key`, `audit_key` or `identity_key`, and has then the id "1".
    """
    if not path:
        return Secrets()
    try:
        loads = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"KADENS_SECRETS_FILE={path}: {type(error).__name__}, no TOML file"
        ) from error
    try:
        return secrets_of(loads)
    except SettingsError as error:
        raise SettingsError(f"KADENS_SECRETS_FILE={path}: {error}") from error


def secrets_of(values: Mapping[str, Any]) -> Secrets:
    """Return what a parsed secrets file holds; raises `SettingsError` that names the wrong key."""
    entries = entries_of(values)
    rings = {f"{kind}_keys": _ring(kind, entries) for kind in KINDS}
    return Secrets(
        connectors=_connectors(values.get("connectors", {})),
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


def entries_of(values: Mapping[str, Any]) -> tuple[KeyEntry, ...]:
    """Return our own keys in a parsed file, single keys first; raises `SettingsError`."""
    plain = [_plain(kind, values[f"{kind}_key"]) for kind in KINDS if values.get(f"{kind}_key")]
    rows = values.get("keys", [])
    if not isinstance(rows, list):
        raise SettingsError("keys: tables [[keys]] are wanted")
    entries = (*plain, *map(_entry, rows))
    # The id is stored beside what a key has made, so it must name one key.
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if (entry.kind, entry.id) in seen:
            raise SettingsError(f"two keys of kind {entry.kind} have the id {entry.id}")
        seen.add((entry.kind, entry.id))
    return entries


def _plain(kind: str, text: object) -> KeyEntry:
    return KeyEntry(kind=kind, id=FIRST_KEY_ID, state=ACTIVE, secret=_bytes(f"{kind}_key", text))


def _entry(row: object) -> KeyEntry:
    result = row if isinstance(row, dict) else {}
    kind, id_, state = (result.get(name) for name in ("kind", "id", "state"))
    if kind not in KINDS:
        raise SettingsError(f"[[keys]]: a kind of {', '.join(KINDS)} is wanted")
    if not isinstance(id_, str) or not ID.fullmatch(id_):
        raise SettingsError(
            f"[[keys]] of kind {kind}: an id of up to 16 letters, digits, - and _ is wanted"
        )
    if state not in STATES:
        raise SettingsError(f"[[keys]] {kind} {id_}: a state of {', '.join(STATES)} is wanted")
    secret = (
        b""
        if state == RETIRED and not result.get("key")
        else _bytes(f"[[keys]] {kind} {id_}", result.get("key"))
    )
    times = {name: str(result.get(name, "")) for name in ("created", "changed")}
    return KeyEntry(kind=kind, id=id_, state=state, secret=secret, **times)


def _bytes(name: str, text: object) -> bytes:
    try:
        secret = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        raise SettingsError(
            f"{name}: {KEY_BYTES} random bytes as hex are wanted (openssl rand -hex 32)"
        ) from None
    if len(secret) != KEY_BYTES:
        wanted = f"{KEY_BYTES} random bytes as hex are wanted (openssl rand -hex 32)"
        raise SettingsError(f"{name}: {wanted}; these are {len(secret)}")
    return secret


def _ring(kind: str, entries: tuple[KeyEntry, ...]) -> KeyRing:
    active: list[Key] = []
    accepted: list[Key] = []
    by_state = {ACTIVE: active, ACCEPTED: accepted}  # a retired key is in neither
    for entry in entries:
        if entry.kind == kind and entry.state in by_state:
            by_state[entry.state].append(Key(id=entry.id, secret=entry.secret))
    if (active or accepted) and len(active) != 1:
        raise SettingsError(f"one active key of kind {kind} is wanted; there are {len(active)}")
    # The first key of a ring is the one that new data are made with.
    return KeyRing((*active, *accepted))


def _connectors(value: object) -> dict[str, ConnectorSecrets]:
    if not isinstance(value, dict):
        raise SettingsError("connectors: tables [connectors.NAME] are wanted")
    return {name: _connector(name, row) for name, row in value.items()}


def _connector(name: str, row: object) -> ConnectorSecrets:
    values = row if isinstance(row, dict) else {}
    client = {word: values.get(word, "") for word in _TEXTS}
    for word, text in client.items():
        if not isinstance(text, str):
            raise SettingsError(f"[connectors.{name}]: {word} is a text")
    if bool(client["client_id"]) is not bool(client["client_secret"]):
        raise SettingsError(f"[connectors.{name}]: client_id and client_secret belong together")
    if client["api"] and not is_api_address(client["api"]):
        raise SettingsError(
            f"[connectors.{name}]: api is https://NAME, or http:// on a loopback address for tests"
        )
    if client["callback"] and not is_callback(client["callback"]):
        raise SettingsError(
            f"[connectors.{name}]: callback is an https address, or http:// on loopback for tests"
        )
    hosts = _hosts(name, values.get("hosts", []))
    keys = values.get("keys")
    # Some vendors give the key only after they have our client's id and secret, and a fetcher needs
    # no key of the door.
    if keys is None and (client["client_id"] or client["api_key"] or hosts):
        keys = []
    # Anybody can sign with an empty key, so one is refused.
    elif (
        not isinstance(keys, list)
        or not keys
        or not all(isinstance(key, str) and key for key in keys)
    ):
        raise SettingsError(
            f"[connectors.{name}]: keys = [...] with a key that is not empty is wanted"
        )
    _check_keys(name, keys)
    scopes = values.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise SettingsError(f"[connectors.{name}]: scopes is a list of names")
    return ConnectorSecrets(keys=tuple(keys), hosts=hosts, scopes=tuple(scopes), **client)


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


class LiveSecrets:
    """The secrets as they are in the file now, so that a rotation needs no restart.

    A broken or missing file is logged once, and the previous secrets stay in use.
    """

    def __init__(self, path: str, secrets: Secrets) -> None:
        """Take the path ("" for secrets that never change) and the secrets read from it."""
        self._path, self._secrets = Path(path) if path else None, secrets
        self._seen: tuple[int, ...] | None = None

    def now(self) -> Secrets:
        """Return the secrets; reads the file again when its inode, time or size differ."""
        mark = self._mark()
        if self._path is not None and mark != self._seen:
            # Noted before reading, so that a broken file is read and logged only once.
            self._seen = mark
            try:
                self._secrets = read_secrets(str(self._path))
            except SettingsError as error:
                # A process whose file is well never loads what writes log lines.
                from runtime.log_lines import get_logger  # noqa: PLC0415 - see above

                get_logger(__name__).warning("the secrets stay as they were", reason=str(error))
        return self._secrets

    def keys(self, kind: str) -> Keys:
        """Return the function that gives the current ring of a kind."""
        return lambda: getattr(self.now(), f"{kind}_keys")

    def _mark(self) -> tuple[int, ...]:
        with contextlib.suppress(OSError):
            if self._path is not None:
                result = self._path.stat()
                return result.st_ino, result.st_mtime_ns, result.st_size
        return ()
