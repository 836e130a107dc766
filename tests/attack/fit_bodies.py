"""FIT files for the attacks: valid files of a wanted size, written by the simulator's writer.

Pure.
"""

import numpy as np

from simulate.fit_writer import Recording, write_activity

SECOND_MS = 1000
_FIELDS = (
    40  # developer fields of four bytes: most of a large file is what an app on the watch adds
)
PER_ACTIVITY = 50_000  # seconds; a file of several days holds several activities


def large(size: int, *, start_ms: int, serial: int = 1) -> bytes:
    """Return a file of at least `size` bytes.

    It holds activities in a row, with a reading each second.
    """
    parts: list[bytes] = []
    while (held := sum(map(len, parts))) < size:
        begins = start_ms + len(parts) * PER_ACTIVITY * SECOND_MS
        parts.append(
            activity_file(
                begins,
                min(PER_ACTIVITY, 1 + (size - held) // (4 * _FIELDS)),
                serial,
                fields=_FIELDS,
            )
        )
    return b"".join(parts)


def activity_file(start_ms: int, seconds: int, serial: int = 1, *, fields: int = 0) -> bytes:
    """Return an activity with heart rate and speed each second, and with extra developer fields."""
    t = start_ms + np.arange(seconds, dtype=np.int64) * SECOND_MS
    wave = np.sin(np.arange(seconds) / 300)
    return write_activity(
        Recording(
            start_ms=start_ms,
            end_ms=start_ms + seconds * SECOND_MS,
            t=t,
            columns={"heart_rate": np.rint(110 + 30 * wave), "speed": 2 + wave},
            developer={f"field {n}": wave * n for n in range(fields)},
            serial=serial,
        )
    )
