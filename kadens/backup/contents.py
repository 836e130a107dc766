"""Reads a backup and its keys completely before anything is restored, and plans the restore.

A patient is left out for whom the keys have no key, or whom the list of erasures names. Nothing is
written here.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cramjam

from kadens.backup.erasure_file import read_erasures
from kadens.backup.saving import (
    BODY,
    DATA,
    DATA_KEY,
    KEY_FILES,
    LAST_FILE,
    MANIFEST,
    ROWS,
    SECRET_FILES,
    key_files,
    owner_name,
)
from kadens.backup.sealed_files import BackupError, records_in
from kadens.secrets.reading import secrets_of
from kadens.secrets.values import Secrets, SettingsError
from model.backup.erasure_list import ListedErasure, erased_mark
from model.backup.records import BackupRecord
from storage.backup.reading import NO_PATIENT, Portion, WrappedKey
from storage.people.data_keys import data_key_owner
from storage.pg import crypto


@dataclass(slots=True, kw_only=True)
class KeptKeys:
    """The newest file of keys: the secrets file, and the data keys by a patient's number."""

    made_ms: int
    secrets_file: bytes = field(default=b"", repr=False)
    secrets: Secrets = field(default_factory=Secrets)
    wrapped: dict[int, WrappedKey] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Contents:
    """What a complete backup has: its head, the patients' numbers, and addresses of bodies."""

    path: Path
    private: bytes = field(repr=False)
    made_ms: int
    schema: list[str]
    months: list[str]
    receipts: frozenset[int]
    last_ids: dict[str, int]
    owners: set[int] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """The keys of the patients that come back, and the erasures that are applied again.

    `erased` has the number of each patient whom an erasure of the list concerns. `destroyed` are
    the numbers of patients without a key, of whom no list knows.
    """

    contents: Contents
    keys: Mapping[int, bytes] = field(repr=False)
    erasures: tuple[ListedErasure, ...]
    erased: Mapping[int, int]
    destroyed: tuple[int, ...]


def read_keys(folder: Path, private: bytes) -> KeptKeys:
    """Return the newest keys of a folder; raises `BackupError`."""
    files = key_files(folder)
    if not files:
        raise BackupError(f"{folder} has no file of keys; name their folder with --keys")
    # an older file may still have a key that an erasure destroyed since
    records = _complete(files[-1], private, KEY_FILES)
    keys = KeptKeys(made_ms=next(records).values["made_ms"])
    for record in records:
        if record.kind == SECRET_FILES:
            keys.secrets_file = record.content
        elif record.kind == DATA_KEY:
            key = WrappedKey(wrapped=record.content, **record.values)
            keys.wrapped[key.patient] = key
    try:
        keys.secrets = secrets_of(tomllib.loads(keys.secrets_file.decode()))
    except (ValueError, SettingsError) as error:
        raise BackupError(f"{files[-1]}: its secrets file cannot be read") from error
    return keys


def data_of_backup(folder: Path) -> Path:
    """Return the file with the data of a backup; raises `BackupError` where there is none."""
    if not folder.is_dir():
        raise BackupError(f"{folder} is no folder that is there: nothing was restored")
    path = folder / DATA
    if not path.is_file():
        raise BackupError(f"{folder} is no backup: it has no {DATA}")
    return path


def read_contents(folder: Path, private: bytes) -> Contents:
    """Read a backup from its begin to its end; raises `BackupError` where it is not complete."""
    path = data_of_backup(folder)
    records = _complete(path, private, MANIFEST)
    head = next(records).values
    receipts = frozenset(head.pop("receipts"))
    contents = Contents(path=path, private=private, receipts=receipts, **head)
    for record in records:
        # the content is not opened here: this first reading only finds out what is there
        if record.values.get("owner", NO_PATIENT) != NO_PATIENT:
            contents.owners.add(record.values["owner"])
        if record.kind == BODY:
            contents.addresses.add(record.values["address"])
    return contents


