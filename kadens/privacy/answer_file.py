"""Writes the ZIP file that answers a request for access: two pages, the register, and the rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from kadens.privacy.handling.access_page import StatedAbout, access_page, register_rows
from kadens.privacy.handling.readable_rows import (
    ReadableLine,
    readable_line,
    readable_page,
    sentence_row,
)
from model.keyring import KeyRing
from storage.people.identities import identity_of
from storage.pg.pool import Connection
from storage.reads.own_rows import LEFT_OUT, answered_tables, own_rows

if TYPE_CHECKING:
    from model.alert import StoredSentence


async def write_access(
    conn: Connection,
    wrapping_key: KeyRing,
    patient: str,
    out: Path,
    subprocessors: Sequence[str] = (),
    controller: str = "",
) -> dict[str, int]:
    """Write a file with everything about a patient, and return the rows by table.

    `controller` is who is responsible and how to reach the data protection officer.

    A file that is there is replaced. Raises `UnknownNameError` for an unknown patient.
    """
    counts: dict[str, int] = {}
    shown: dict[str, list[ReadableLine]] = {}
    # evidence is answered before the alerts that rest on it
    rests_on: dict[str, list[StoredSentence]] = {}
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        # one table after another, row by row: a year of samples never lies in memory
        for table in answered_tables():
            counts[table] = 0
            with file.open(f"data/{table}.jsonl", "w") as lines:
                async for row in own_rows(conn, patient, table):
                    lines.write(orjson.dumps(row) + b"\n")
                    counts[table] += 1
                    if table == "alert_finding":
                        rests_on.setdefault(row["alert"], []).append(sentence_row(row))
                    if line := readable_line(table, row, rests_on.get(row.get("id", ""), ())):
                        shown.setdefault(table, []).append(line)
        # opened last, so that the name is in memory for as short as can be
        identity = await identity_of(conn, wrapping_key, patient)
        file.writestr("data/identity.json", orjson.dumps(identity))
        _write_about(file, counts, controller, subprocessors)
        file.writestr("overview.html", readable_page(shown))
    return counts


def _write_about(
    file: ZipFile, counts: dict[str, int], controller: str, subprocessors: Sequence[str]
) -> None:
    """Write what is kept of a patient and why, for programs and for people."""
    about = {"register": register_rows(), "left_out": LEFT_OUT, "rows": counts}
    file.writestr("register.json", orjson.dumps(about, option=orjson.OPT_INDENT_2))
    stated = StatedAbout(controller=controller, subprocessors=tuple(subprocessors))
    file.writestr("index.html", access_page(counts, LEFT_OUT, stated))
