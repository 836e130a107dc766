"""What the formulas of training load get and give, and why a load has no value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from model.intensity import Confidence, HeartProfile
from model.words.language import N_
from stream.compute.intensity.formulas import Coefficients
from stream.compute.intensity.thresholds import Inputs
from stream.compute.intensity.zones import HeldValues
from stream.compute.pieces import Pieces
from stream.compute.series.resolved_series import ResolvedSeries

# A reason is published beside the load, so it never contains a value.
NO_HEART = N_("no heart rate")
NO_RESERVE = N_("resting or maximal heart rate is not known")
NO_PEAK = N_("maximal heart rate is not known")
NO_THRESHOLD = N_("no heart rate at the threshold")
NO_VENTILATORY = N_("no heart rates at the ventilatory thresholds")
NO_SEX = N_("sex is not known, which chooses the coefficients")
NO_EXERTION = N_("no exertion was reported")
NO_HALVES = N_("heart rate and power or speed are not known in both halves")
NO_AFTER = N_("no heart rate 60 s after the end")
FORBIDDEN = N_(
    "heart rate must not be used: drug, condition, or figures that contradict each other"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadInputs:
    """The inputs of a session's loads.

    `heart` holds the heart rates (beats a minute) of the session, and is empty when there are none.
    `running` are the pieces of the session outside of its pauses. `timer_ms` is the time without
    any pause, in which pauses of which only the length is known are left out too.
    """

    by_metric: Mapping[str, ResolvedSeries]
    start_ms: int
    end_ms: int
    heart: HeldValues
    profile: HeartProfile | None
    on: date
    exertion_cr10: float | None
    coefficients: Mapping[str, Coefficients]
    running: Pieces
    timer_ms: int

    @property
    def rate_limited(self) -> bool:
        """Return whether the patient's heart rate no longer follows effort."""
        return self.profile is not None and self.profile.rate_limited


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedLoad:
    """A load that could be computed, with its inputs and confidence."""

    value: float
    inputs: Inputs
    confidence: Confidence


FindLoad = Callable[[LoadInputs], ComputedLoad | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFormula:
    """A load with its name and its formula.

    `find` returns the load, or the reason why there is none. `adds` says whether the loads of
    several sessions may be added up.
    """

    name: str
    find: FindLoad
    adds: bool = True
