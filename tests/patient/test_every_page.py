"""Every page of the patient door in Swedish: no text of it is English, and no key is shown."""

import pytest

from patient.linking.pages import LINK_LOCALE
from tests.browser.own_door import PAINED, own_world
from tests.clinic.every_page.english_left import EnglishOf, without_words
from tests.clinic_fixtures import world
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import door_link, signed_in

__all__ = ["own_world", "world"]
_OWN = ("/", "/report", "/sources", "/data", "/looked", "/rights", "/block")
_NOBODYS = (
    "/",
    "/nowhere",
    "/enter/none",
    "/connect/none",
    "/callback/polar",
    "/callback/polar/unset",
)
_SWEDISH = {"Accept-Language": "sv", "Accept": "text/html"}


@pytest.fixture(scope="module", name="english")
def _english() -> EnglishOf:
    return EnglishOf(LINK_LOCALE / "sv.po")


@pytest.mark.parametrize("patient", [PAINED, "p-new", "p-pause"])
def test_a_patients_page_in_swedish_has_no_english(
    own_world: LinkWorld, english: EnglishOf, patient: str
) -> None:
    left: dict[str, list[str]] = {}
    with signed_in(own_world, patient) as client:
        for path in _OWN:
            with without_words() as missed:
                page = client.get(path, headers=_SWEDISH).text
            assert 'lang="sv"' in page
            left[path] = [*english.left(page), *(text for text in missed if text.isascii())]
    assert list(left.values()) == [[]] * len(_OWN)


def test_a_page_for_nobody_in_swedish_has_no_english(
    own_world: LinkWorld, english: EnglishOf
) -> None:
    left: dict[str, list[str]] = {}
    with signed_in(own_world, PAINED) as client:
        client.cookies.clear()
        for path in (*_NOBODYS, door_link(own_world, PAINED).removeprefix(own_world.url)):
            left[path] = english.left(client.get(path, headers=_SWEDISH).text)
    assert list(left.values()) == [[]] * len(left)
