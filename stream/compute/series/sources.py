"""The rank of sources, and the time for which their samples hold.

Clinical definition section 3.3 has the rank: chest strap, watch in a workout, watch in the
background, phone, manual entry. Values of samples do not matter.
"""

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS
from model.facts import DeviceType, Instants, Method, Source
from stream.compute.intensity.zones import MAX_GAP_MS

# The first row that fits gives the rank; None fits anything. A source that names no device ranks
# below a source that does.
RANKS: tuple[tuple[DeviceType | None, Method | None], ...] = (
    (DeviceType.STRAP, None),
    (DeviceType.WATCH, Method.WORKOUT),
    (DeviceType.UNKNOWN, Method.WORKOUT),
    (DeviceType.WATCH, None),
    (DeviceType.PHONE, None),
    (None, None),
)

# The longest time for which a sample holds (clinical definition section 3.2) where samples come
# about once a minute. Samples of a workout's stream hold for `MAX_GAP_MS`.
LONG_HOLD_MS = 90_000
HOLD_MS: dict[Method, int] = {Method.BACKGROUND: LONG_HOLD_MS, Method.UNKNOWN: LONG_HOLD_MS}
SPARSE_MS = 45_000  # samples this far apart come about once a minute


def source_rank(source: Source) -> int:
    """Return the rank of a source: 0 is the best, and manual entry comes last."""
    if source.method is Method.MANUAL or source.device_type is DeviceType.PERSON:
        return len(RANKS)
    for rank, (device_type, method) in enumerate(RANKS):
        if device_type in (None, source.device_type) and method in (None, source.method):
            return rank
    raise LookupError("the last row fits every source")


def source_key(source: Source) -> tuple[str, ...]:
    """Return a source as a key that sorts."""
    return (source.vendor, source.app, source.device, source.device_type.value, source.method.value)


def source_order(source: Source) -> tuple[int, tuple[str, ...]]:
    """Return the key that puts the best source first: by rank, then by name."""
    return source_rank(source), source_key(source)


def hold_ms(source: Source) -> int:
    """Return the longest time in ms for which a sample of a source holds."""
    return HOLD_MS.get(source.method, MAX_GAP_MS)


def hold_times(source: Source, t: Instants) -> NDArray[np.int64]:
    """Return the longest time for which each sample of a source holds, int64[n] in ms.

    `t` int64[n] epoch ms, strictly increasing. Where a source does not state its method, the
    spacing of samples decides: a sample with a neighbour nearer than 45 s in its UTC hour belongs
    to a stream, and others come about once a minute. Only the hour of a sample matters, so any
    window of complete hours gives the same result.
    """
    holds = np.full(len(t), hold_ms(source), np.int64)
    if source.method is Method.UNKNOWN and len(t) > 1:
        hour = t // HOUR_MS
        near_next = (t[1:] - t[:-1] < SPARSE_MS) & (hour[1:] == hour[:-1])
        of_stream = np.append(near_next, False) | np.append(False, near_next)
        holds[of_stream] = MAX_GAP_MS
    return holds
