"""The patient door under odd requests: each route answers, with no fault of ours."""

from collections import defaultdict
from urllib.parse import urlsplit

import pytest

from model.privacy.requests import RightKind
from tests.access.table import access_table
from tests.patient.conftest import links, served_links
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import signed_in
from tests.patient.test_rights import answered_request
from tests.web.odd_requests import OddDoor, filled_route

__all__ = ("links", "served_links")
_METHODS: dict[str, set[str]] = defaultdict(set)
for _method, _route in access_table("Patient door"):
    _METHODS[_route].add(_method)


def odd_patient(world: LinkWorld, patient: str) -> OddDoor:
    """Return the door with a browser in which a patient has just signed in."""
    with signed_in(world, patient) as browser:
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    port = urlsplit(world.url).port
    assert port is not None
    headers = [f"Origin: {world.url}".encode(), f"Cookie: {cookies}".encode()]
    return OddDoor(port=port, headers=headers)


@pytest.mark.parametrize("route", list(_METHODS))
def test_an_odd_request_is_answered(links: LinkWorld, route: str) -> None:
    patient, allowed = links.patient(), frozenset(_METHODS[route])
    number = answered_request(links, patient, RightKind.ACCESS, b"PK")
    link = links.invite(patient).rpartition("/")[2]
    filled = {"number": str(number), "link": link, "connector": "polar", "name": "own.css"}
    for method in sorted(allowed):
        odd = odd_patient(links, patient)
        assert list(odd.faults(method, filled_route(route, filled), allowed)) == []
        assert list(odd.path_faults(method, route, filled)) == []


@pytest.mark.parametrize("number", ["%00", "-1", "9" * 30, "9223372036854775808", "%D9%A1", "1.0"])
def test_a_file_of_no_number_is_not_there(links: LinkWorld, number: str) -> None:
    odd = odd_patient(links, links.patient())
    assert odd.ask("GET", "/").status == 200
    assert odd.ask("GET", f"/rights/files/{number}").status in {404, 422}
