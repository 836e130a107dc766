"""The dose of time without heart rate, from the exertion that the patient reported.

Clinical definition section 2.4. A judgement of a session stands for the time that nothing measured,
with medium confidence; measured time is never replaced by it.
"""

# Exertion on Borg CR10 from which a minute has a dose, and its dose in minutes; strongest first.
_DOSES: tuple[tuple[float, int], ...] = ((5.0, 2), (3.0, 1))


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
