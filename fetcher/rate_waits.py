"""For how long a vendor is left alone: after a 429, and by what its answer states. Pure.

Whoever asks obeys (`asking.py`). When a failed fetch is tried again is another question
(`attempts.py`).
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from model.calendar import DAY_MS, epoch_ms

_LONGEST_WAIT_MS = DAY_MS  # no vendor's window is longer
_USUAL_WAIT_MS = 60_000  # where a vendor wants us to wait and does not say how long


def wait_ms(headers: Mapping[str, str], now_ms: int) -> int:
    """Return for how long `Retry-After` wants us to wait, in ms, at most a day; 0 without one.

    It holds seconds or a date. What cannot be read is as long as a usual wait.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return 0
    if text.isascii() and text.isdigit():
        # cut before it is read: a text of thousands of digits is no number here
        return min(int(text[:9]) * 1000, _LONGEST_WAIT_MS)
    try:
        until_ms = epoch_ms(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return _USUAL_WAIT_MS
    return max(0, min(until_ms - now_ms, _LONGEST_WAIT_MS))


def slower_ms(headers: Mapping[str, str], rate_wait_s: int, now_ms: int) -> int:
    """Return for how long to ask nothing after a 429, in ms."""
    return max(wait_ms(headers, now_ms), rate_wait_s * 1000) or _USUAL_WAIT_MS
