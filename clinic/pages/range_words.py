"""Words for why nothing can be compared with a prescribed range of intensity. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date

from model.intensity import HeartProfile
from model.prescription import Prescription
from model.words.language import N_, translated
from stream.compute.intensity.range_needs import RangeNeed, range_needs

_NEEDS: Mapping[RangeNeed, str] = {
    RangeNeed.RESTING: N_(
        "The prescribed range needs a resting heart rate: have it written in the heart profile."
    ),
    RangeNeed.MAXIMUM: N_(
        "The prescribed range needs a birth year or a measured maximal heart rate: have it written "
        "in the heart profile."
    ),
    RangeNeed.MEASURED: N_(
        "The prescribed range needs a maximal heart rate measured on current medication: have it "
        "written in the heart profile."
    ),
    RangeNeed.ANOTHER: N_(
        "The prescribed range cannot be used with the rhythm or the drugs of the heart profile: "
        "prescribe beats a minute, or exertion on a scale of Borg."
    ),
}


def need_words(needs: Iterable[RangeNeed]) -> str:
    """Return what a prescribed range needs, a sentence each; "" for nothing."""
    return " ".join(translated(_NEEDS[need]) for need in needs)


def range_gaps(
    plans: Iterable[Prescription], profile: HeartProfile | None, on: date
) -> dict[str, str]:
    """Return what the range of each prescription (id) needs on a local date, "" for nothing."""
    return {row.id: need_words(range_needs(row.intensity, profile, on)) for row in plans}
