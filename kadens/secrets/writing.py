"""Rewrites the keys of a secrets file, durably and for its owner only; all else in it stays.

It makes keys and changes their states, and never shows a key. A lock admits one writer at a time.
"""

import fcntl
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kadens.secrets.own_keys import KEY_BYTES, entries_of
from kadens.secrets.reading import secrets_of
from kadens.secrets.values import ACCEPTED, ACTIVE, KINDS, RETIRED, KeyEntry, SettingsError

_PLAIN = re.compile(rf"^[ \t]*({'|'.join(KINDS)})_key[ \t]*=.*\n?", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\[\[keys\]\][^\n]*\n(?:(?![ \t]*\[)[^\n]*\n?)*", re.MULTILINE)
Change = Callable[[tuple[KeyEntry, ...]], tuple[KeyEntry, ...]]


def with_new_key(
    entries: Sequence[KeyEntry], kind: str, fresh: bytes, at: str
) -> tuple[KeyEntry, ...]:
    """Return the keys with a new active key of `kind`; the previous becomes accepted.

    `at` is the instant of the change in RFC 3339.
    """
    kept = tuple(
        _aged(entry, at) if (entry.kind, entry.state) == (kind, ACTIVE) else entry
        for entry in entries
    )
    id_ = _next_id(entries, kind)
    return (*kept, KeyEntry(kind=kind, id=id_, state=ACTIVE, secret=fresh, created=at, changed=at))


def with_retired_key(
    entries: Sequence[KeyEntry], kind: str, id_: str, at: str
) -> tuple[KeyEntry, ...]:
    """Return the keys with an accepted key retired.

    Raises `SettingsError` for the active key, and for a key that does not exist.
    """
    retired = next((entry for entry in entries if (entry.kind, entry.id) == (kind, id_)), None)
    if retired is None:
        raise SettingsError(f"there is no {kind} key {id_}")
    if retired.state != ACCEPTED:
        raise SettingsError(
            f"the {kind} key {id_} is {retired.state}; only an accepted one can be retired"
        )
    return tuple(
        replace(entry, state=RETIRED, changed=at) if entry is retired else entry
        for entry in entries
    )


def new_secret() -> bytes:
    """Return a new random key."""
    return secrets.token_bytes(KEY_BYTES)


def rewrite_secrets(path: Path, change: Change) -> tuple[KeyEntry, ...]:
    """Change the keys of a file and return them; the file is replaced completely or not at all.

    Raises `SettingsError` for a file that is not understood, OSError where it cannot be replaced.
    """
    with _alone(path.parent):
        before = path.read_text(encoding="utf-8")
        entries = change(entries_of(tomllib.loads(before)))
        after = _edited(before, entries)
        replace_file(path, after)
    return entries


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a crash leaves either the old or the new file.

    Only its owner may read a new file. An existing file keeps its mode.
    """
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    # Without this, a power cut could undo the rename.
    sync_folder(path.parent)


def _edited(text: str, entries: Sequence[KeyEntry]) -> str:
    """Return the file's text with its keys replaced; all else is checked to be unchanged."""
    # The text is edited instead of written anew, so that people's comments stay. Regular
    # expressions may be misled by unusual TOML, so the result is parsed and compared.
    kept = _TABLE.sub("", _PLAIN.sub("", text)).rstrip("\n")
    after = "\n\n".join([kept, *map(_written, entries)]).lstrip("\n") + "\n"
    result, was = tomllib.loads(after), tomllib.loads(text)
    secrets_of(result)
    names = {"keys", *(f"{kind}_key" for kind in KINDS)}
    same = {k: v for k, v in result.items() if k not in names} == {
        k: v for k, v in was.items() if k not in names
    }
    if not same or entries_of(result) != tuple(entries):
        raise SettingsError(
            "this file cannot be edited safely: put its keys into [[keys]] tables at its end"
        )
    return after


def _written(entry: KeyEntry) -> str:
    result = {
        "kind": entry.kind,
        "id": entry.id,
        "state": entry.state,
        "created": entry.created,
        "changed": entry.changed,
        "key": entry.secret.hex(),
    }
    return "\n".join(
        ["[[keys]]", *(f'{name} = "{value}"' for name, value in result.items() if value)]
    )


def _aged(entry: KeyEntry, at: str) -> KeyEntry:
    return replace(entry, state=ACCEPTED, changed=at)


def _next_id(entries: Sequence[KeyEntry], kind: str) -> str:
    numbers = [int(entry.id) for entry in entries if entry.kind == kind and entry.id.isdecimal()]
    return str(max(numbers, default=0) + 1)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
