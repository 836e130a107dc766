"""Reads a cohort directory, and refuses whatever is wrong in it (`docs/cohorts.md`).

Every line is checked before anything is played. No value of a line is repeated in a message.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from kadens.derivation.manifest import (
    FileEntry,
    ManifestConsent,
    ReadConnector,
    ReadInstant,
    RecordedPrescription,
    checked_path,
    known_zone,
)
from kadens.names import PSEUDONYM
from model.intensity import HeartProfile
from web.mistakes import mistakes_in

_Line = TypeVar("_Line", bound=FileEntry)


class CohortError(ValueError):
    """A cohort directory that cannot be used; the text names the file and the line."""


def _pseudonym(text: str) -> str:
    if not PSEUDONYM.pattern.fullmatch(text):
        raise ValueError("must be a pseudonym: letters, digits, '.', '_' and '-'")
    return text


_Patient = Annotated[str, AfterValidator(_pseudonym)]


class CohortHead(FileEntry):
    """What `cohort.json` says: when the cohort begins and when it ends, in epoch ms."""

    version: Annotated[int, Field(ge=1, le=1)]
    begins_ms: ReadInstant = Field(alias="begins")
    ends_ms: ReadInstant = Field(alias="ends")
    seed: int = 0
    weeks: int = 0


class CohortAccount(FileEntry):
    """A vendor's account that is linked to a patient."""

    connector: ReadConnector
    account: str


class CohortPatient(FileEntry):
    """A line of `patients.jsonl`."""

    patient: _Patient
    zone: Annotated[str, AfterValidator(known_zone)]
    accounts: tuple[CohortAccount, ...] = ()
    consents: tuple[ManifestConsent, ...] = ()
    profiles: tuple[HeartProfile, ...] = ()
    prescriptions: tuple[RecordedPrescription, ...] = ()


class CohortDelivery(FileEntry):
    """A line of `deliveries.jsonl`: a body, when it arrives and at which connector.

    `patient` is empty for a body that names its account, and the patient of the link otherwise.
    """

    received_ms: ReadInstant = Field(alias="received")
    connector: ReadConnector
    body: Annotated[str, AfterValidator(checked_path)]
    patient: str = ""
    content_type: str = ""
    filename: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    query: dict[str, str] = Field(default_factory=dict)
    size: int = 0


class TruthSession(FileEntry):
    """A true session, [start, end) in epoch ms; `recorded` says whether a device saw it."""

    patient: _Patient
    start_ms: ReadInstant = Field(alias="start")
    end_ms: ReadInstant = Field(alias="end")
    recorded: bool = True
    zones_ms: dict[str, int] | None = None


class TruthWeek(FileEntry):
    """The true adherence of a week; `judged` is False where nothing may be said of it."""

    patient: _Patient
    monday: date
    due: int
    done: int
    recorded: int = 0
    judged: bool = True


class TruthEvent(FileEntry):
    """Something that a clinician would want to know, all times in epoch ms.

    `family` is the family of rules whose alert tells of it. An event that is not `observable` is
    true, and no data of the cohort can show it. `tier` is how urgent it is: A and B are for the
    worklist, and C is enough for the digest.
    """

    patient: _Patient
    event: str
    family: str
    from_ms: ReadInstant = Field(alias="from")
    knowable_ms: ReadInstant = Field(alias="knowable")
    until_ms: ReadInstant = Field(alias="until")
    observable: bool = True
    tier: Literal["A", "B", "C"] = "B"


class TruthLine(FileEntry):
    """A line of `truth.jsonl`, which has one of the three."""

    session: TruthSession | None = None
    week: TruthWeek | None = None
    event: TruthEvent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortTruth:
    """What is true of a cohort."""

    sessions: tuple[TruthSession, ...]
    weeks: tuple[TruthWeek, ...]
    events: tuple[TruthEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortFiles:
    """A cohort as it was read; bodies stay in their files until they are played."""

    folder: Path
    head: CohortHead
    patients: tuple[CohortPatient, ...]
    deliveries: tuple[CohortDelivery, ...]
    truth: CohortTruth

    def content(self, delivery: CohortDelivery) -> bytes:
        """Return the bytes of a body."""
        return (self.folder / delivery.body).read_bytes()


def read_cohort(folder: Path) -> CohortFiles:
    """Return the cohort of a directory, with deliveries by time; raises `CohortError`."""
    head = _head_of(folder / "cohort.json")
    patients = tuple(_lines(folder / "patients.jsonl", CohortPatient))
    deliveries = sorted(_lines(folder / "deliveries.jsonl", CohortDelivery), key=_received)
    truth = list(_lines(folder / "truth.jsonl", TruthLine))
    _check_bodies(folder, deliveries)
    return CohortFiles(
        folder=folder,
        head=head,
        patients=patients,
        deliveries=tuple(deliveries),
        truth=CohortTruth(
            sessions=tuple(line.session for line in truth if line.session is not None),
            weeks=tuple(line.week for line in truth if line.week is not None),
            events=tuple(line.event for line in truth if line.event is not None),
        ),
    )


def _received(delivery: CohortDelivery) -> int:
    return delivery.received_ms


def _check_bodies(folder: Path, deliveries: list[CohortDelivery]) -> None:
    root = folder.resolve()
    for number, delivery in enumerate(deliveries, start=1):
        path = (folder / delivery.body).resolve()
        # a cohort from elsewhere must not make a program read what lies beside it
        if not path.is_relative_to(root) or not path.is_file():
            raise CohortError(f"deliveries.jsonl: body {number} by time is no file of the cohort")


def _head_of(path: Path) -> CohortHead:
    try:
        return CohortHead.model_validate_json(_bytes_of(path))
    except ValidationError as error:
        raise CohortError(_refused(path.name, error)) from None


def _lines(path: Path, kind: type[_Line]) -> Iterator[_Line]:
    for number, line in enumerate(_bytes_of(path).splitlines(), start=1):
        try:
            yield kind.model_validate_json(line)
        except ValidationError as error:
            raise CohortError(_refused(f"{path.name}, line {number}", error)) from None


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CohortError(f"{path}: {error.strerror}") from None


def _refused(where: str, error: ValidationError) -> str:
    # pydantic's own text repeats values
    lines = [f"{field or 'the line'} {text}" for field, text in mistakes_in(error)]
    return f"{where}: {'; '.join(lines)}"
