"""Rule H5: a vendor's notice is passed on word for word, for whom a prescription asks for it."""

from dataclasses import replace
from datetime import date

import pytest

from alerts.registry import judge, next_due
from alerts.rules.heart.h5_rhythm_notice import RHYTHM
from alerts.ruling.suppression import IN_FIRST_DAYS
from model.alert import Finding, RuleInput, Tier
from model.alerting.rule_rows import RhythmNotice
from model.calendar import DAY_MS, HOUR_MS
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of

_AT = PAIN_NOW - 3 * HOUR_MS  # 2026-11-23T09:00:00Z
_NOTICE = RhythmNotice(vendor="apple_health", at_ms=_AT)
_ASKS = replace(PAIN_PRESCRIPTION, rules={"H5": {"on": 1}})


def _input(*notices: RhythmNotice, **more: object) -> RuleInput:
    values = {"prescriptions": (_ASKS,), "zone": "Europe/Stockholm", **more}
    return pain_input(rhythm_notices=notices, **values)


def _judged(*notices: RhythmNotice, **more: object) -> tuple[Finding, ...]:
    return judge(_input(*notices, **more), (RHYTHM,))


def test_a_notice_is_passed_on_in_the_vendors_own_words() -> None:
    (finding,) = _judged(_NOTICE)
    assert finding.sentence == (
        'A notice of Apple Health, in its own words "HKCategoryTypeIdentifierIrregularHeart'
        'RhythmEvent", of 2026-11-23 10:00 (rule H5). Kadens reads no rhythm: a person must look '
        "at the notice."
    )
    assert (finding.tier, finding.family, finding.fresh) == (Tier.B, "heart", True)
    assert finding.key == "apple_health 2026-11-23T09:00:00Z"
    assert (finding.at_ms, finding.from_ms) == (_AT, _AT)


@pytest.mark.parametrize("rules", [None, {}, {"H5": {"on": 0}}, {"H4": {"on": 1}}])
def test_it_is_off_until_a_prescription_asks(rules: dict[str, dict[str, float]] | None) -> None:
    assert _judged(_NOTICE, prescriptions=(replace(PAIN_PRESCRIPTION, rules=rules),)) == ()


def test_no_notice_says_nothing() -> None:
    assert _judged() == ()
    assert next_due(_input(), (RHYTHM,)) is None


@pytest.mark.parametrize(
    ("ago_ms", "fresh"),
    [(0, True), (28 * DAY_MS, True), (28 * DAY_MS + 1, False), (60 * DAY_MS, False)],
)
def test_a_late_notice_raises_an_alert_for_four_weeks(ago_ms: int, *, fresh: bool) -> None:
    (finding,) = _judged(RhythmNotice(vendor="apple_health", at_ms=PAIN_NOW - ago_ms))
    assert finding.fresh is fresh


def test_a_notice_of_a_clock_that_is_ahead_waits() -> None:
    ahead = RhythmNotice(vendor="apple_health", at_ms=PAIN_NOW + 1)
    assert _judged(ahead) == ()
    assert next_due(_input(ahead), (RHYTHM,)) == PAIN_NOW + 1
    assert len(_judged(ahead, now_ms=PAIN_NOW + 1)) == 1


def test_each_notice_is_an_occasion_of_its_own() -> None:
    other = RhythmNotice(vendor="google_health", at_ms=_AT)
    later = replace(_NOTICE, at_ms=_AT + 1000)
    assert values_of(_judged(_NOTICE, other, later), "key") == [
        "apple_health 2026-11-23T09:00:00Z",
        "google_health 2026-11-23T09:00:00Z",
        "apple_health 2026-11-23T09:00:01Z",
    ]


def test_a_vendor_that_is_not_listed_is_named_as_it_is() -> None:
    (finding,) = _judged(RhythmNotice(vendor="unheard_of", at_ms=_AT))
    assert 'A notice of unheard_of, in its own words "rhythm_notice"' in finding.sentence


@pytest.mark.parametrize(("began", "keys"), [(date(2026, 11, 23), 1), (date(2026, 11, 24), 0)])
def test_a_notice_from_before_the_prescription_says_nothing(began: date, keys: int) -> None:
    asks = replace(_ASKS, valid_from=began)
    findings = _judged(_NOTICE, prescriptions=(asks,))
    assert len(findings) == keys
    # of tier B, as rule H4: held back in the first week, and stored with the reason
    assert all(finding.suppressed == IN_FIRST_DAYS for finding in findings)
