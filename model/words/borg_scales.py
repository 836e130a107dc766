"""Borg's two scales of exertion, and where they use the same words. Pure.

A number without its scale means nothing. An answer stays on the scale on which it was given; only
where a figure must cross from one scale to the other does it do so here.
"""

import bisect
from collections.abc import Sequence

CR10_SCALE, BORG_6_20_SCALE = "borg-cr10", "borg-6-20"

# (CR10, 6-20) where both of Borg's scales use the same words, from "nothing" to "extremely strong".
ANCHORS: tuple[tuple[float, float], ...] = (
    (0, 6),
    (0.5, 7),
    (1, 9),
    (2, 11),
    (4, 13),
    (5, 15),
    (7, 17),
    (10, 19),
)
_CR10, _BORG_6_20 = zip(*ANCHORS, strict=True)


def rpe_6_20(cr10: float) -> float:
    """Return an exertion on Borg CR10 as a value on Borg 6-20, linear between the anchors.

    Beyond the anchors it is the value of the nearest anchor.

    >>> rpe_6_20(3)
    12.0
    """
    return _between(cr10, _CR10, _BORG_6_20)


def rpe_cr10(borg_6_20: float) -> float:
    """Return an exertion on Borg 6-20 as a value on Borg CR10, linear between the anchors.

    >>> rpe_cr10(12)
    3.0
    """
    return _between(borg_6_20, _BORG_6_20, _CR10)


def on_cr10(value: float, scale: str) -> float | None:
    """Return an exertion as a value on Borg CR10, None for a scale that is not Borg's."""
    if scale == CR10_SCALE:
        return value
    return rpe_cr10(value) if scale == BORG_6_20_SCALE else None


def _between(value: float, known: Sequence[float], other: Sequence[float]) -> float:
    above = bisect.bisect_right(known, value)
    if above == 0:
        return float(other[0])
    if above == len(known):
        return float(other[-1])
    share = (value - known[above - 1]) / (known[above] - known[above - 1])
    return float(other[above - 1] + share * (other[above] - other[above - 1]))
