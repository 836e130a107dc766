"""Cases of support end to the day; nobody looks without an open case, or for long."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from model.calendar import HOUR_MS, epoch_ms
from model.privacy.support import (
    SupportCase,
    SupportRefusedError,
    access_until,
    check_arrival,
    support_removed_ms,
)

_ZONE = "Europe/Stockholm"


def _at(text: str) -> int:
    return epoch_ms(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(_ZONE)).astimezone(UTC))


_ARRIVED = _at("2026-08-31T23:59:59")
_REMOVED = _at("2027-03-01T00:00:00")  # the last of February is the last day
_CASE = SupportCase(
    number=1, patient="p1", zone=_ZONE, about="a", arrived_ms=_ARRIVED, opened_by="os:a"
)


@pytest.mark.promise(22)
def test_a_case_is_kept_for_six_months_to_the_end_of_the_day() -> None:
    assert support_removed_ms(_ARRIVED, _ZONE) == _REMOVED
    check_arrival(_ARRIVED, _ZONE, _ARRIVED)
    check_arrival(_ARRIVED, _ZONE, _REMOVED - 1)
    with pytest.raises(SupportRefusedError, match="more than six months ago"):
        check_arrival(_ARRIVED, _ZONE, _REMOVED)
    with pytest.raises(SupportRefusedError, match="in the future"):
        check_arrival(_ARRIVED, _ZONE, _ARRIVED - 1)


@pytest.mark.promise(22)
def test_an_access_lasts_for_some_hours_of_an_open_case() -> None:
    assert access_until(_CASE, 8, _ARRIVED) == _ARRIVED + 8 * HOUR_MS
    # and never longer than the case is kept
    assert access_until(_CASE, 2, _REMOVED - HOUR_MS) == _REMOVED
    for case, hours, now_ms, why in (
        (_CASE, 0, _ARRIVED, "1 to 8 hours"),
        (_CASE, 9, _ARRIVED, "1 to 8 hours"),
        (_CASE, 1, _REMOVED, "the case is over"),
        (replace(_CASE, closed_ms=_ARRIVED), 1, _ARRIVED, "the case is closed"),
    ):
        with pytest.raises(SupportRefusedError, match=why):
            access_until(case, hours, now_ms)
