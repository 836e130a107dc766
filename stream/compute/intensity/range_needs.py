"""What a heart profile lacks, so that nothing can be compared with a prescribed range. Pure."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from model.intensity import HeartProfile
from model.prescription import Intensity
from stream.compute.intensity.schemes import HR_MAX, HRR
from stream.compute.intensity.thresholds import heart_scale

_BASES = {"hrr": HRR, "hrmax": HR_MAX}  # by the method of the range; the others need no profile


class RangeNeed(StrEnum):
    """What a prescribed range needs and does not have.

    RESTING and MAXIMUM are heart rates; a birth year stands in for the maximum. MEASURED is a
    maximum measured on current medication, where a formula does not hold. With ANOTHER the profile
    allows no share of a heart rate, so that the range must be prescribed by another method.
    """

    RESTING = "resting heart rate"
    MAXIMUM = "maximal heart rate"
    MEASURED = "measured maximum"
    ANOTHER = "another method"


def range_needs(wanted: Intensity, profile: HeartProfile | None, on: date) -> tuple[RangeNeed, ...]:
    """Return what `profile` lacks for a prescribed range on a local date, () for nothing."""
    basis = _BASES.get(wanted.method)
    return () if basis is None else tuple(_needs(profile, on, basis))


def _needs(profile: HeartProfile | None, on: date, basis: str) -> Iterator[RangeNeed]:
    held = profile or HeartProfile(valid_from=on)
    lacks_resting = basis == HRR and held.hr_rest is None
    if lacks_resting:
        yield RangeNeed.RESTING
    # without a resting rate the maximum may still be what is missing next
    scale = heart_scale(held, on, HR_MAX if lacks_resting else basis)
    if scale is None:
        yield RangeNeed.MAXIMUM
    elif not scale.valid:
        yield RangeNeed.ANOTHER if held.rate_limited else RangeNeed.MEASURED
