"""The results of a patient's replay, and their lines in the audit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from model.derived.changes import DerivedChange
from storage import audit
from storage.audit_actions import AuditAction
from storage.derived.compare import Difference
from storage.pg.pool import Connection
from stream.replay.context import ReplayContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """Counts of a patient's bodies by their outcome, and the changes of derived rows.

    Reports can be added. `read` counts bodies that were read, `stored_anew` those whose stored
    facts were replaced. The facts of other bodies stay as they are: `unreadable` cannot be opened
    or read today, `no_consent` were not covered by a consent when they were received, and `left`
    belong together with bodies that cannot be read. `differences` are those of a rehearsal.
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
        """Return the sum of two reports of the same patient."""
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
    action: AuditAction,
    patient: str,
    target: str,
    *,
    changes: Sequence[DerivedChange] = (),
    bodies: int = 0,
) -> None:
    """Add a line to the audit with the numbers of bodies and rows, and without their values.

    `target` is the connector or the algorithm that the action concerns.
    """
    # counts only: the audit outlives what it speaks of, and must hold no health value
    counts = Counter(map(attrgetter("what"), changes))
    entry = audit.AuditEntry(
        at_ms=context.now(),
        actor=context.actor,
        action=action,
        patient=patient,
        object=target,
        detail={"bodies": bodies, **dict(sorted(counts.items()))},
    )
    await audit.write_entry(conn, entry)
