"""The history of a prescription says when each version held, and who wrote it when."""

import re
from dataclasses import replace
from datetime import date

import pytest

from clinic.pages.prescription_words import validity_words
from model.prescription import Intensity, Prescription
from tests.clinic_world import Served

_FIRST = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 9, 7),
    valid_to=date(2027, 2, 22),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)
_SECOND = replace(_FIRST, version=2, valid_from=date(2026, 11, 30))
_OTHER = replace(_FIRST, id="other", version=3)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (_FIRST, "Mon 7 Sep 2026 to Sun 29 Nov 2026"),
        (_SECOND, "Mon 30 Nov 2026 to Mon 22 Feb 2027"),
        (_OTHER, "Mon 7 Sep 2026 to Mon 22 Feb 2027"),
    ],
)
def test_a_version_holds_until_the_next_of_its_prescription_begins(
    row: Prescription, text: str
) -> None:
    assert validity_words(row, (_SECOND, _OTHER, _FIRST)) == text


def test_a_version_that_is_replaced_from_its_first_day_on_says_so() -> None:
    earlier = replace(_SECOND, version=3, valid_from=date(2026, 11, 16))
    rows = (_FIRST, _SECOND, earlier)
    assert validity_words(_SECOND, rows) == "replaced from its first day on"
    assert validity_words(_FIRST, rows) == "Mon 7 Sep 2026 to Sun 15 Nov 2026"


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        (
            "/patients/p-new/prescriptions",
            [
                "Version",
                "Valid",
                "Per week",
                "Minutes",
                "Intensity",
                "Pauses",
                "Renews",
                "Written",
            ],
        ),
        (
            "/patients/p-new",
            ["Version", "Valid", "Per week", "Minutes", "Intensity", "Rules set otherwise"],
        ),
    ],
)
def test_each_column_of_the_history_is_read_on_a_phone_too(
    door: Served, path: str, columns: list[str]
) -> None:
    page = door.get(path).raise_for_status().text
    (table,) = re.findall(r'aria-label="Versions of the prescription">.*?</table>', page, re.DOTALL)
    assert re.findall(r'scope="col"[^>]*>([^<]*)<', table) == columns
    rows = re.findall(r'<tr role="row">(<td.*?)</tr>', table)
    assert [re.findall(r'data-label="([^"]*)"', row) for row in rows] == [columns, columns]
    assert [re.findall(r'data-label="Valid">([^<]*)<', row) for row in rows] == [
        ["Mon 12 Oct 2026 to Mon 1 Feb 2027"],
        ["Mon 31 Aug 2026 to Sun 11 Oct 2026"],
    ]


def test_the_history_says_who_wrote_a_version_and_when(door: Served) -> None:
    page = door.get("/patients/p-new/prescriptions").raise_for_status().text
    written = re.findall(r'data-label="Written">([^<]*)<', page)
    assert written == [
        "Karin Lind, Mon 12 Oct 2026, 10:00",
        "Karin Lind, Mon 31 Aug 2026, 10:00",
    ]
