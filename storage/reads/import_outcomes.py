"""Reads the outcome of imported files: kept with their patient, or refused and why."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from model.calendar import utc
from storage.pg.pool import Connection
from storage.pg.rows import fetch_column

_KEPT_FILES = """
select encode(b.sha256, 'hex') from body b join patient p on p.id = b.patient
where p.pseudonym = %s and b.sha256 = any(%s)"""
# by SHA-256: a file has no other name here, and its own name may tell who the patient is
_REFUSED_FILES = """
select d.sha256, d.rejects, d.class from dead_letter d
where d.written_at >= %s and d.connector = 'files' and d.sha256 = any(%s)
order by d.written_at desc"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """The outcome of a file: whether it is `kept` with its patient, and its first rejects.

    `rejects` are (where, why), and `kind` classifies them.
    """

    kept: bool = False
    kind: str = ""
    rejects: tuple[tuple[str, str], ...] = ()


async def file_outcomes(
    conn: Connection, patient: str, digests: Collection[str], since_ms: int
) -> dict[str, FileOutcome]:
    """Return the outcomes of files by their SHA-256 (hex); files not read yet are left out.

    Refusals before `since_ms` (epoch ms) do not count.
    """
    wanted = list(digests)
    raw = list(map(bytes.fromhex, wanted))
    kept = await fetch_column(conn, _KEPT_FILES, [patient, raw])
    outcomes = dict.fromkeys(kept, FileOutcome(kept=True))
    refused = await (await conn.execute(_REFUSED_FILES, [utc(since_ms), wanted])).fetchall()
    for digest, rejects, kind in refused:
        outcome = outcomes.get(digest, FileOutcome())
        if not outcome.rejects:  # rows come newest first, so the latest refusal counts
            pairs = tuple(map(tuple, rejects))
            outcomes[digest] = replace(outcome, rejects=pairs, kind=kind)
    return outcomes
