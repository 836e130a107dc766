"""Writes the FIT file of a walk as a watch does. Nothing of it is anybody's.

    python -m simulate.exports.fit walk.fit

The walk is half an hour at 10:00 (UTC+1) on the day before, with a heart rate each second.
"""

import numpy as np

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, rfc3339
from simulate.exports.written_files import path_to_write, print_truth, until_ms, writing_parser
from simulate.fit_writer import Recording, write_activity

_START_MS, _LENGTH_MS = 9 * HOUR_MS, 30 * MINUTE_MS
_EAST_MIN = 60


def walk_before(end_ms: int) -> Recording:
    """Return the walk of the day that ends at a midnight (UTC)."""
    start_ms = end_ms - DAY_MS + _START_MS
    t = np.arange(start_ms, start_ms + _LENGTH_MS, 1000, dtype=np.int64)
    seconds = (t - start_ms) / 1000
    # it takes five minutes to get going, and then the rate swings a little
    rate = 85 + 30 * np.minimum(seconds / 300, 1) + 4 * np.sin(seconds / 60)
    columns = {"heart_rate": np.round(rate), "cadence": np.full(t.size, 108.0)}
    return Recording(
        start_ms=start_ms,
        end_ms=start_ms + _LENGTH_MS,
        sport="walking",
        offset_min=_EAST_MIN,
        t=t,
        columns=columns,
    )


def _main() -> None:
    parser = writing_parser("fit", __doc__, "the .fit file")
    arguments = parser.parse_args()
    path = path_to_write(parser, arguments)
    walk = walk_before(until_ms(arguments))
    path.write_bytes(write_activity(walk))
    print_truth(path, {"start": rfc3339(walk.start_ms), "end": rfc3339(walk.end_ms)})


if __name__ == "__main__":
    _main()
