"""What the parts of a replay share: its means, its scope, what it did, and deriving a span anew. Decides nothing."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import uuid4

from model.calendar import DAY_MS
from model.derived import DerivedChange
from model.keyring import KeyRing, Keys
from model.spans import Span
from storage import audit
from storage.alerts import outbox
from storage.audit_actions import Action
from storage.bodies.body_store import BodyStore
from storage.derived import compare, write
from storage.pg.pool import Connection, Pool
from stream.compute.derive import derive
from stream.derive_batch import CHANNEL, event

PIECE_MS = 28 * DAY_MS  # derived in one go: years of samples need not fit in memory
FIRST_MS, LAST_MS = 0, 2**62

Transaction: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]  # one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayContext:
    """What a replay works with. `now` gives epoch ms; `seen` hears after each body how many of how many are read."""

    pool: Pool
    bodies: BodyStore
    wrapping: Keys
    now: Callable[[], int]
    actor: audit.Actor
    seen: Callable[[int, int], None] = lambda _done, _all: None

    @property
    def wrapping_key(self) -> KeyRing:
        """Return the keys that wrap patients' data keys, as they are now; ask anew for each use."""
        return self.wrapping()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to replay: connectors (empty: all), and [from, to) in epoch ms.

    That is of receipt, or of measurement with `derive_only`. Bodies that today's version of their parser has read
    already are left out unless `again`.
    """

    sources: frozenset[str] = frozenset()
    from_ms: int = FIRST_MS
    to_ms: int = LAST_MS
    again: bool = False
    derive_only: bool = False

    @property
    def whole(self) -> bool:
        """Tell whether nothing is left out."""
        return not self.sources and (self.from_ms, self.to_ms) == (FIRST_MS, LAST_MS)


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What a replay did with one patient: bodies by what became of them, and what changed in derived rows.

    `unreadable` cannot be opened or read today, `no_consent` were not covered at their receipt, `left` belong to
    ones that cannot be read: all these stand as they were.
    """

    patient: str
    read: int = 0
    told_anew: int = 0
    unreadable: int = 0
    no_consent: int = 0
    left: int = 0
    changes: list[DerivedChange] = field(default_factory=list)
    differences: tuple[compare.Difference, ...] = ()


def pieces(spans: Sequence[Span]) -> list[Span]:
    """Return the spans cut into pieces of four weeks."""
    return [
        Span(start_ms=start, end_ms=min(start + PIECE_MS, span.end_ms))
        for span in spans
        for start in range(span.start_ms, span.end_ms + 1, PIECE_MS)
    ]


async def derive_span(
    conn: Connection, means: ReplayContext, replayed: Replayed, span: Span
) -> list[DerivedChange]:
    """Derive the dates of a span anew and send on what changed, in the caller's transaction."""
    window = await write.load_window(conn, replayed.patient, [span])
    changes = await write.replace(conn, replayed.patient, window, derive(window))
    if changes:
        key = f"replay/{uuid4()}"
        await outbox.put(
            conn, CHANNEL, key, replayed.patient, event(replayed.patient, changes), means.now()
        )
        await outbox.notify(conn, [replayed.patient])
    replayed.changes += changes
    return list(changes)


async def write_down(
    conn: Connection,
    means: ReplayContext,
    action: Action,
    replayed: Replayed,
    what: str,
    changes: Sequence[DerivedChange],
    bodies: int = 0,
) -> None:
    """Add one line to the audit: how many bodies and rows, never which values."""
    counts = {
        kind: sum(change.what == kind for change in changes)
        for kind in sorted({change.what for change in changes})
    }
    entry = audit.Entry(
        at_ms=means.now(),
        actor=means.actor,
        action=action,
        patient=replayed.patient,
        object=what,
        detail={"bodies": bodies, **counts},
    )
    await audit.write(conn, entry)
