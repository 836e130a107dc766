"""Guests of another unit at every route of a patient: shared, blocked, opened, and over again."""

import re

import httpx2
import pytest

from model.calendar import HOUR_MS
from tests.access.clinic_callers import ClinicCallers
from tests.access.table import AccessRoute, access_table
from tests.clinic_world import CLINIC_NOW, OTHER_UNIT

_OF_PATIENT = [route for route in access_table("Clinician door") if "{pseudonym}" in route[1]]
_READS = [route for route in _OF_PATIENT if route[0] == "GET"]
_WRITES = [route for route in _OF_PATIENT if route[0] != "GET"]
_GUEST, _OWN = "clinician elsewhere", "clinician"
_PATIENT = "p-snooze"  # of whom every path of `path_of` is


@pytest.fixture(autouse=True)
def shared(callers: ClinicCallers) -> None:
    share_with_guests(callers)


def share_with_guests(callers: ClinicCallers) -> None:
    """Let the other unit share the patient, who has blocked nothing yet."""
    callers.door.change("truncate unit_sharing, unit_block, block_opening")
    callers.door.change(
        "insert into unit_sharing (patient, care_unit, shared_by, shared_at) "
        "select p.id, u.id, 'c-lind', to_timestamp(0) from patient p, care_unit u "
        "where p.pseudonym = %s and u.name = %s",
        _PATIENT,
        OTHER_UNIT,
    )


def _block(callers: ClinicCallers) -> None:
    callers.door.change(
        "insert into unit_block (patient, set_by, set_at) select id, pseudonym, to_timestamp(1) "
        "from patient where pseudonym = %s",
        _PATIENT,
    )


def _open(callers: ClinicCallers, **changed: str) -> httpx2.Response:
    form = {"patient": _PATIENT, "ground": "emergency", "reason": " fell in the gym "}
    return callers.form("/shared/openings", _GUEST, {**form, **changed})


@pytest.mark.parametrize("route", _READS, ids=" ".join)
def test_a_guest_reads_as_the_own_unit_does(callers: ClinicCallers, route: AccessRoute) -> None:
    row = callers.row(route, (_GUEST, _OWN))
    assert row[_GUEST] == row[_OWN]


@pytest.mark.parametrize("route", _WRITES, ids=" ".join)
def test_a_guest_writes_nothing(callers: ClinicCallers, route: AccessRoute) -> None:
    elsewhere = (_GUEST, "prescriber elsewhere")
    assert set(callers.row(route, elsewhere).values()) == {403}


@pytest.mark.parametrize("route", _OF_PATIENT, ids=" ".join)
def test_what_is_blocked_is_closed_to_guests_and_open_to_the_own_unit(
    callers: ClinicCallers, route: AccessRoute
) -> None:
    _block(callers)
    row = callers.row(route, (_GUEST, _OWN))
    assert (row[_GUEST], row[_OWN]) == (403, access_table("Clinician door")[route][_OWN])


def test_that_something_is_blocked_shows_and_never_what(callers: ClinicCallers) -> None:
    _block(callers)
    pages = [callers.page(path, _GUEST).text for path in ("/shared", f"/patients/{_PATIENT}")]
    assert "Blocked by the patient" in pages[0]
    assert "has blocked this from other units" in pages[1]
    for text in pages:
        main = text.partition("<main")[2].partition("</main>")[0]
        assert re.search(r"session|alert|prescri|minutes|pain", main) is None
    # another unit's patient whom nobody shares is no row, blocked or not
    assert "p-pain" not in pages[0]


def test_a_block_is_opened_for_a_person_and_a_time(callers: ClinicCallers) -> None:
    _block(callers)
    path = f"/patients/{_PATIENT}"
    assert _open(callers).status_code == 303
    seen = [callers.page(path, who).status_code for who in (_GUEST, "prescriber elsewhere")]
    assert seen == [200, 403]
    callers.clock.write_text(str(CLINIC_NOW + 4 * HOUR_MS - 1), encoding="ascii")
    try:
        callers.again()
        assert callers.page(path, _GUEST).status_code == 200
        callers.clock.write_text(str(CLINIC_NOW + 4 * HOUR_MS), encoding="ascii")
        assert callers.page(path, _GUEST).status_code == 403
    finally:
        callers.clock.write_text(str(CLINIC_NOW), encoding="ascii")
        callers.again()
    rows = callers.door.rows("select ground, reason, reviewed_at from block_opening")
    assert rows == [("emergency", "fell in the gym", None)]
    logged = callers.door.rows(
        "select a.actor, u.name, p.pseudonym, a.detail - 'origin' - 'categories' from audit a "
        "join patient p on p.id = a.patient join care_unit u on u.id = a.care_unit "
        "where a.action = 'block.open'"
    )
    reason = {"ground": "emergency", "reason": "fell in the gym"}
    assert logged == [("u-clinician-elsewhere", OTHER_UNIT, _PATIENT, reason)]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"reason": ""}, 422),
        ({"reason": "   "}, 422),
        ({"reason": "x" * 501}, 422),
        ({"ground": "curiosity"}, 422),
        ({"patient": "p-pain"}, 404),
        ({"patient": "p-nobody"}, 404),
        ({"patient": "p-south"}, 404),
    ],
    ids=str,
)
def test_nothing_is_opened_without_a_ground_and_a_share(
    callers: ClinicCallers, changed: dict[str, str], status: int
) -> None:
    _block(callers)
    assert _open(callers, **changed).status_code == status
    assert callers.door.rows("select count(*) from block_opening") == [(0,)]


def test_without_a_block_there_is_nothing_to_open(callers: ClinicCallers) -> None:
    assert _open(callers).status_code == 404


def test_a_guests_reads_are_in_the_log_under_the_guests_unit(callers: ClinicCallers) -> None:
    callers.page(f"/patients/{_PATIENT}", _GUEST)
    callers.page("/shared", _GUEST)
    logged = callers.door.rows(
        "select a.action, u.name from audit a join patient p on p.id = a.patient "
        "join care_unit u on u.id = a.care_unit "
        "where a.actor = 'u-clinician-elsewhere' and p.pseudonym = %s order by a.id desc limit 2",
        _PATIENT,
    )
    assert logged == [("list.read", OTHER_UNIT), ("data.read", OTHER_UNIT)]
