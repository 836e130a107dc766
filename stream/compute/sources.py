"""How sources rank against each other, and how long a sample of each holds. Never looks at a value.

Rank (clinical definition section 3.3): chest strap, watch in a workout, watch in the background, phone, typed by hand.
"""

from ...model.facts import DeviceType, Method, Source
from .zones import MAX_GAP_MS

# The first row that fits gives the rank; None fits anything. What names no device ranks below what does.
RANKS: tuple[tuple[DeviceType | None, Method | None], ...] = (
    (DeviceType.STRAP, None),
    (DeviceType.WATCH, Method.WORKOUT),
    (DeviceType.UNKNOWN, Method.WORKOUT),
    (DeviceType.WATCH, None),
    (DeviceType.PHONE, None),
    (None, None),
)

# How long a sample holds (section 3.2): background series are of about one a minute.
HOLD_MS: dict[Method, int] = {Method.BACKGROUND: 90_000}


def rank(source: Source) -> int:
    """Return how a source ranks, 0 the best: row of `RANKS`, and after all of them what was typed in by hand."""
    if source.method is Method.MANUAL or source.device_type is DeviceType.PERSON:
        return len(RANKS)
    fits = (d in (None, source.device_type) and m in (None, source.method) for d, m in RANKS)
    return list(fits).index(True)


def identity(source: Source) -> tuple[str, ...]:
    """Return a source as a key that sorts."""
    return (source.vendor, source.app, source.device, source.device_type.value, source.method.value)


def precedence(source: Source) -> tuple[int, tuple[str, ...]]:
    """Return the key by which sources speak before each other: rank, then name."""
    return rank(source), identity(source)


def hold_ms(source: Source) -> int:
    """Return for how long a sample of a source holds at most, in ms."""
    return HOLD_MS.get(source.method, MAX_GAP_MS)
