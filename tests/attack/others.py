"""The other patients, who report pain at a steady pace while an attack goes on.

Each report is waited for until its rows are stored.
"""

import math
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psycopg

from tests.attack.instruments.senders import Sender, Sent, pain_report
from tests.attack.product import Person, Product

_LOOK_S = 0.02
_AGAIN_S = 0.2
_STORED = """
select record, false from record where record = any(%(wanted)s)
union all select key, true from alert_finding where key = any(%(wanted)s) and current"""


class Others:
    """Sends reports of `people`, a report every `every_s` seconds.

    Leaving the block waits up to `grace_s` seconds for the last.
    """

    def __init__(
        self, on: Product, people: Sequence[Person], *, every_s: float = 1.0, grace_s: float = 8.0
    ) -> None:
        self._on, self._people, self._every_s, self._grace_s = on, people, every_s, grace_s
        self._sender, self._sent = Sender(on), Sent()
        self._stored: dict[str, float] = {}
        self._alerted: dict[str, float] = {}
        self._over, self._gone = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._report, args=(n, item), daemon=True)
            for n, item in enumerate(people)
        ]
        self._looking = threading.Thread(target=self._look, name="looking", daemon=True)

    def stored(self, since: float = 0.0, until: float = math.inf) -> list[float]:
        """Return the seconds from sending to the row, for each acknowledged report.

        The value is infinite where there is no row.
        """
        return self._seconds(self._stored, since, until)

    def alerted(self) -> list[float]:
        """Return the seconds from sending to the finding of the alert."""
        return self._seconds(self._alerted, 0.0, math.inf)

    def answered(self) -> list[float]:
        """Return how long each answer of the door took, infinite where it was not a 2xx."""
        answers = list(self._sent.answers.values())
        return [answer.seconds if answer.taken else math.inf for answer in answers]

    def records(self) -> list[str]:
        """Return the names of the acknowledged reports."""
        return list(self._sent.taken())

    def settle(self, seconds: float) -> None:
        """Wait, `seconds` at most, until everything acknowledged is stored and has its alert."""
        deadline = time.monotonic() + seconds
        while self._missing() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """Send no more."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        for thread in (*self._threads, self._looking):
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if error is None:
            self.settle(self._grace_s)
        self._gone.set()
        self._looking.join()

    def _seconds(self, seen: dict[str, float], since: float, until: float) -> list[float]:
        sent = self._sent.taken()
        return [seen.get(name, math.inf) - at for name, at in sent.items() if since <= at <= until]

    def _missing(self) -> list[str]:
        return [
            name
            for name in self._sent.taken()
            if name not in self._stored or name not in self._alerted
        ]

    def _report(self, number: int, person: Person) -> None:
        """Post reports until the block is left.

        The first reports of different people are spread over the pace.
        """
        count, pause = 0, self._every_s * number / len(self._people)
        while not self._over.wait(pause):
            began = time.monotonic()
            name = f"{person.account}-{count}"
            self._sent.note(name, began, self._sender.report(pain_report(person.account, name)))
            count, pause = count + 1, max(0.0, began + self._every_s - time.monotonic())

    def _look(self) -> None:
        while not self._gone.is_set():
            try:
                with psycopg.connect(self._on.dsn, autocommit=True) as conn:
                    while not self._gone.wait(_LOOK_S):
                        self._find(conn)
            except psycopg.Error:  # an attack may take the database away
                self._gone.wait(_AGAIN_S)

    def _find(self, conn: psycopg.Connection) -> None:
        wanted = self._missing()
        if not wanted:
            return
        for name, alerted in conn.execute(_STORED, {"wanted": wanted}).fetchall():
            (self._alerted if alerted else self._stored).setdefault(name, time.monotonic())
