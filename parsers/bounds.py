"""The bounds of what can be read at all, in one place: times, lengths, counts. Never what is plausible."""

FIRST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z: nothing that Kadens reads is older than its formats
LAST_MS = 4_102_444_800_000  # 2100-01-01T00:00:00Z
LONGEST_WORKOUT_MS = 7 * 86_400_000  # an expedition; anything longer is a wrong date
LONGEST_TEXT = 256  # characters of an id or a name
MOST_RECORDS = 100_000  # in one body of JSON; the largest sender known packs 2,500


def readable(ms: int) -> bool:
    """Return whether an instant (epoch ms) lies in [2000, 2100)."""
    return FIRST_MS <= ms < LAST_MS
