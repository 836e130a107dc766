"""Watches from outside how far the workers are: reads the offset ledger twenty times a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from model.calendar import utc
from tests.background import Background
from tests.chaos.world import END_MS

_STEP_S = 0.05
_LOOK = """
select coalesce(sum(next_offset) filter (where topic like 'kadens.raw@%%'), 0)::bigint,
       coalesce(sum(next_offset) filter (where topic like 'kadens.facts@%%'), 0)::bigint,
       (select count(*) from due where at <= %s)
       + (select count(*) from outbox where sent_at is null and channel = 'derived')
from stream_offset"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at the ledger.

    It has the sums of finished messages of raw and facts, and how many patients and events wait.
    """

    raw: int
    facts: int
    waiting: int


_NOTHING = Look(raw=0, facts=0, waiting=1)


class Gauge(Background):
    """Looks at the database again and again in a thread.

    `dsn()` gives the address of the database at that moment. `start` is the sum of the log's
    starts; offsets beyond it are progress.
    """

    def __init__(self, dsn: Callable[[], str], start: int) -> None:
        super().__init__(_STEP_S)
        self._dsn, self.latest = dsn, _NOTHING
        self._best, self._looked_at = start, 0.0
        # when a look before the progress began, and when the progress was seen
        self._advances: list[tuple[float, float]] = []

    def progress_after(self, instant: float) -> float | None:
        """Return when the first progress after a monotonic instant was seen, None when none was.

        What was seen by the first look after the instant may have happened before it, so that does
        not count.
        """
        return next((seen for before, seen in self._advances if before >= instant), None)

    def run(self) -> None:
        """Look over a connection, and connect again whenever the database was gone."""
        while self.goes_on():
            try:
                with psycopg.connect(self._dsn(), autocommit=True) as conn:
                    self._look_over(conn)
            except psycopg.Error:
                continue

    def _look_over(self, conn: psycopg.Connection) -> None:
        while self.goes_on():
            before, self._looked_at = self._looked_at, time.monotonic()
            row = conn.execute(_LOOK, [utc(END_MS)]).fetchone()
            if row is not None:
                self._note(Look(raw=row[0], facts=row[1], waiting=row[2]), before)

    def _note(self, look: Look, before: float) -> None:
        self.latest = look
        if look.raw + look.facts > self._best:
            self._best = look.raw + look.facts
            self._advances.append((before, time.monotonic()))
