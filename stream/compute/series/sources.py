"""The rank of sources, and the time for which their samples hold.

Clinical definition section 3.3 has the rank: chest strap, watch in a workout, watch in the
background, phone, manual entry. Values of samples do not matter.
"""

import numpy as np
from numpy.typing import NDArray

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

# The longest time for which a sample holds (clinical definition section 3.2), where samples come
# about once a minute and where they are farther apart.
LONG_HOLD_MS = 90_000
SPOT_HOLD_MS = 60_000
SPARSE_MS = 45_000  # samples this far apart come about once a minute
# The stream of a started workout has a sample every few seconds, whatever a single gap in it looks
# like, unless its device or an app on the way wrote one a minute.
STREAMED = (Method.WORKOUT,)


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
    """Return the longest time in ms for which a sample of a source holds, whatever follows it."""
    return MAX_GAP_MS if source.method in STREAMED else LONG_HOLD_MS


def hold_times(t: Instants) -> NDArray[np.int64]:
    """Return the longest time for which each sample holds, int64[n] in ms, by the spacing alone.

    `t` int64[n] epoch ms, strictly increasing. The spacing to the next sample decides: nearer than
    45 s it is a stream, up to 90 s it comes about once a minute, and farther away it is a reading
    on the spot, as the last sample is. No hour and no date has a part in it.
    """
    spacing = np.full(len(t), LONG_HOLD_MS + 1)
    np.subtract(t[1:], t[:-1], out=spacing[:-1])
    minutely = np.where(spacing <= LONG_HOLD_MS, LONG_HOLD_MS, SPOT_HOLD_MS)
    return np.where(spacing < SPARSE_MS, MAX_GAP_MS, minutely)


def streamed_hold_times(t: Instants, source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the longest time for which each sample of a workout's stream holds, int64[n] in ms.

    `t` as in `hold_times`, `source` int64[n] sets apart the sources of the samples. A gap in a
    stream is a gap: a sample holds 30 s. Only where two spacings in a row are of about a minute,
    the samples come once a minute and hold as such; the last of them holds as one on the spot.
    """
    spacing = np.diff(t)
    same = source[1:] == source[:-1]
    sparse = same & (spacing >= SPARSE_MS) & (spacing <= LONG_HOLD_MS)
    # Much later is as nothing: a workout of another day must change no sample of this one.
    ends = np.append(~same | (spacing > LONG_HOLD_MS), True)
    before, after = np.append(False, sparse[:-1]), np.append(sparse[1:], False)
    minutely = sparse & (before | after)
    hold = np.full(len(t), MAX_GAP_MS, np.int64)
    hold[:-1][minutely] = LONG_HOLD_MS
    hold[1:][minutely & ends[1:]] = SPOT_HOLD_MS
    return hold
