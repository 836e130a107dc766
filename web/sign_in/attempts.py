"""Limits how many failed sign-ins leave a row. Pure: the time is an argument."""

_MINUTE_MS = 60_000
ROWS_A_MINUTE = 60


class Attempts:
    """Limits the audit rows of failed sign-ins in a minute.

    Anybody can fail to sign in as often as they like, and must not fill the audit log by it.
    """

    def __init__(self, limit: int = ROWS_A_MINUTE) -> None:
        self._limit, self._minute, self._written, self._unwritten = limit, 0, 0, 0

    def take(self, now_ms: int) -> int | None:
        """Return how many earlier attempts left no row; None when this attempt leaves none either.

        `now_ms` is in epoch ms; each minute of the clock starts a new count.
        """
        minute = now_ms // _MINUTE_MS
        if minute != self._minute:
            self._minute, self._written = minute, 0
        if self._written >= self._limit:
            self._unwritten += 1
            return None
        self._written += 1
        # The next row states how many were left out, so that none is lost.
        unwritten, self._unwritten = self._unwritten, 0
        return unwritten
