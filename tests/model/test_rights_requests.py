"""By when a request is due, when it is overdue, and which steps are allowed."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from model.calendar import epoch_ms
from model.privacy.requests import (
    RIGHTS_MOVES,
    RightKind,
    RightsMoveError,
    RightsRequest,
    RightsState,
    check_rights_move,
    due_date,
    is_overdue,
)

_ZONE = "Europe/Stockholm"


def instant(text: str) -> int:
    return epoch_ms(datetime.fromisoformat(text))


_REQUEST = RightsRequest(
    number=1,
    patient="p1",
    kind=RightKind.ACCESS,
    received_ms=instant("2026-10-01T10:00:00Z"),
    identified="BankID",
    due=date(2026, 10, 31),
)


@pytest.mark.promise(15)
@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-10-01T10:00:00Z", date(2026, 10, 31)),
        ("2026-10-01T21:59:59Z", date(2026, 10, 31)),
        ("2026-10-01T22:00:00Z", date(2026, 11, 1)),  # the next day begins in Stockholm
        ("2026-02-01T12:00:00Z", date(2026, 3, 3)),
    ],
)
def test_the_answer_is_due_thirty_local_days_later(received: str, due: date) -> None:
    assert due_date(instant(received), _ZONE) == due


def test_the_last_date_is_in_time_until_its_midnight() -> None:
    # summer time has ended by then: midnight is 23:00 in UTC
    assert not is_overdue(_REQUEST, instant("2026-10-31T22:59:59Z"), _ZONE)
    assert is_overdue(_REQUEST, instant("2026-10-31T23:00:00Z"), _ZONE)


def test_what_is_closed_is_never_overdue_and_stays_closed() -> None:
    for state in (RightsState.ANSWERED, RightsState.REFUSED):
        closed = replace(_REQUEST, state=state)
        assert not is_overdue(closed, instant("2027-10-31T23:00:00Z"), _ZONE)
        for to in RightsState:
            with pytest.raises(RightsMoveError, match=f"is {state.value} already"):
                check_rights_move(closed, to, identified="BankID", answer="sent")
    assert set(RIGHTS_MOVES) == set(RightsState)


def test_nothing_is_answered_to_somebody_unknown() -> None:
    unknown = replace(_REQUEST, identified="")
    with pytest.raises(RightsMoveError, match="identified"):
        check_rights_move(unknown, RightsState.ANSWERED, answer="sent")
    check_rights_move(unknown, RightsState.ANSWERED, identified="passport", answer="sent")
    check_rights_move(unknown, RightsState.REFUSED, answer="not the patient")
    with pytest.raises(RightsMoveError, match="text"):
        check_rights_move(_REQUEST, RightsState.ANSWERED)
