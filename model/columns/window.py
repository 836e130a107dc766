"""A window of one patient's facts and samples, from which sessions and days are derived.

Storage reads the parts of a window and `stream.compute` derives from it. The window holds values
only and decides nothing.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.facts import AttributedFact, Instants, Source, Values
from model.intensity import HeartProfile
from model.prescription import Prescription


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleColumn:
    """The samples of one metric in one record of one source, in any order of time.

    `record` is "" for a stream without records. `t` is int64[n] epoch ms, `v` float64[n] in the
    metric's canonical unit. `until` is int64[n] epoch ms, the end of the interval over which each
    sample holds, and equal to `t` where none is stated; it is None where the metric has no
    intervals. `ranks` is int64[n], the place of each sample among versions; it is None where none
    was read, and then all are equal.
    """

    metric: str
    source: Source
    record: str
    t: Instants
    v: Values
    until: Instants | None = None
    ranks: Instants | None = None

    @property
    def ends(self) -> Instants:
        """Return until when each sample holds: up to its own instant where no end is stated."""
        return self.t if self.until is None else self.until

    def where(self, kept: NDArray[np.bool_]) -> "SampleColumn":
        """Return the samples that a mask bool[n] selects."""
        return replace(
            self,
            t=self.t[kept],
            v=self.v[kept],
            until=None if self.until is None else self.until[kept],
            ranks=None if self.ranks is None else self.ranks[kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """What is known of a patient around some local dates.

    `zone` is the patient's IANA zone. `dates` are the local dates to derive, each completely.
    `summaries` are the totals that sources state for those dates. `workouts`, `reports` and
    `columns` reach a day beyond the dates on both sides, because a session may end after midnight
    and an answer may come hours later. They cover every session that starts on the dates up to
    three minutes after its end. Where there is activity next to a midnight of the dates, the
    columns cover two hours beyond it.
    """

    patient: str
    zone: str
    profiles: tuple[HeartProfile, ...]
    dates: tuple[date, ...]
    workouts: tuple[AttributedFact, ...]
    columns: tuple[SampleColumn, ...]
    reports: tuple[AttributedFact, ...]
    prescriptions: tuple[Prescription, ...] = ()
    summaries: tuple[AttributedFact, ...] = ()
