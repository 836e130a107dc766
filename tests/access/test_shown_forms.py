"""Pages offer nobody what they may not do: no form and no link whose answer is a refusal."""

import re
from html import unescape

import pytest

from tests.access.clinic_callers import ClinicCallers
from tests.access.table import AccessRoute, access_table
from tests.access.test_guests import share_with_guests
from tests.clinic.test_matrix import path_of

_TABLE = access_table("Clinician door")
_OF_PATIENT = (
    "/patients/{pseudonym}",
    "/patients/{pseudonym}/sessions/{session}",
    "/patients/{pseudonym}/prescriptions",
    "/patients/{pseudonym}/corrections",
    "/patients/{pseudonym}/summary",
)
_OF_UNIT = (
    "/",
    "/?patient=p-snooze",
    "/alerts/{alert}",
    "/requests",
    "/accounts",
    "/duty",
    "/rules",
)
_POSTED = re.compile(r'<form method="post"[^>]* action="([^"]+)"|formaction="([^"]+)"')
_LINKED = re.compile(r'<a [^>]*href="(/[^"#]*)')
# each person may choose a language and leave
_OWN = {"/language", "/sign-out"}


def _page(callers: ClinicCallers, path: str, caller: str) -> str:
    answer = callers.page(path_of(path, callers.door), caller)
    assert answer.status_code == 200, path
    return answer.text


def _forms(page: str) -> set[str]:
    actions = ("".join(match) for match in _POSTED.findall(page))
    return {unescape(action) for action in actions} - _OWN


def _route(action: str) -> AccessRoute:
    """Return the route of an action, the one with the fewest names in its path."""
    routes = [route for route in _TABLE if route[0] == "POST" and _fits(route[1], action)]
    return min(routes, key=lambda route: route[1].count("{"))


def _fits(path: str, action: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), action) is not None


@pytest.mark.parametrize("path", [*_OF_UNIT, *_OF_PATIENT])
def test_support_is_shown_no_form_that_is_refused(callers: ClinicCallers, path: str) -> None:
    shown = {_route(action) for action in _forms(_page(callers, path, "support"))}
    assert {route for route in shown if _TABLE[route]["support"] == 403} == set()


@pytest.mark.parametrize("path", _OF_PATIENT)
def test_a_guest_is_shown_no_form(callers: ClinicCallers, path: str) -> None:
    share_with_guests(callers)
    for caller in ("clinician elsewhere", "prescriber elsewhere"):
        assert _forms(_page(callers, path, caller)) == set()


def test_the_units_own_people_are_shown_their_forms(callers: ClinicCallers) -> None:
    pages = [_page(callers, path, "prescriber") for path in (*_OF_UNIT, *_OF_PATIENT)]
    shown = {_route(action)[1] for action in set().union(*map(_forms, pages))}
    assert shown >= {
        "/duty",
        "/patients/{pseudonym}/annotations",
        "/patients/{pseudonym}/door-link",
        "/patients/{pseudonym}/labels",
        "/patients/{pseudonym}/note",
        "/patients/{pseudonym}/review",
        "/patients/{pseudonym}/sessions/{session}/marks",
    }


@pytest.mark.parametrize("caller", ["support", "clinician elsewhere"])
def test_each_link_of_a_patients_pages_opens(callers: ClinicCallers, caller: str) -> None:
    share_with_guests(callers)
    pages = [_page(callers, path, caller) for path in _OF_PATIENT]
    links = {unescape(link) for link in _LINKED.findall("".join(pages))}
    statuses = {link: callers.page(link, caller).status_code for link in sorted(links)}
    assert len(statuses) > 5
    assert {link: status for link, status in statuses.items() if status >= 400} == {}
