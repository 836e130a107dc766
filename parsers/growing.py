"""The revision of what only grows by nature, which is its size. Pure.

Totals of a day and partial slots are sent again as they grow, and the greater one counts whatever
comes first and whatever the sender states of its own revisions.
"""

from collections.abc import Mapping

from model.metrics import METRIC

_THOUSANDTHS = 1_000  # of a total that makes its revision
_SIZE_BITS = 41  # more than the thousandths of the greatest totals that are read


def size_of_totals(totals: Mapping[str, float]) -> int:
    """Return how much has been counted, by metric, as a number that grows; 0 for nothing counted.

    What does not grow, such as a resting heart rate, may be corrected down as well as up, so it has
    no part in the size.

    >>> size_of_totals({"steps": 8000.0, "resting_heart_rate": 55.0})
    8000000
    """
    grown = (total for metric, total in totals.items() if METRIC[metric].over_interval)
    return int(sum(grown) * _THOUSANDTHS)


def size_of_stretch(length_s: int, totals: Mapping[str, float]) -> int:
    """Return the size of totals of a stretch: the longer is greater, and of equally long the more.

    >>> size_of_stretch(900, {"steps": 1.0}) > size_of_stretch(899, {"steps": 9.0})
    True
    >>> size_of_stretch(900, {"steps": 9.0}) > size_of_stretch(900, {"steps": 1.0})
    True
    """
    return (length_s << _SIZE_BITS) + size_of_totals(totals)
