"""The lines of a cohort directory as values (`docs/cohorts.md`).

What a line may hold is here; what lines say against each other is in `cohort_checks`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kadens.derivation.manifest import (
    FileEntry,
    ManifestConsent,
    ReadConnector,
    ReadInstant,
    RecordedPrescription,
    checked_path,
)
from kadens.names import PSEUDONYM
from model.calendar import known_zone
from model.intensity import HeartProfile

_Count = Annotated[int, Field(ge=0)]
ZoneName = Literal["very_light", "light", "moderate", "vigorous", "near_max"]


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
    zones_ms: dict[ZoneName, _Count] | None = None


class TruthWeek(FileEntry):
    """The true adherence of a week; `judged` is False where nothing may be said of it."""

    patient: _Patient
    monday: date
    due: _Count
    done: _Count
    recorded: _Count = 0
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
