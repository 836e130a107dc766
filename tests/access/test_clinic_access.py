"""Walks the route table of the clinician door: each cell is as docs/access.md says."""

import re

import pytest

from tests.access.clinic_callers import ClinicCallers, claims_of
from tests.access.table import AccessRoute, access_table, routes_of, row_text
from tests.clinic_world import OTHER_UNIT, UNIT

_IN_PATH = re.compile(r"\{(pseudonym|alert)\}")
WRITTEN_ROWS = access_table("Clinician door")


@pytest.fixture(autouse=True)
def _nobody_shares(callers: ClinicCallers) -> None:
    # tests of guests share the same patients, and may have run before in this process
    callers.door.change("truncate unit_sharing, unit_block, block_opening")


def test_every_route_of_the_clinician_door_has_a_row(callers: ClinicCallers) -> None:
    unwritten = sorted(routes_of(callers.app) - set(WRITTEN_ROWS))
    missing = [row_text(route, callers.row(route)) for route in unwritten]
    assert not missing, "judge each cell, then write into docs/access.md:\n" + "\n".join(missing)
    assert set(WRITTEN_ROWS) <= routes_of(callers.app)


@pytest.mark.parametrize("route", WRITTEN_ROWS, ids=" ".join)
def test_the_clinician_door_answers_as_written(callers: ClinicCallers, route: AccessRoute) -> None:
    assert callers.row(route) == WRITTEN_ROWS[route]


@pytest.mark.parametrize(
    ("unit", "roles", "purpose"),
    [
        (None, ["physician"], "VårdOchBehandling"),
        ("", ["physician"], "VårdOchBehandling"),
        ([], ["physician"], "VårdOchBehandling"),
        ([UNIT, OTHER_UNIT], ["physician"], "VårdOchBehandling"),
        ("Nowhere", ["physician"], "VårdOchBehandling"),
        (UNIT, [], "VårdOchBehandling"),
        (UNIT, ["researcher"], "VårdOchBehandling"),
        (UNIT, ["physician"], "Forskning"),
    ],
    ids=str,
)
def test_claims_without_a_single_assignment_leave_a_caller_nobody(
    callers: ClinicCallers, unit: object, roles: object, purpose: str
) -> None:
    answer = callers.sign_in({**claims_of("x", unit, roles), "commissionPurpose": purpose})
    # without a cookie no request differs from one of the column "nobody"
    assert (answer.status_code, "kadens-session" in answer.cookies) == (403, False)


def test_another_unit_looks_like_nothing() -> None:
    """Where the unit's own people get anything about a patient, others get 404 and never 403."""
    private = {route: row for route, row in WRITTEN_ROWS.items() if _IN_PATH.search(route[1])}
    assert len(private) > 40
    for (method, route), row in private.items():
        assert (row["clinician elsewhere"], row["prescriber elsewhere"]) == (404, 404), route
        # the same for every patient, so that it says nothing of any
        writes = (403, 403)
        expected = (row["support"], 404) if method == "GET" else writes
        assert (row["support"], row["support elsewhere"]) == expected, route
