"""Reads the outcome of imported files: kept with their patient, or refused and why."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from model.calendar import utc
from model.versions.receipt import FILE_LATER
from storage.pg.pool import Connection

# By SHA-256: a file has no other name here, and its own name may tell who the patient is. One
# statement sees one state: the worker writes that a file is kept and what it lacks at once. The
# same file of somebody else has outcomes of its own.
_OUTCOMES = """
select encode(b.sha256, 'hex'), true, null::jsonb, '', null::timestamptz
from body b join patient p on p.id = b.patient
where p.pseudonym = %(patient)s and b.sha256 = any(%(raw)s)
union all
select d.sha256, false, d.rejects, d.class, d.written_at
from dead_letter d left join patient p on p.id = d.patient
where d.written_at >= %(since)s and d.connector = 'files' and d.sha256 = any(%(digests)s)
  and (p.pseudonym = %(patient)s or d.patient is null)
order by 5 desc nulls first"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """The outcome of a file: whether it is `kept` with its patient, and its first rejects.

    `rejects` are (where, why), and `kind` classifies them.
    """

    kept: bool = False
    kind: str = ""
    rejects: tuple[tuple[str, str], ...] = ()

    @property
    def refusal(self) -> str:
        """Why nothing of it counts, "" where something does: a wrong clock spoils a kept file."""
        reasons = [why for _, why in self.rejects]
        if FILE_LATER in reasons:
            return FILE_LATER
        return "" if self.kept or not reasons else reasons[0]


async def file_outcomes(
    conn: Connection, patient: str, digests: Collection[str], since_ms: int
) -> dict[str, FileOutcome]:
    """Return the outcomes of files by their SHA-256 (hex); files not read yet are left out.

    Refusals before `since_ms` (epoch ms) do not count.
    """
    arguments = {
        "patient": patient,
        "digests": list(digests),
        "raw": list(map(bytes.fromhex, digests)),
        "since": utc(since_ms),
    }
    outcomes: dict[str, FileOutcome] = {}
    rows = await (await conn.execute(_OUTCOMES, arguments)).fetchall()
    for digest, kept, rejects, kind, _ in rows:
        outcome = outcomes.get(digest, FileOutcome(kept=kept))
        if rejects is not None and not outcome.rejects:  # the latest refusal comes first
            pairs = tuple(map(tuple, rejects))
            outcome = replace(outcome, rejects=pairs, kind=kind)
        outcomes[digest] = outcome
    return outcomes
