"""How sources rank against each other, and how long a sample of each holds. Never looks at a value.

Rank (clinical definition section 3.3): chest strap, watch in a workout, watch in the background, phone, typed by hand.
"""

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS
from model.facts import DeviceType, Instants, Method, Source
from stream.compute.intensity.zones import MAX_GAP_MS

# The first row that fits gives the rank; None fits anything. What names no device ranks below what does.
RANKS: tuple[tuple[DeviceType | None, Method | None], ...] = (
    (DeviceType.STRAP, None),
    (DeviceType.WATCH, Method.WORKOUT),
    (DeviceType.UNKNOWN, Method.WORKOUT),
    (DeviceType.WATCH, None),
    (DeviceType.PHONE, None),
    (None, None),
)

# How long a sample holds at most (section 3.2): of a workout stream, of data of about one a minute. A source that does
# not say how it records is judged by its own samples, see `holds`.
LONG_MS = 90_000
HOLD_MS: dict[Method, int] = {Method.BACKGROUND: LONG_MS, Method.UNKNOWN: LONG_MS}
SPARSE_MS = 45_000  # a sample this far from its neighbours is one of about one a minute


def source_rank(source: Source) -> int:
    """Return how a source ranks, 0 the best: row of `RANKS`, and after all of them what was typed in by hand."""
    if source.method is Method.MANUAL or source.device_type is DeviceType.PERSON:
        return len(RANKS)
    fits = (d in (None, source.device_type) and m in (None, source.method) for d, m in RANKS)
    return list(fits).index(True)


def source_key(source: Source) -> tuple[str, ...]:
    """Return a source as a key that sorts."""
    return (source.vendor, source.app, source.device, source.device_type.value, source.method.value)


def source_order(source: Source) -> tuple[int, tuple[str, ...]]:
    """Return the key by which sources speak before each other: rank, then name."""
    return source_rank(source), source_key(source)


def hold_ms(source: Source) -> int:
    """Return for how long a sample of a source holds at most, in ms."""
    return HOLD_MS.get(source.method, MAX_GAP_MS)


def hold_times(source: Source, t: Instants) -> NDArray[np.int64]:
    """Return for how long each sample of a source holds at most, in ms. `t` int64[n] epoch ms, strictly increasing.

    Of a source that does not say how it records, samples with a neighbour nearer than 45 s in their UTC hour are of a
    stream, the others of about one a minute. Only the hour decides, so that any window of whole hours gives the same.
    """
    matches = np.full(len(t), hold_ms(source), np.int64)
    if source.method is Method.UNKNOWN and len(t) > 1:
        hour = t // HOUR_MS
        near = (t[1:] - t[:-1] < SPARSE_MS) & (hour[1:] == hour[:-1])
        matches[np.append(near, False) | np.append(False, near)] = MAX_GAP_MS
    return matches
