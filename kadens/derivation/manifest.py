"""Reads the manifest of `kadens derive`, and refuses whatever is wrong in it.

A manifest names the bodies of one patient, and what they are interpreted with. It must never be
used in part: with any mistake in it nothing is derived. No value of it is repeated in a message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingest.vendors import CONNECTORS
from kadens.bounded_files import bounded_bytes
from kadens.derivation.patient_rows import patient_row_problems
from kadens.json_files import mistake_lines, unknown_members
from model.calendar import known_zone, rfc3339, rfc3339_ms
from model.facts import AttributedFact, Instrument
from model.intensity import HeartProfile
from model.marks import REASONS, MarkedSession, clinician_mark
from model.prescribing.blocked_dates import BlockedDates, consent_gaps, paused_while_blocked
from model.prescribing.canonical import with_hash
from model.prescription import Prescription, WrittenTimes
from model.schemas.strict_json import strict_json
from model.storable import LAST_MS, fact_refusal
from parsers.packing.text_marks import unmarked

_MOST_BYTES = 64 * 1024**2  # a row of a body has some 200
_NO_INSTANT = (
    "must be an RFC 3339 instant with its offset, such as 2026-11-20T08:00:00+01:00, or epoch "
    "milliseconds"
)
_CONNECTOR_NAMES = tuple(connector.name for connector in CONNECTORS)


class ManifestError(ValueError):
    """A manifest that cannot be used; the text has a line for each mistake."""


def _instant_ms(value: object) -> int:
    """Return an RFC 3339 instant, or epoch ms, as epoch ms; raises ValueError for anything else."""
    # `type`, because true is an int of Python as well
    at_ms = value if type(value) is int else _text_ms(value)
    if at_ms is None:
        raise ValueError(_NO_INSTANT)
    if not 0 <= at_ms <= LAST_MS:
        raise ValueError(f"must be an instant from {rfc3339(0)} to {rfc3339(LAST_MS)}")
    return at_ms


def _text_ms(value: object) -> int | None:
    try:
        return rfc3339_ms(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _connector_name(name: str) -> str:
    if name not in _CONNECTOR_NAMES:
        raise ValueError(f"must be one of {', '.join(_CONNECTOR_NAMES)}")
    return name


def checked_path(text: str) -> str:
    """Return a text that may be a path; raises ValueError for one that no system takes."""
    # no system takes it, and Python would raise an error of its own or read the folder
    if not text or "\0" in text:
        raise ValueError("must be a path")
    return text


ReadInstant: TypeAlias = Annotated[int, BeforeValidator(_instant_ms)]
ReadConnector: TypeAlias = Annotated[str, AfterValidator(_connector_name)]


class FileEntry(BaseModel):
    """A part of a file that people write: every field is of its type, and no field is unknown."""

    # Strict, as profiles and prescriptions are elsewhere: "3" is not 3, and true is not 1.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class ManifestConsent(FileEntry):
    """A consent to data of a source, [from, to) in epoch ms; `to` of None is "until now"."""

    source: ReadConnector
    from_ms: ReadInstant = Field(alias="from")
    to_ms: ReadInstant | None = Field(default=None, alias="to")


class ManifestBody(FileEntry):
    """A body as it was received: its file, its connector and what came with it.

    `path` is relative to the manifest. `received_ms` is epoch ms. `account` names the patient's
    account where a body holds several accounts.
    """

    path: Annotated[str, AfterValidator(checked_path)]
    connector: ReadConnector
    received_ms: ReadInstant = Field(alias="received")
    headers: dict[str, str] = Field(default_factory=dict)
    query: dict[str, str] = Field(default_factory=dict)
    account: str = ""


class ManifestMark(FileEntry):
    """A clinician's mark of a session as not exercise, or as exercise after all.

    It names the session by the span that it had, [start, end) in epoch ms, and by its record where
    it was declared or reported. `at_ms` is when the mark was set.
    """

    statement: Literal["not_exercise", "exercise"]
    reason: str
    at_ms: ReadInstant = Field(alias="at")
    start_ms: ReadInstant = Field(alias="start")
    end_ms: ReadInstant = Field(alias="end")
    record: str = ""

    def fact(self, patient: str) -> AttributedFact:
        """Return the mark as the fact that the worker would get about a patient (pseudonym)."""
        session = MarkedSession(start_ms=self.start_ms, end_ms=self.end_ms, record=self.record)
        return clinician_mark(patient, session, Instrument(self.statement), self.reason, self.at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPrescription(Prescription):
    """A prescription with the instant at which it was written (epoch ms).

    None counts as before everything else. A prescription raises nothing about what came before it
    was written.
    """

    recorded: ReadInstant | None = None

    @property
    def as_written(self) -> Prescription:
        """Return the prescription alone, as it is written and not yet checked."""
        values = {field.name: getattr(self, field.name) for field in fields(Prescription)}
        return Prescription(**values)

    @property
    def prescription(self) -> Prescription:
        """Return the prescription alone, with its hash."""
        return with_hash(self.as_written)


class Manifest(FileEntry):
    """One patient: the bodies, and what they are interpreted with.

    `now_ms` (epoch ms) is the time at which the patient is judged. `consents` of None means that
    every source is consented to.
    """

    zone: Annotated[str, AfterValidator(known_zone)]
    now_ms: ReadInstant = Field(alias="now")
    profiles: tuple[HeartProfile, ...] = ()
    written: tuple[RecordedPrescription, ...] = Field(default=(), alias="prescriptions")
    consents: tuple[ManifestConsent, ...] | None = None
    bodies: tuple[ManifestBody, ...] = ()
    marks: tuple[ManifestMark, ...] = ()

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """Return all versions of the prescriptions."""
        return tuple(row.prescription for row in self.written)

    @property
    def gaps(self) -> tuple[BlockedDates, ...]:
        """Return the dates on which no consent holds."""
        return consent_gaps(((row.from_ms, row.to_ms) for row in self.consents or ()), self.zone)

    @property
    def effective_prescriptions(self) -> tuple[Prescription, ...]:
        """Return the versions by what they ask for: nothing on dates without consent."""
        return tuple(paused_while_blocked(row, self.gaps) for row in self.prescriptions)

    @property
    def recorded(self) -> WrittenTimes:
        """Return when each version was written, as far as the manifest says."""
        times: dict[tuple[str, int], int] = {}
        for row in self.written:
            if row.recorded is not None:
                times[row.id, row.version] = row.recorded
        return times


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a file, checked completely; raises `ManifestError`.

    Whether the files of its bodies exist is not checked here.
    """
    content = _content_of(path)
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        # pydantic's own text repeats values
        raise _refusal(path, mistake_lines(error)) from None
    try:
        fields_of_file = strict_json(content)
    except ValueError as error:
        raise _refusal(path, [f"the file {error}"]) from None
    problems = [*unknown_row_fields(fields_of_file), *_problems(manifest)]
    if problems:
        raise _refusal(path, problems)
    return manifest


