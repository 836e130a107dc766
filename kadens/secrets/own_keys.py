"""Reads our own keys out of a parsed secrets file, and makes the ring of each kind.

An error names the key that is wrong, and never repeats its bytes.
"""

import re
from collections.abc import Mapping
from typing import Any

from kadens.secrets.values import ACCEPTED, ACTIVE, KINDS, RETIRED, KeyEntry, SettingsError
from model.keyring import FIRST_KEY_ID, Key, KeyRing

KEY_BYTES = 32  # of every key of ours
_STATES = (ACTIVE, ACCEPTED, RETIRED)
_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_WANTED = f"must be {KEY_BYTES} random bytes as hex (openssl rand -hex 32)"


def entries_of(values: Mapping[str, Any]) -> tuple[KeyEntry, ...]:
    """Return our own keys in a parsed file, single keys first; raises `SettingsError`."""
    plain = [_plain(kind, values[f"{kind}_key"]) for kind in KINDS if values.get(f"{kind}_key")]
    rows = values.get("keys", [])
    if not isinstance(rows, list):
        raise SettingsError("keys: must be tables [[keys]]")
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
        raise SettingsError(f"[[keys]]: kind must be one of {', '.join(KINDS)}")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        raise SettingsError(
            f"[[keys]] of kind {kind}: id must be up to 16 letters, digits, - and _"
        )
    if state not in _STATES:
        raise SettingsError(f"[[keys]] {kind} {id_}: state must be one of {', '.join(_STATES)}")
    text, secret = result.get("key"), b""
    if text or state != RETIRED:
        secret = _bytes(f"[[keys]] {kind} {id_}", text)
    times = {name: str(result.get(name, "")) for name in ("created", "changed")}
    return KeyEntry(kind=kind, id=id_, state=state, secret=secret, **times)


def _bytes(name: str, text: object) -> bytes:
    try:
        secret = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        raise SettingsError(f"{name}: {_WANTED}") from None
    if len(secret) != KEY_BYTES:
        raise SettingsError(f"{name}: {_WANTED}; these are {len(secret)}")
    return secret


def ring_of(kind: str, entries: tuple[KeyEntry, ...]) -> KeyRing:
    """Return the ring of a kind, the active key first; raises `SettingsError`."""
    active: list[Key] = []
    accepted: list[Key] = []
    by_state = {ACTIVE: active, ACCEPTED: accepted}  # a retired key is in neither
    for entry in entries:
        if entry.kind == kind and entry.state in by_state:
            by_state[entry.state].append(Key(id=entry.id, secret=entry.secret))
    if (active or accepted) and len(active) != 1:
        raise SettingsError(f"there must be one active key of kind {kind}; there are {len(active)}")
    # The first key of a ring is the one that new data are made with.
    return KeyRing((*active, *accepted))
