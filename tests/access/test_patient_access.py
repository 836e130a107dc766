"""Walks the route table of the patient door: each cell is as docs/access.md says."""

import httpx2
import pytest

from patient.linking.binding import random_text
from patient.routes import ROUTES
from tests.access.patient_callers import PatientCallers
from tests.access.table import AccessRoute, access_table, row_text
from tests.patient.link_world import LinkWorld

OWN_ROWS = access_table("Patient door")
_LINKED = [route for route in OWN_ROWS if "{link}" in route[1]]


@pytest.fixture
def people(links: LinkWorld) -> PatientCallers:
    return PatientCallers(world=links)


def test_every_route_of_the_patient_door_has_a_row(people: PatientCallers) -> None:
    served = {(method, path) for path, _endpoint, method in ROUTES}
    missing = [row_text(route, people.row(route)) for route in sorted(served - set(OWN_ROWS))]
    assert not missing, "judge each cell, then write into docs/access.md:\n" + "\n".join(missing)
    assert set(OWN_ROWS) == served


@pytest.mark.parametrize("route", OWN_ROWS, ids=" ".join)
def test_the_patient_door_answers_as_written(people: PatientCallers, route: AccessRoute) -> None:
    assert people.row(route) == OWN_ROWS[route]


@pytest.mark.parametrize("route", _LINKED, ids=" ".join)
def test_a_link_that_was_never_made_is_404(links: LinkWorld, route: AccessRoute) -> None:
    path = route[1].format(link=random_text())
    assert httpx2.request(route[0], links.url + path).status_code == 404
