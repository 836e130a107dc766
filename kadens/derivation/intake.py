"""Reads the bodies of a manifest as the worker does, and says what becomes of each.

Nothing is proved: a manifest says which connector took a body in, and its key is not needed.
"""

import hashlib
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path, PurePath

from ingest.connector import Connector
from ingest.receiving.envelopes import envelope_of
from ingest.vendors import CONNECTORS
from kadens.bounded_files import bounded_body
from kadens.derivation.long_files import is_too_long, reads_of_pieces
from kadens.derivation.manifest import Manifest, ManifestBody, ManifestError
from model.envelope import Envelope
from model.facts import AttributedFact, Reject, RejectKind
from parsers.fields import grouped
from parsers.formats import version_of
from stream.reading import Read, attributed_facts, read_here, slice_of

PATIENT = "patient"  # the pseudonym of whoever a manifest is about; ids of sessions depend on it

_CONNECTOR: Mapping[str, Connector] = {connector.name: connector for connector in CONNECTORS}
_NOT_YET = "received later than `now`, so it is not known yet"
_NO_CONSENT = "no consent to this source when it was received"
_SEVERAL = "several accounts: `account` of the body must name the patient's"
_ANNOUNCES = "it only announces data that must be fetched, which is not done here"
_NOTIFIES = "it only notifies of a change at the vendor, and holds no data"
_OTHER_ACCOUNT = "an account that is not the patient's"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartProblem:
    """What is wrong with a body, or with a part of one: its path, the place in it, and the reason.

    It could not be used, or was repaired and used.
    """

    body: str
    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPayload:
    """A payload from which facts were taken: its path, envelope, format, and reader's version."""

    path: str
    envelope: Envelope
    format: str
    parser: int


@dataclass(slots=True, kw_only=True)
class Intake:
    """All that the bodies of a manifest hold.

    `payloads` are by the SHA-256 (hex) that facts name. `facts` are as they were reported, current
    or not. `refused` are all problems; those of parts that were repaired and used are in `repaired`
    too.
    """

    facts: list[AttributedFact] = field(default_factory=list)
    refused: list[PartProblem] = field(default_factory=list)
    repaired: list[PartProblem] = field(default_factory=list)
    payloads: dict[str, ReadPayload] = field(default_factory=dict)

    def refuse(self, body: ManifestBody, *rejects: Reject) -> None:
        """Note the rejects of a body."""
        for reject in rejects:
            part = PartProblem(body=body.path, where=reject.where, why=reject.text)
            self.refused.append(part)
            if reject.kind is RejectKind.REPAIRED:
                self.repaired.append(part)


def read_bodies(manifest: Manifest, folder: Path, patient: str = PATIENT) -> Intake:
    """Return what the bodies of a manifest hold; their paths are relative to `folder`.

    Raises `ManifestError` for a body whose file cannot be read.
    """
    # Every file is opened before anything is read: a manifest is never used in part.
    contents = _contents(manifest.bodies, folder)
    intake = Intake()
    taken: set[tuple[str, str]] = set()
    # A body that comes again is no later statement: its first receipt counts, and is read.
    for body in _in_order(manifest.bodies):
        # on a desk the patient is known from the start
        envelope = replace(_envelope(body, contents[body.path]), zone=manifest.zone)
        why = _not_used(manifest, body)
        if why:
            intake.refuse(body, why)
        elif (body.connector, envelope.sha256) not in taken:
            taken.add((body.connector, envelope.sha256))
            arrived = read_here(envelope, contents[body.path])
            if is_too_long(arrived):
                _take_pieces(intake, manifest, body, (envelope, contents[body.path]), patient)
            else:
                _take(intake, manifest, body, arrived, patient)
    return intake


def _in_order(bodies: Iterable[ManifestBody]) -> list[ManifestBody]:
    """Return each body once, by receipt, and those of one instant in an order of their own.

    So neither the order of a manifest nor a row that is in it twice changes anything.
    """
    by_row = {(body.received_ms, body.model_dump_json()): body for body in bodies}
    return [body for _, body in sorted(by_row.items(), key=itemgetter(0))]


