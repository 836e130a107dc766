"""Rule A4: no session since the prescription began, just inside and just outside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a4_never_started import NEVER_STARTED
from tests.alerts.rules.known_weeks import FIRST_MONDAY, THRICE_A_WEEK, missed_input
from tests.rows import values_of

_NEW = replace(THRICE_A_WEEK, valid_from=FIRST_MONDAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("marks", "keys"),
    [
        ("x" + "." * 10, ["a/2026-11-03"]),
        ("x" + "." * 9, []),
        ("x" + "." * 9 + "x", []),
        ("x?" + "." * 12, []),  # the first day could have held a session
        ("xx" + "." * 12, []),
        ("x" + "." * 10 + "x", ["a/2026-11-03"]),
    ],
)
def test_ten_days_without_a_session(marks: str, keys: list[str]) -> None:
    findings = judge(missed_input(marks, prescriptions=(_NEW,)), (NEVER_STARTED,))
    assert values_of(findings, "key") == keys
    assert all(finding.fresh is not marks.endswith("x") for finding in findings)


def test_a_new_version_does_not_begin_a_prescription() -> None:
    second = replace(_NEW, version=2, valid_from=FIRST_MONDAY + timedelta(days=2))
    on = missed_input(".x" + "." * 12, prescriptions=(_NEW, second))
    assert judge(on, (NEVER_STARTED,)) == ()


def test_where_nothing_is_due_nothing_was_left_out() -> None:
    none_due = replace(_NEW, sessions_per_week=0)
    assert judge(missed_input("x" + "." * 12, prescriptions=(none_due,)), (NEVER_STARTED,)) == ()


def test_the_sentence() -> None:
    (finding,) = judge(missed_input("x" + "." * 10, prescriptions=(_NEW,)), (NEVER_STARTED,))
    assert finding.sentence == (
        "No session since the prescription began on 2026-11-03: 10 days of which the data is in, "
        "4 sessions due (rule A4: none in the first 10 days)."
    )
