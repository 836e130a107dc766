"""Heart rate above a ceiling, from what sources tell to what rule H1 says of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kadens.derivation.manifest import RecordedPrescription
from tests.derivation.lives import DEVICE, THREE_A_WEEK, WORN_DAYS, Diary, concluded

_CEILING = replace(THREE_A_WEEK, hr_ceiling=140)
_BEGIN = 600


def _found(
    diary: Diary, *prescriptions: RecordedPrescription, asks: RecordedPrescription = _CEILING
) -> list[tuple[str, float]]:
    """Return tier and minutes of each finding of rule H1."""
    findings = concluded(diary, prescriptions=prescriptions or (asks,)).results.findings
    return [(row.tier.value, row.evidence["minutes"]) for row in findings if row.rule == "H1"]


@pytest.mark.parametrize(("minutes", "tier"), [(4, "B"), (5, "A")])
def test_the_last_sample_above_holds_until_the_next(minutes: int, tier: str) -> None:
    diary = Diary().workout(2, _BEGIN, _BEGIN + 20).pulse(2, _BEGIN, _BEGIN + 20)
    diary.samples("heart_rate", 2, _BEGIN, _BEGIN + minutes, 150, every=1 / 60, source=DEVICE)
    assert _found(diary) == [(tier, minutes)]


_WITHOUT: dict[str, Callable[[Diary], Diary]] = {
    "of which nothing has heart rate": lambda diary: diary.workout(2, _BEGIN, _BEGIN + 30),
    "that the patient reports": lambda diary: diary.by_hand(2, _BEGIN, _BEGIN + 30, 4),
    "with a single sample that is implausible": lambda diary: diary.workout(
        2, _BEGIN, _BEGIN + 30
    ).samples("heart_rate", 2, _BEGIN, _BEGIN + 1, 240, source=DEVICE),
}


@pytest.mark.parametrize("name", _WITHOUT)
def test_a_session_without_heart_rate_is_derived_under_a_ceiling(name: str) -> None:
    diary = _WITHOUT[name](Diary().worn(WORN_DAYS, off=(_BEGIN - 60, _BEGIN + 60)))
    result = concluded(diary, prescriptions=(_CEILING,))
    assert [row[:2] for row in result.sessions] == [(2, _BEGIN)]
    assert _found(diary) == []
