"""When a failed fetch is tried again, and when it is given up. Pure.

An outage of a day is caught up: what fails is tried for a week, at least once in an hour.
"""

from model.calendar import DAY_MS, HOUR_MS
from storage.fetching.queue import DONE, FAILING, GIVEN_UP, WAITING, Became, TakenFetch

_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 15_000, HOUR_MS
PATIENCE_MS = 7 * DAY_MS  # after the announcement
_PARTIAL_TRIES = 4
_DOUBLINGS = 12  # by then the longest pause is reached


def retry_pause_ms(failed: int, chance: float) -> int:
    """Return the pause after the `failed`th failure, in ms; `chance` is a random number in [0, 1).

    It doubles up to an hour. Half of it is left to chance, so that what failed together does not
    come again together.
    """
    longest = min(_FIRST_PAUSE_MS << min(max(failed, 1) - 1, _DOUBLINGS), _LONGEST_PAUSE_MS)
    return longest // 2 + int(longest / 2 * chance)


def after_failure(taken: TakenFetch, why: str, now_ms: int, chance: float) -> Became:
    """Return what becomes of a fetch that failed and may succeed later."""
    failed = taken.attempts + 1
    if now_ms - taken.noticed_ms >= PATIENCE_MS:
        return Became(state=GIVEN_UP, reason=f"given up after a week: {why}", attempts=failed)
    again_ms = now_ms + retry_pause_ms(failed, chance)
    return Became(state=FAILING, reason=why, attempts=failed, again_ms=again_ms)


def after_partial(taken: TakenFetch, why: str, now_ms: int, chance: float) -> Became:
    """Return what becomes of a fetch whose answer is on the log and was only a beginning."""
    failed = taken.attempts + 1
    # some files are as short as that for ever, and what there is of them is kept
    if failed >= _PARTIAL_TRIES:
        return Became(state=GIVEN_UP, reason=f"given up: {why}, which is kept", attempts=failed)
    return after_failure(taken, why, now_ms, chance)


def after_success(taken: TakenFetch, why: str = "") -> Became:
    """Return what becomes of a fetch whose answer is on the log, or that has none."""
    return Became(state=DONE, reason=why, attempts=taken.attempts)


def after_refusal(taken: TakenFetch, why: str) -> Became:
    """Return what becomes of a fetch that would be refused again."""
    return Became(state=GIVEN_UP, reason=why, attempts=taken.attempts + 1)


def untried(taken: TakenFetch, why: str, again_ms: int | None = None) -> Became:
    """Return what becomes of a fetch that was not tried, through no fault of its own."""
    state = FAILING if taken.attempts else WAITING
    return Became(state=state, reason=why, attempts=taken.attempts, again_ms=again_ms)
