"""What the rules read of a patient, row by row: answers, sessions, weighings, deliveries."""

from dataclasses import dataclass
from datetime import date

from model.facts import Instrument, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class PainRating:
    """A pain answer in the form that the rules read.

    `value` is on `scale`, for pain usually NRS 0-10. `session` is the id of the session that the
    answer is about, None when it is unknown.
    """

    record: str
    at_ms: int
    local_date: date
    phase: Phase
    value: float
    scale: str
    session: str | None
    instrument: Instrument = Instrument.PAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAnswer:
    """A yes to a question about a warning sign; `sign` is a key of `RED_FLAGS`, "" for unknown."""

    record: str
    at_ms: int
    local_date: date
    sign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AboveCeiling:
    """A time [start_ms, end_ms) in epoch ms in which heart rate was above the prescribed ceiling.

    `n` of its samples were, and `far` says that it was 10 beats or more above for 5 minutes.
    """

    start_ms: int
    end_ms: int
    n: int
    far: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBrief:
    """What a rule needs of a session.

    `timer_ms` is its time without pauses. `range_ms` is the time below, within and above the
    prescribed range; None for a session that does not count, or without a range to compare with.
    `exertion_cr10` is the exertion that was answered, on Borg CR10. `above_ceiling` are the times
    in which heart rate was above the prescribed ceiling, in order.
    """

    id: str
    start_ms: int
    end_ms: int
    local_date: date
    type: str
    timer_ms: int = 0
    range_ms: tuple[int, int, int] | None = None
    exertion_cr10: float | None = None
    above_ceiling: tuple[AboveCeiling, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """A body weight in kg at an instant (epoch ms)."""

    at_ms: int
    kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RhythmNotice:
    """A vendor's own notice about rhythm, at the instant (epoch ms) at which it says it began."""

    vendor: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """The latest measured instant that some sources of a vendor have delivered.

    `worn` is False for sources that nobody wears, such as a form: their silence means nothing.
    `all_day` is True for sources that are worn all day, of which each device has a watermark of its
    own; `device` names it, and is "" for the others. `history_ms` is when the sources delivered
    last what was old by then (epoch ms), None for never.
    """

    vendor: str
    time_ms: int
    worn: bool = True
    all_day: bool = True
    device: str = ""
    history_ms: int | None = None
