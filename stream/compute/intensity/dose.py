"""The dose of zone times, and that of time without heart rate from the reported exertion.

Clinical definition section 2.4. A judgement of a session stands for the time that nothing measured,
with medium confidence; measured time is never replaced by it.
"""

from model.calendar import MINUTE_MS
from model.intensity import ZoneTimes

# Exertion on Borg CR10 from which a minute has a dose, and its dose in minutes; strongest first.
_DOSES: tuple[tuple[float, int], ...] = ((5.0, 2), (3.0, 1))


def dose_minutes(zones: ZoneTimes) -> float:
    """Return the dose in minutes: moderate + 2 x (vigorous + near_max).

    Source: Swedish National Board of Health and Welfare, clinical definition section 2.4.
    """
    return (zones.moderate + 2 * (zones.vigorous + zones.near_max)) / MINUTE_MS


def exertion_dose(exertion_cr10: float) -> int:
    """Return the dose of a minute at an exertion on Borg CR10.

    Below 3 it is 0, as of light exercise; from 3 it is 1 (moderate), from 5 it is 2 (vigorous).

    >>> exertion_dose(4.5)
    1
    """
    for least, dose in _DOSES:
        if exertion_cr10 >= least:
            return dose
    return 0
