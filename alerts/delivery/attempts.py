"""How long a message waits for its next attempt, and when it is given up. Pure.

A receiver that fails is left alone for a growing while, whatever messages wait for it. A message
that a receiver refuses holds back only those that must not overtake it.
"""

from dataclasses import dataclass

from model.calendar import DAY_MS, HOUR_MS
from model.messages.outgoing import AttemptResult
from storage.alerts.outbox import Waiting

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 5_000, 900_000
# Like every such time it is counted from the first attempt: a message that waited behind another
# has all of its time.
GIVE_UP_MS = 3 * DAY_MS
# Sent unchanged, it would be refused again: only a repair at the receiver helps.
REFUSED_GIVE_UP_MS = HOUR_MS


@dataclass(slots=True, kw_only=True)
class ReceiverPause:
    """Until when a receiver is left alone (epoch ms), after how many failures in a row.

    A process keeps it in memory: after a restart it tries once, and learns it again.
    """

    until_ms: int = 0
    failures: int = 0

    def note(self, attempt: AttemptResult, now_ms: int) -> None:
        """Note what came of an attempt."""
        if not attempt.why or attempt.refused:
            self.until_ms, self.failures = now_ms + attempt.wait_ms, 0
            return
        self.failures += 1
        self.until_ms = now_ms + max(pause_ms(self.failures), attempt.wait_ms)


def pause_ms(attempts: int) -> int:
    """Return how many ms to wait after the `attempts`-th failure.

    The pause is 5 s at first, doubles each time, and is at most a quarter of an hour.
    """
    return int(min(FIRST_PAUSE_MS * 2 ** min(attempts - 1, 16), LONGEST_PAUSE_MS))


def next_try_ms(
    row: Waiting, attempt: AttemptResult, now_ms: int, give_up_ms: int = GIVE_UP_MS
) -> int | None:
    """Return when a message that failed is tried again (epoch ms), None where it is given up."""
    began_ms = now_ms if row.tried_ms is None else row.tried_ms
    patience_ms = min(give_up_ms, REFUSED_GIVE_UP_MS) if attempt.refused else give_up_ms
    if now_ms - began_ms >= patience_ms:
        return None
    return now_ms + max(pause_ms(row.attempts + 1), attempt.wait_ms)
