"""The FIT file that a watch would make of a session of the plan. Pure; `fit_writer` encodes it."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS, utc
from simulate.cohort import Person
from simulate.fit_writer import Recording, write_activity
from simulate.plan import Outing

SERIAL = 3_900_000_000  # of the first invented watch; far from those of real ones
_SPORTS: Mapping[str, tuple[str, int]] = {
    "indoor_cycling": ("cycling", 6)
}  # FIT sport and sub-sport
WALK = ("walking", 0)
WATCH, BIKE_COMPUTER = 3076, 3121  # product numbers of FIT's profile


def fit_body(person: Person, outing: Outing, columns: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Return the file of a session.

    `columns` holds by metric name the values at 1 Hz from its start, NaN without a reading.
    """
    sport, sub_sport = _SPORTS.get(person.activity, WALK)
    seconds = (outing.end_ms - outing.start_ms) // 1000
    offset = utc(outing.start_ms).astimezone(ZoneInfo(person.zone)).utcoffset()
    pauses = _pauses(person, outing)
    t = outing.start_ms + np.arange(seconds, dtype=np.int64) * 1000
    # A watch writes nothing while its timer stands still.
    runs = np.ones(len(t), dtype=np.bool_)
    for start, end in pauses:
        runs &= (t < start) | (t >= end)
    recording = Recording(
        start_ms=outing.start_ms,
        end_ms=outing.end_ms,
        sport=sport,
        sub_sport=sub_sport,
        offset_min=0 if offset is None else int(offset.total_seconds() * 1000) // MINUTE_MS,
        pauses=pauses,
        t=t[runs],
        columns={name: values[runs] for name, values in columns.items()},
        product=BIKE_COMPUTER if person.wear is None else WATCH,
        serial=SERIAL + person.number,
        strap=person.wear is None,
    )
    return write_activity(recording)


def _pauses(person: Person, outing: Outing) -> tuple[tuple[int, int], ...]:
    """Return the pause in the middle of a session, in full seconds; none for most people."""
    if not person.pause_min:
        return ()
    middle_s = (outing.start_ms + outing.end_ms) // 2000
    start_ms = middle_s * 1000
    return ((start_ms, start_ms + person.pause_min * MINUTE_MS),)
