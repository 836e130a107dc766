"""The bounds of what can be read at all: times, lengths, counts. Never what is plausible.

What bounds the storage as well is taken from `model.storable`, so that it is said once.
"""

from model.storable import LAST_MS

EARLIEST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z: no format that is read is older
LONGEST_WORKOUT_MS = 7 * 86_400_000  # an expedition; anything longer is a wrong date
MOST_RECORDS = 100_000  # in one body of JSON; the largest sender known packs 2,500
MOST_OBJECTS = 250_000  # objects and lists in one body of JSON: two a sample, and some around them
MOST_VALUES = 1_500_000  # values in one body of JSON
MOST_SERIES = 256  # devices, by offset from UTC, in one body
MOST_FACTS = 4_096  # of one body
LONGEST_GAP_MS = (
    31 * 86_400_000
)  # between samples of one block: what lies between is derived anew with it
MOST_SESSIONS = 200  # in one file; the legs of a triathlon are five
MOST_SESSION_MS = (
    15 * 86_400_000
)  # of all sessions of a file together: seven days, and their legs once more


def readable(ms: int) -> bool:
    """Return whether an instant (epoch ms) lies in [2000, 2100)."""
    return EARLIEST_MS <= ms < LAST_MS
