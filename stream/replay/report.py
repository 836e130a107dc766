"""What a replay did with one patient: results that are added up, and their lines in the audit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from model.derived import DerivedChange
from storage import audit
from storage.audit_actions import Action
from storage.derived.compare import Difference
from storage.pg.pool import Connection
from stream.replay.context import ReplayContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """Bodies of one patient by what became of them, and what changed in derived rows.

    Reports add up. `read` were read, `stored_anew` replaced what was stored of them. `unreadable`
    cannot be opened or read today, `no_consent` were not covered at their receipt, `left` belong to
    bodies that cannot be read: what is stored of all these stays as it is. `differences` are those
    of a dry run.
    """

    patient: str
    read: int = 0
    stored_anew: int = 0
    unreadable: int = 0
    no_consent: int = 0
    left: int = 0
    changes: tuple[DerivedChange, ...] = ()
    differences: tuple[Difference, ...] = ()

    def __add__(self, other: "ReplayReport") -> "ReplayReport":
        """Return both reports, of one patient, as one."""
        return ReplayReport(
            patient=self.patient,
            read=self.read + other.read,
            stored_anew=self.stored_anew + other.stored_anew,
            unreadable=self.unreadable + other.unreadable,
            no_consent=self.no_consent + other.no_consent,
            left=self.left + other.left,
            changes=self.changes + other.changes,
            differences=self.differences + other.differences,
        )


async def write_audit(
    conn: Connection,
    context: ReplayContext,
    action: Action,
    patient: str,
    target: str,
    *,
    changes: Sequence[DerivedChange] = (),
    bodies: int = 0,
) -> None:
    """Add one line to the audit: how many bodies and rows, never which values.

    `target` is the connector or the algorithm that the action was about.
    """
    counts = Counter(change.what for change in changes)
    entry = audit.Entry(
        at_ms=context.now(),
        actor=context.actor,
        action=action,
        patient=patient,
        object=target,
        detail={"bodies": bodies, **dict(sorted(counts.items()))},
    )
    await audit.write(conn, entry)
