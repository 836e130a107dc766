"""Rates as token buckets, a bucket for each key, in bounded memory.

Pure: `now` is an argument. The keys may be addresses or patients, and never leave this module.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field

MOST_KEYS = 10_000


@dataclass(slots=True)
class Buckets:
    """Lets through `rate` events a second for each key, and `burst` of them at once.

    A rate of 0 lets everything through. Beyond `most` keys, the key that was used longest ago is
    forgotten, so that no sender can fill the memory with keys. A forgotten key starts again with a
    full bucket.
    """

    rate: float
    burst: float
    most: int = MOST_KEYS
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, key: str, now: float) -> float:
        """Take an event of `key` at `now`; return 0, or the seconds to wait for the next event.

        `now` is in seconds of a steady clock.
        """
        if self.rate <= 0:
            return 0.0
        # taken out and put back at the end: the order of the dict is the order of last use
        level, at = self._levels.pop(key, (self.burst, now))
        level = min(level + (now - at) * self.rate, self.burst)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        if len(self._levels) > self.most:
            self._levels.popitem(last=False)
        return 0.0 if allowed else (1 - level) / self.rate


def retry_after(wait_s: float) -> str:
    """Return a wait as the value of Retry-After: full seconds, at least 1."""
    return str(max(math.ceil(wait_s), 1))