def _content_of(path: Path) -> bytes:
    try:
        # programs on a desk put a mark of its encoding before a file that they save
        return unmarked(bounded_bytes(path, _MOST_BYTES))
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}") from None


def _refusal(path: Path, lines: Sequence[str]) -> ManifestError:
    return ManifestError("\n  ".join([f"{path} cannot be used:", *dict.fromkeys(lines)]))


def _problems(manifest: Manifest) -> Iterator[str]:
    """Yield what the bounds and the other rows of a manifest refuse."""
    # as written: only what can be kept has a hash
    written = [row.as_written for row in manifest.written]
    yield from patient_row_problems(manifest.profiles, written, manifest.consents or ())
    for number, mark in enumerate(manifest.marks):
        if mark.reason not in REASONS[Instrument(mark.statement)]:
            yield f"marks.{number}.reason must be one of the reasons of its statement"
            continue
        refusal = fact_refusal(mark.fact("patient").fact)
        if refusal:
            yield f"marks.{number}: {refusal}"


def unknown_row_fields(content: dict[str, Any]) -> Iterator[str]:
    """Yield the unknown fields of profiles and prescriptions, which pydantic passes over."""
    for name, cls in (("profiles", HeartProfile), ("prescriptions", RecordedPrescription)):
        for number, row in enumerate(content.get(name, ())):
            for path in unknown_members(row, cls, f"{name}.{number}"):
                yield f"{path} is not known"