def plan_restore(contents: Contents, kept: KeptKeys, erasures: Path | None) -> RestorePlan:
    """Decide who comes back; raises `BackupError` where the keys are not those of the backup."""
    if kept.made_ms < contents.made_ms:
        raise BackupError(
            "the keys are older than the backup, so patients may be missing in them: "
            "name the folder with newer keys; nothing was restored"
        )
    listed = read_erasures(erasures, kept.secrets.audit_keys) if erasures else ()
    # What the backup knows is done in it already; an id may have been given to another since.
    later = tuple(entry for entry in listed if entry.number not in contents.receipts)
    erased = _erased(contents, kept, later)
    # without a key and without an erasure in the list: it may be a list of another installation
    lost = contents.owners - kept.wrapped.keys() - erased.keys()
    # Some patients without a key were erased. All of them without one are another installation's.
    if lost and not contents.owners & kept.wrapped.keys():
        raise BackupError("the keys have no patient of this backup: nothing was restored")
    keys: dict[int, bytes] = {}
    for number in sorted((contents.owners & kept.wrapped.keys()) - erased.keys()):
        keys[number] = _unwrapped(kept, number)
    return RestorePlan(
        contents=contents, keys=keys, erasures=later, erased=erased, destroyed=tuple(sorted(lost))
    )


def portions_of(plan: RestorePlan) -> Iterator[Portion | tuple[str, bytes]]:
    """Yield the rows, then the bodies (address and bytes), of all but who is left out."""
    for record in records_in(plan.contents.path, plan.contents.private):
        owner = record.values.get("owner", NO_PATIENT)
        if record.kind not in (ROWS, BODY) or owner not in {NO_PATIENT, *plan.keys}:
            continue
        if record.kind == BODY:
            address = record.values["address"]
            yield address, _content(plan, record, address)
        else:
            table = record.values["table"]
            yield Portion(
                table=table,
                columns=tuple(record.values["columns"]),
                owner=owner,
                count=record.values["rows"],
                text=_content(plan, record, table),
            )


def _content(plan: RestorePlan, record: BackupRecord, of: str) -> bytes:
    packed, owner = record.content, record.values["owner"]
    if owner != NO_PATIENT:
        try:
            packed = crypto.open_sealed(plan.keys[owner], packed, owner_name(owner, of))
        except crypto.SealError:
            # the cause would hold the sealed bytes
            raise BackupError("the keys are not those of this backup") from None
    return bytes(cramjam.zstd.decompress(packed))


def _complete(path: Path, private: bytes, first: str) -> Iterator[BackupRecord]:
    """Yield all records but the end; raises `BackupError` for a file of another kind."""
    kind = ""
    for record in records_in(path, private):
        if not kind and record.kind != first:
            raise BackupError(f"{path} has no {first} in it: nothing was restored")
        kind = record.kind
        if kind != LAST_FILE:
            yield record
    if kind != LAST_FILE:
        raise BackupError(f"{path} is cut off: nothing was restored")


def _erased(contents: Contents, kept: KeptKeys, later: tuple[ListedErasure, ...]) -> dict[int, int]:
    """Return the receipt's number by the number of each patient whom an erasure concerns."""
    erased: dict[int, int] = {}
    for entry in later:
        key = kept.secrets.audit_keys.find(entry.key_id)
        # a mark is a keyed digest: it can be compared with a number, and not be turned into one
        for number in contents.owners if key else ():
            if key and erased_mark(key, number) == entry.mark:
                erased[number] = entry.number
    return erased


def _unwrapped(kept: KeptKeys, number: int) -> bytes:
    key = kept.wrapped[number]
    try:
        return crypto.unwrap_value(
            kept.secrets.wrapping_keys, key.wrapped, data_key_owner(key.pseudonym)
        )
    except crypto.SealError as error:
        raise BackupError("the wrapping keys do not open the data keys of this backup") from error
