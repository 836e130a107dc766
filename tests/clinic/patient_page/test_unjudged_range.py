"""A prescribed range that nothing can be compared with is explained wherever it is shown."""

import asyncio
import re
from collections.abc import Iterator
from html import unescape

import pytest

from kadens.embedded.postgres import Postgres
from model.intensity import HeartProfile
from storage.pg.pool import open_pool
from stream.deriving import patient_inputs
from tests.clinic_world import CLINIC_NOW, Served, clinic_template, monday, serve
from tests.databases.reuse import database_copied

_NEEDS = {
    "en": "The prescribed range needs a resting heart rate: have it written in the heart profile.",
    "sv": "Det ordinerade intervallet kräver en vilopuls: låt skriva in den i pulsprofilen.",
}
_LANGUAGES = sorted(_NEEDS)


@pytest.fixture(scope="module", name="unjudged")
def _unjudged(postgres: Postgres) -> Iterator[Served]:
    """Serve a door of which one patient has no resting heart rate in the profile."""
    with database_copied(postgres, clinic_template(postgres)) as dsn:
        asyncio.run(_forget_resting_rate(dsn, "p-good"))
        with serve(dsn) as served:
            yield served


async def _forget_resting_rate(dsn: str, patient: str) -> None:
    profile = HeartProfile(valid_from=monday(12), birth_year=1961)
    async with await open_pool(dsn) as pool, pool.connection() as conn:
        await patient_inputs.change_profile(conn, patient, profile, CLINIC_NOW)


def _shown(door: Served, path: str, language: str) -> str:
    """Return the text that a reader sees, on a single line."""
    answer = door.get(path, headers={"accept-language": language}).raise_for_status()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def _last_session(door: Served, patient: str) -> str:
    lines = door.get(f"/api/v1/patients/{patient}/sessions?limit=1").json()["sessions"]
    return str(lines[0]["id"])


@pytest.mark.parametrize("language", _LANGUAGES)
def test_patient_page_and_drawer_say_what_the_range_needs(unjudged: Served, language: str) -> None:
    for path in ("/patients/p-good", "/?patient=p-good"):
        assert _NEEDS[language] in _shown(unjudged, path, language)
    for path in ("/patients/p-fine", "/?patient=p-fine"):
        assert _NEEDS[language] not in _shown(unjudged, path, language)


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_session_says_that_it_was_not_compared_and_why(unjudged: Served, language: str) -> None:
    key = _last_session(unjudged, "p-good")
    page = _shown(unjudged, f"/patients/p-good/sessions/{key}", language)
    expected = {
        "en": "Nothing of it could be compared with the prescribed range (40 to 60 % of heart rate "
        "reserve). ",
        "sv": "Inget av det kunde jämföras med det ordinerade intervallet (40 till 60 % av "
        "pulsreserven). ",
    }
    assert expected[language] + _NEEDS[language] in page
    other = _last_session(unjudged, "p-pain")
    page = _shown(unjudged, f"/patients/p-pain/sessions/{other}", language)
    assert _NEEDS[language] not in page


@pytest.mark.parametrize("language", _LANGUAGES)
def test_the_summary_says_why_the_range_is_not_known(unjudged: Served, language: str) -> None:
    text = _shown(unjudged, "/patients/p-good/summary.txt", language)
    expected = {"en": "Intensity: not known. ", "sv": "Intensitet: okänt. "}
    assert expected[language] + _NEEDS[language] in text
    known = {
        "en": "Intensity: class known for 100 % of the exercised time",
        "sv": "Intensitet: klassen är känd för 100 % av träningstiden",
    }
    assert known[language] in text


def test_the_answer_names_what_the_range_needs(unjudged: Served) -> None:
    figures = unjudged.get("/api/v1/patients/p-good/summary").json()
    assert (figures["a_int"], figures["range_needs"]) == (None, ["resting heart rate"])
    figures = unjudged.get("/api/v1/patients/p-pain/summary").json()
    assert (figures["a_int"] is None, figures["range_needs"]) == (False, [])
