"""Rule A8: praise for each block of four good weeks, just inside and just outside."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a8_good_weeks import GOOD_WEEKS
from tests.alerts.rules.known_weeks import FIRST_MONDAY, THRICE_A_WEEK, missed_input
from tests.rows import values_of

_NEW = replace(THRICE_A_WEEK, valid_from=FIRST_MONDAY)
_GOOD, _LOW, _THIN = "xxx....", "x......", "x??????"


@pytest.mark.parametrize(
    ("weeks", "keys"),
    [
        ([_GOOD] * 4, ["2026-11-02"]),
        ([_GOOD] * 3, []),
        ([_GOOD] * 3 + [_LOW], []),
        ([_LOW] + [_GOOD] * 4, []),  # blocks are counted from the beginning
        ([_LOW] + [_GOOD] * 7, ["2026-11-30"]),
        ([_GOOD] * 8, ["2026-11-02", "2026-11-30"]),
        ([_GOOD] * 3 + [_THIN], []),
    ],
)
def test_four_good_weeks(weeks: Sequence[str], keys: list[str]) -> None:
    on = missed_input("".join(weeks), prescriptions=(_NEW,))
    assert values_of(judge(on, (GOOD_WEEKS,)), "key") == keys


def test_the_sentence() -> None:
    (finding,) = judge(missed_input(_GOOD * 4, prescriptions=(_NEW,)), (GOOD_WEEKS,))
    assert finding.sentence == (
        "4 weeks in a row with 80 % or more of the prescribed sessions and minutes, from the week "
        "of 2026-11-02 (rule A8)."
    )
