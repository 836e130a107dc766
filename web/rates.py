"""Rates as token buckets, one per key, in bounded memory. Pure: `now` is an argument. Keys never leave it."""

import math
from collections import OrderedDict
from dataclasses import dataclass, field

MOST_KEYS = 10_000


@dataclass(slots=True)
class Buckets:
    """Lets `rate` events a second through for each key, and `burst` at once; a rate of 0 lets all through.

    The key that was used longest ago is forgotten beyond `most` keys, so no sender fills the memory
    with keys. A forgotten key starts with a full bucket again.
    """

    rate: float
    burst: float
    most: int = MOST_KEYS
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, key: str, now: float) -> float:
        """Take one event of `key` at `now` (seconds, a steady clock); return 0, or the seconds to wait for one."""
        if self.rate <= 0:
            return 0.0
        level, at = self._levels.pop(key, (self.burst, now))
        level = min(level + (now - at) * self.rate, self.burst)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        if len(self._levels) > self.most:
            self._levels.popitem(last=False)
        return 0.0 if allowed else (1 - level) / self.rate


def retry_after(wait_s: float) -> str:
    """Return a wait as the value of Retry-After: whole seconds, at least one."""
    return str(max(math.ceil(wait_s), 1))
