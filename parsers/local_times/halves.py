"""The halves of a day on a clock of 12 hours, as phones of many languages write them. Pure.

Nothing is guessed here: a word that is not listed is none.
"""

import re

# Case, points, blanks and marks of direction do not count: "p.\u00a0m." and "PM" are one word.
_LEFT_OUT = re.compile(r"[\s.\u200e\u200f]")
_MORNING = frozenset(
    """am a fm vorm ap de dop öö sa проб πμ ص قظ 上午 오전 午前""".split()  # noqa: SIM905 - words
)
_AFTERNOON = frozenset(
    """pm p em nachm ip du odp ös ch слоб μμ م بظ 下午 오후 午後""".split()  # noqa: SIM905 - words
)
_NOON = 12


def hours_of_clock(hour: int, written: str) -> list[int]:
    """Return the hours of 0 to 23 that an hour of a clock of 12 with a word beside it may be.

    A word of an unknown language may be either half; an hour that such a clock lacks is none.

    >>> hours_of_clock(12, "A.M."), hours_of_clock(6, "p.\u00a0m."), hours_of_clock(6, "usiku")
    ([0], [18], [6, 18])
    """
    if not 1 <= hour <= _NOON:
        return []
    word, morning = _LEFT_OUT.sub("", written).lower(), hour % _NOON
    if word in _MORNING:
        return [morning]
    return [morning + _NOON] if word in _AFTERNOON else [morning, morning + _NOON]
