"""Which figures of a heart profile can be meant, as tables of bounds. Never repeats a value: a text names its field.

What cannot be meant is a mistake of typing; whether heart rate may be used with what is meant is decided elsewhere.
"""

from itertools import pairwise

from model.intensity import HeartProfile

SEXES = ("female", "male", "")

# Above the first, up to the second.
PROFILE_BOUNDS: dict[str, tuple[float, float]] = {
    "birth_year": (1900, 2100),
    "hr_rest": (20, 250),
    "hr_max": (20, 250),
    "threshold_hr": (20, 250),
    "vt1_bpm": (20, 250),
    "vt2_bpm": (20, 250),
    "ftp_w": (0, 2500),
}

# The first must lie below the second, when both are said.
MUST_BE_BELOW: tuple[tuple[str, str], ...] = (
    ("hr_rest", "hr_max"),
    ("hr_rest", "vt1_bpm"),
    ("hr_rest", "threshold_hr"),
    ("vt1_bpm", "vt2_bpm"),
    ("vt2_bpm", "hr_max"),
    ("threshold_hr", "hr_max"),
)


def profile_problems(profile: HeartProfile) -> tuple[str, ...]:
    """Return what cannot be meant, one text a field; nothing when the profile may stand."""
    return (*_outside(profile), *_upside_down(profile), *_bpm(profile), *_sex(profile))


def _outside(profile: HeartProfile) -> list[str]:
    result = [(name, bounds, getattr(profile, name)) for name, bounds in PROFILE_BOUNDS.items()]
    wrong = [
        (name, low, high)
        for name, (low, high), value in result
        if value is not None and not low < value <= high
    ]
    return [f"{name}: above {low:g} and at most {high:g} is wanted" for name, low, high in wrong]


def _upside_down(profile: HeartProfile) -> list[str]:
    both = [
        (low, high, getattr(profile, low), getattr(profile, high)) for low, high in MUST_BE_BELOW
    ]
    return [
        f"{low}: below {high} is wanted"
        for low, high, a, b in both
        if a is not None and b is not None and a >= b
    ]


def _bpm(profile: HeartProfile) -> list[str]:
    edges = profile.clinician_bpm
    low, high = PROFILE_BOUNDS["hr_max"]
    if edges is None or (
        all(low < edge <= high for edge in edges) and all(a < b for a, b in pairwise(edges))
    ):
        return []
    return [
        f"clinician_bpm: four figures that ascend, above {low:g} and at most {high:g}, are wanted"
    ]


def _sex(profile: HeartProfile) -> list[str]:
    return [] if profile.sex in SEXES else ["sex: female or male is wanted, or nothing"]
