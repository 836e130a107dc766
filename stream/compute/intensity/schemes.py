"""The schemes of intensity: the names of their classes, and their lower edges on each basis.

Clinical definition section 2.1. Classes are half-open, and an edge belongs to the class above it,
whatever is printed. Tables of whole numbers leave holes: classes that are printed as 64-76 and
77-95 are [64, 77) and [77, 96) here. Where ESC 2020 prints ">85" after "70-85", the edge is 85.
Which scheme suits a patient is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Bases. HRR is also percent of VO2 reserve where a table prints both together.
HRR = "hrr"  # percent of heart rate reserve
HR_MAX = "hrmax"  # percent of maximal heart rate
VO2_MAX = "vo2max"  # percent of maximal oxygen uptake
RPE_6_20 = "borg-6-20"
CR10 = "borg-cr10"
MET = "mets"
THRESHOLD = "threshold_hr"  # percent of the heart rate at the threshold
FTP = "ftp"  # percent of functional threshold power
STEP_RATE = "steps"  # a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class IntensityScheme:
    """The classes of a scheme, from low to high.

    `edges` holds for each basis the lower edges of all classes but the first, in the unit of the
    basis.
    """

    names: tuple[str, ...]
    edges: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


# The CR10 edges of both schemes are their 6-20 edges converted by the anchors. A trial that mapped
# CR10 to percent of heart rate reserve also gives 3 and 4.5.
INTENSITY_SCHEMES: dict[str, IntensityScheme] = {
    "acsm2011": IntensityScheme(  # ACSM / Garber 2011; upper edge of vigorous METs recalled
        names=("very_light", "light", "moderate", "vigorous", "near_max"),
        edges={
            HRR: (30, 40, 60, 90),
            HR_MAX: (57, 64, 77, 96),
            VO2_MAX: (37, 46, 64, 91),
            RPE_6_20: (9, 12, 14, 18),
            CR10: (1, 3, 4.5, 8.5),
            MET: (2, 3, 6, 8.8),
        },
    ),
    "esc2020": IntensityScheme(  # ESC 2020 sports cardiology
        names=("low", "moderate", "high", "very_high"),
        edges={
            HRR: (40, 70, 85),
            HR_MAX: (55, 75, 90),
            VO2_MAX: (40, 70, 85),
            RPE_6_20: (12, 14, 17),
            CR10: (3, 4.5, 7),
        },
    ),
    "coaching5": IntensityScheme(
        names=("below", "z1", "z2", "z3", "z4", "z5"), edges={HR_MAX: (50, 60, 70, 80, 90)}
    ),
    "threshold5": IntensityScheme(
        names=("z1", "z2", "z3", "z4", "z5"), edges={THRESHOLD: (68, 83, 94, 105)}
    ),
    "power7": IntensityScheme(
        names=("z1", "z2", "z3", "z4", "z5", "z6", "z7"), edges={FTP: (55, 75, 90, 105, 120, 150)}
    ),
    "cadence": IntensityScheme(
        names=("below", "moderate", "vigorous"), edges={STEP_RATE: (100, 130)}
    ),  # CADENCE-Adults
    "prescribed": IntensityScheme(
        names=("below", "within", "above")
    ),  # the edges are the prescription's own
}