def _contents(bodies: Iterable[ManifestBody], folder: Path) -> dict[str, bytes]:
    """Return the bytes of each body, by its path; raises `ManifestError` for all that are wrong."""
    contents: dict[str, bytes] = {}
    mistakes: list[str] = []
    for number, body in enumerate(bodies):
        path = folder / body.path
        try:
            contents[body.path] = bounded_body(path, body.connector)
        except OSError as error:
            mistakes.append(f"bodies.{number}.path: {path}: {error.strerror}")
    if mistakes:
        raise ManifestError("\n  ".join(["the manifest cannot be used:", *mistakes]))
    return contents


def _not_used(manifest: Manifest, body: ManifestBody) -> Reject | None:
    """Return why a body is not even looked at, None when it is."""
    # With an earlier `now` a manifest shows what was known then.
    if body.received_ms > manifest.now_ms:
        return Reject(where="received", why=_NOT_YET)
    return None if _is_consented(manifest, body) else Reject(where="consents", why=_NO_CONSENT)


def _is_consented(manifest: Manifest, body: ManifestBody) -> bool:
    """Return whether a consent covered a body when it was received, as the worker asks."""
    if manifest.consents is None:
        return True
    for consent in manifest.consents:
        ended = consent.to_ms is not None and body.received_ms >= consent.to_ms
        if consent.source == body.connector and consent.from_ms <= body.received_ms and not ended:
            return True
    return False


def _take_pieces(
    intake: Intake,
    manifest: Manifest,
    body: ManifestBody,
    file: tuple[Envelope, bytes],
    patient: str,
) -> None:
    """Add what the pieces of a long file hold, and one reject for each cause."""
    rejects: list[Reject] = []
    for item in reads_of_pieces(*file):
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            rejects += item.rejects
            _take(intake, manifest, body, replace(item, rejects=()), patient)
    intake.refuse(body, *grouped(rejects))


def _take(
    intake: Intake, manifest: Manifest, body: ManifestBody, arrived: Read, patient: str
) -> None:
    """Add what one body holds.

    A body may hold nothing itself, because its facts are read elsewhere: a notice announces what is
    fetched, and a body of several accounts is divided into a slice for each.
    """
    intake.refuse(body, *arrived.rejects)
    if arrived.parsed is None and arrived.read_elsewhere and not arrived.slices:
        why = _ANNOUNCES if arrived.fetches else _NOTIFIES
        intake.refuse(body, Reject(where="body", why=why))
    for read in _of_patient(intake, body, arrived):
        if read.parsed is None:
            continue
        envelope = read.envelope
        intake.facts += attributed_facts(envelope, read.parsed, patient, manifest.zone, read.format)
        intake.payloads[envelope.sha256] = ReadPayload(
            path=body.path, envelope=envelope, format=read.format, parser=version_of(read.format)
        )


def _of_patient(intake: Intake, body: ManifestBody, arrived: Read) -> Iterator[Read]:
    """Yield the body, or the slices of it that are the patient's; note the reason where not."""
    reads: Sequence[Read] = [arrived]
    if arrived.slices:
        # as in the worker, each account's slice is read once more, as a body of its own
        slices = [slice_of(arrived, part) for part in arrived.slices]
        reads = [read_here(read.envelope, read.body) for read in slices]
    # To take them all would mix patients, and to take the first would depend on the sender.
    if len(_accounts(reads)) > 1 and not body.account:
        intake.refuse(body, Reject(where="account", why=_SEVERAL))
        return
    mine = [read for read in reads if _is_of(body.account, read)]
    if reads and not mine:
        intake.refuse(body, Reject(where="account", why=_OTHER_ACCOUNT))
    for read in mine:
        if read is not arrived:
            intake.refuse(body, *read.rejects)
        yield read


def _accounts(reads: Sequence[Read]) -> set[str]:
    return {read.parsed.account for read in reads if read.parsed is not None}


def _is_of(account: str, read: Read) -> bool:
    # a body that names nobody came with the patient's link token
    named = "" if read.parsed is None else read.parsed.account
    return not account or named in {"", account}


def _named(path: str) -> str:
    return f'attachment; filename="{PurePath(path).name}"'


def _envelope(body: ManifestBody, content: bytes) -> Envelope:
    headers = {name.lower(): value for name, value in body.headers.items()}
    # A file that was saved from a request rarely comes with its headers.
    guessed = mimetypes.guess_type(body.path)[0] or ""
    return envelope_of(
        _CONNECTOR[body.connector],
        {"content-type": guessed, "content-disposition": _named(body.path), **headers},
        body.query,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        received_ms=body.received_ms,
    )
