"""A session as the figures of its intensity see it: span, samples, and whose it is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from model.intensity import HeartProfile
from stream.compute.pieces import Pieces
from stream.compute.series.resolved_series import ResolvedSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSession:
    """What zone times and loads are computed from, of a session [start_ms, end_ms) in epoch ms.

    `by_metric` holds selected samples in canonical units, outside of pauses; they reach beyond the
    end, where the recovery of the heart rate is read. `running` are the pieces outside of pauses,
    and `timer_ms` is the time without any pause, in which pauses of which only the length is known
    are left out too. `on` is the local date, and `exertion_cr10` the answer on Borg CR10.
    """

    by_metric: Mapping[str, ResolvedSeries]
    start_ms: int
    end_ms: int
    running: Pieces
    timer_ms: int
    profile: HeartProfile | None
    on: date
    exertion_cr10: float | None
