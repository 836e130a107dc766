"""The unit beside a value of a phone's export, as a conversion to that of our metric. Pure.

The spellings that all formats share are in `model/words/units.py`.
"""

from functools import lru_cache

from model.facts import RejectKind
from model.metrics import METRIC
from model.words.units import Unit, unit_conversion
from parsers.fields import Unreadable

# The app has one unit for these. It spells "count" in the phone's language, and early versions
# leave it away or write it for beats a minute.
_COUNTED_UNITS = frozenset({"{steps}", "{floors}"})
_RATE, _RATE_WORDS = "/min", frozenset({"", "count"})


@lru_cache(maxsize=1024)
def _known_unit(metric: str, units: str) -> Unit | None:
    ours = METRIC[metric].unit
    if ours in _COUNTED_UNITS or (ours == _RATE and units in _RATE_WORDS):
        return Unit(units, ours)
    return unit_conversion(units, ours)


def written_unit(metric: str, units: object) -> Unit:
    """Return the conversion of a written unit to that of a metric; Unreadable where it is none."""
    written = "" if units is None else units
    known = _known_unit(metric, written) if isinstance(written, str) else None
    if known is None:
        raise Unreadable("units", f"not a unit of {metric}", RejectKind.UNKNOWN)
    return known
