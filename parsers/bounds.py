"""The bounds of what can be read at all: times, lengths and counts. Never what is plausible.

Bounds that hold for the storage as well come from `model.storable`, so that each is defined once.
"""

from model.storable import LAST_MS

EARLIEST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z: no format that is read is older
LONGEST_WORKOUT_MS = 7 * 86_400_000  # an expedition; anything longer is a wrong date
MOST_RECORDS = 100_000  # in one body of JSON; the largest sender known packs 2,500
MOST_OBJECTS = 250_000  # objects and lists in one body of JSON: two a sample, and some around them
MOST_VALUES = 1_500_000  # values in one body of JSON
MOST_SERIES = 256  # devices, by offset from UTC, in one body
MOST_FACTS = 4_096  # of one body
# Between samples of one block. The days between them are derived anew together with the block.
LONGEST_GAP_MS = 31 * 86_400_000
MOST_FILE_SESSIONS = 200  # in one file; the legs of a triathlon are five
# Of all sessions of a file together: seven days, and the legs of these sessions once more.
MOST_SESSION_MS = 15 * 86_400_000


def readable(ms: int) -> bool:
    """Return whether an instant (epoch ms) lies in [2000, 2100)."""
    return EARLIEST_MS <= ms < LAST_MS
