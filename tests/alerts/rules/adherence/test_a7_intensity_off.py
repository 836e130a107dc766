"""Rule A7: too low or too high in the prescribed range, just inside and just outside."""

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a7_intensity_off import INTENSITY_OFF
from model.alert import Finding
from model.alerting.rule_rows import SessionBrief
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, local_date
from tests.alerts.rules.ratings import PAIN_NOW, pain_input
from tests.rows import values_of


def _session(number: int, low: float, within: float, high: float, unknown: float) -> SessionBrief:
    """Return a session of some minutes below, within and above the range and unknown."""
    start_ms = PAIN_NOW - (20 - number) * DAY_MS
    length_ms = int((low + within + high + unknown) * MINUTE_MS)
    return SessionBrief(
        id=f"s{number}",
        start_ms=start_ms,
        end_ms=start_ms + length_ms + 5 * MINUTE_MS,
        local_date=local_date(start_ms, "UTC"),
        type="walking",
        timer_ms=length_ms,
        range_ms=(int(low * MINUTE_MS), int(within * MINUTE_MS), int(high * MINUTE_MS)),
    )


def _findings(*minutes: tuple[float, float, float, float]) -> tuple[Finding, ...]:
    sessions = tuple(_session(number, *each) for number, each in enumerate(minutes))
    return judge(pain_input(sessions=sessions), (INTENSITY_OFF,))


@pytest.mark.parametrize(
    ("minutes", "where"),
    [
        ((21, 19, 0, 0), "low"),
        ((20, 20, 0, 0), ""),  # half of the time is enough
        ((0, 19, 21, 0), "high"),
        ((11, 18, 11, 0), "low"),
        ((10, 18, 12, 0), "high"),
        ((21, 19, 0, 10), "low"),  # 80 % could be compared
        ((21, 19, 0, 10.1), ""),
    ],
)
def test_four_sessions(minutes: tuple[float, float, float, float], where: str) -> None:
    findings = _findings(*[minutes] * 4)
    assert values_of(findings, "key") == (["s3"] if where else [])
    assert all(f"too {where}: " in finding.sentence for finding in findings)
    assert _findings(*[minutes] * 3) == ()


def test_a_longer_run_is_the_same_run() -> None:
    low, good = (30.0, 10.0, 0.0, 0.0), (0.0, 40.0, 0.0, 0.0)
    assert values_of(_findings(*[low] * 6), "key") == ["s3"]
    assert values_of(_findings(*[low] * 4, *[good] * 3, *[low] * 4), "key") == ["s3", "s9"]


def test_the_sentence() -> None:
    (finding,) = _findings(*[(30.0, 10.0, 0.0, 0.0)] * 4)
    assert finding.sentence == (
        "Intensity too low: 25 % of the time of 4 sessions in the prescribed range, the last on "
        "2026-11-06 (rule A7: below 50 %)."
    )
    assert finding.at_ms == PAIN_NOW - 17 * DAY_MS + 45 * MINUTE_MS
    assert not finding.fresh
    assert finding.fresh_until_ms < PAIN_NOW - 2 * DAY_MS + HOUR_MS


def test_a_session_without_a_range_is_left_out() -> None:
    unknown = SessionBrief(
        id="s9",
        start_ms=PAIN_NOW - DAY_MS,
        end_ms=PAIN_NOW,
        local_date=local_date(PAIN_NOW, "UTC"),
        type="walking",
        timer_ms=DAY_MS,
    )
    sessions = tuple(_session(number, 30, 0, 0, 0) for number in range(3))
    assert judge(pain_input(sessions=(*sessions, unknown)), (INTENSITY_OFF,)) == ()
