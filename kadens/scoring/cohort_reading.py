"""Reads a cohort directory, and refuses whatever is wrong in it (`docs/cohorts.md`).

Every line is checked before anything is played. No value of a line is repeated in a message.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from kadens.bounded_files import streamed_bytes
from kadens.derivation.manifest import FileEntry, unknown_row_fields
from kadens.scoring.cohort_checks import (
    LineMistake,
    NumberedLines,
    delivery_mistakes,
    head_mistakes,
    patient_mistakes,
    truth_mistakes,
)
from kadens.scoring.cohort_files import (
    CohortDelivery,
    CohortFiles,
    CohortHead,
    CohortPatient,
    CohortTruth,
    TruthLine,
)
from model.schemas.strict_json import strict_json
from web.mistakes import mistakes_in

_HEAD, _PEOPLE, _BODIES, _TRUTH = "cohort.json", "patients.jsonl", "deliveries.jsonl", "truth.jsonl"
_Line = TypeVar("_Line", bound=FileEntry)


class CohortError(ValueError):
    """A cohort directory that cannot be used; the text names the file and the line."""


def read_cohort(folder: Path) -> CohortFiles:
    """Return the cohort of a directory, with deliveries by time; raises `CohortError`."""
    head = _head_of(folder / _HEAD)
    lines = NumberedLines(
        patients=tuple(_lines(folder / _PEOPLE, CohortPatient)),
        deliveries=tuple(_lines(folder / _BODIES, CohortDelivery)),
        truth=tuple(_lines(folder / _TRUTH, TruthLine)),
    )
    _check(_PEOPLE, patient_mistakes(lines))
    _check(_BODIES, delivery_mistakes(lines))
    _check(_BODIES, _without_file(folder, lines))
    _check(_TRUTH, truth_mistakes(lines))
    # last: of a file that is empty by mistake, what names its people is the better hint
    if not lines.patients:
        raise CohortError(f"{_PEOPLE}: the cohort must have at least one patient")
    truth = [line for _, line in lines.truth]
    return CohortFiles(
        folder=folder,
        head=head,
        patients=tuple(person for _, person in lines.patients),
        deliveries=tuple(sorted((row for _, row in lines.deliveries), key=_received)),
        truth=CohortTruth(
            sessions=tuple(line.session for line in truth if line.session is not None),
            weeks=tuple(line.week for line in truth if line.week is not None),
            events=tuple(line.event for line in truth if line.event is not None),
        ),
    )


def _received(delivery: CohortDelivery) -> int:
    return delivery.received_ms


def _without_file(folder: Path, lines: NumberedLines) -> Iterator[LineMistake]:
    root = folder.resolve()
    for number, delivery in lines.deliveries:
        path = (folder / delivery.body).resolve()
        # a cohort from elsewhere must not make a program read what lies beside it
        if not path.is_relative_to(root) or not path.is_file():
            yield number, "body is no file of the cohort"


def _check(name: str, mistakes: Iterable[LineMistake]) -> None:
    for number, text in mistakes:
        raise CohortError(f"{name}, line {number}: {text}")


def _head_of(path: Path) -> CohortHead:
    try:
        content = _bytes_of(path)
        head = CohortHead.model_validate_json(content)
        strict_json(content)
    except ValidationError as error:
        raise CohortError(_refused(path.name, error)) from None
    except CohortError:
        raise
    except ValueError as error:
        raise CohortError(f"{path.name}: the file {error}") from None
    for text in head_mistakes(head):
        raise CohortError(f"{path.name}: {text}")
    return head


def _lines(path: Path, kind: type[_Line]) -> Iterator[tuple[int, _Line]]:
    for number, line in enumerate(_bytes_of(path).splitlines(), start=1):
        if line.strip():
            yield number, _line(f"{path.name}, line {number}", line, kind)


def _line(where: str, line: bytes, kind: type[_Line]) -> _Line:
    try:
        row = kind.model_validate_json(line)
    except ValidationError as error:
        raise CohortError(_refused(where, error)) from None
    # pydantic takes a key twice and a NaN, and readers differ in what they make of them
    try:
        members = strict_json(line)
    except ValueError as error:
        raise CohortError(f"{where}: the line {error}") from None
    for name in unknown_row_fields(members):
        raise CohortError(f"{where}: {name} is not known")
    return row


def _bytes_of(path: Path) -> bytes:
    try:
        return streamed_bytes(path)
    except OSError as error:
        raise CohortError(f"{path}: {error.strerror}") from None


def _refused(where: str, error: ValidationError) -> str:
    # pydantic's own text repeats values
    lines = [f"{field or 'the line'} {text}" for field, text in mistakes_in(error)]
    return f"{where}: {'; '.join(lines)}"
