"""The command `kadens audit extract`: who looked at a patient's data, in plain words for them."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from kadens.commands.audited import audited_read
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient
from kadens.output.terminal import fail, print_json, print_line
from kadens.privacy.new_file import new_file
from model.audit_log.extract import ExtractLine, LoggedAccess, extract_lines, extract_sentence
from storage.pg.pool import Connection
from storage.reads.accesses import MOST_ACCESSES, accesses_of
from storage.reads.operator_queries import patient_record


class ExtractLanguage(StrEnum):
    """A language of the extract."""

    SV = "sv"
    EN = "en"


Words = Annotated[ExtractLanguage, typer.Option("--language", help="Language of the sentences.")]
ExtractFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write to this new file, not to stdout."),
]


def print_extract(
    *,
    patient: Patient,
    language: Words = ExtractLanguage.SV,
    out: ExtractFile = None,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print who looked at a patient's data, for the patient.

    A sentence for each person and day: who, what, when, and the reason where one had to be given.
    Before it prints anything, this leaves a row of its own in the log.
    """

    async def read(conn: Connection) -> tuple[str, tuple[LoggedAccess, ...]] | None:
        record = await patient_record(conn, patient)
        return None if record is None else (record.line.zone, await accesses_of(conn, patient))

    # committed before anything is printed: who reads the log is in the log
    known = audited_read(settings_of(data), read, patient, "extract")
    if known is None:
        fail("there is no such patient")
    zone, accesses = known
    # a part of the log would pass for the log, so a longer one is refused
    if len(accesses) == MOST_ACCESSES:
        fail(f"the log has more than {MOST_ACCESSES} rows about this patient")
    _show(extract_lines(accesses, zone, language.value), language.value, out, as_json=as_json)


def _show(
    lines: tuple[ExtractLine, ...], language: str, out: Path | None, *, as_json: bool
) -> None:
    sentences = [extract_sentence(line, language) for line in lines]
    plain = [asdict(line) | {"sentence": text} for line, text in zip(lines, sentences, strict=True)]
    if out is not None:
        text = orjson.dumps(plain).decode() if as_json else "\n".join(sentences)
        with new_file(out) as beside:
            beside.write_text(f"{text}\n", encoding="utf-8")
    elif as_json:
        print_json(plain)
    else:
        for text in sentences:
            print_line(text)
