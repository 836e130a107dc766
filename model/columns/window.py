"""What sessions and days are derived from: a window of one patient's facts and samples.

Storage reads its parts, `stream.compute` derives from it. It holds values only and must never decide anything.
"""

from dataclasses import dataclass
from datetime import date

from model.facts import AttributedFact, Instants, Source, Values
from model.intensity import HeartProfile
from model.prescription import Prescription


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleColumn:
    """One metric of one record of one source ("": a stream without records), in any order of time.

    `t` is int64[n] epoch ms, `v` float64[n] in the metric's canonical unit.
    """

    metric: str
    source: Source
    record: str
    t: Instants
    v: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """What is known of a patient around some local dates. `zone` is the patient's IANA zone.

    `dates` are the dates to derive, each completely; `summaries` state totals of those dates.
    `workouts`, `reports` and `columns` reach a day beyond the dates on both sides: a session may
    end after midnight, and an answer may come hours later. They cover every session that starts on
    the dates to its end and two minutes beyond it.
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
