"""The audit log as sentences for the patient: folded by person and day, in plain words."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from model.audit_log.categories import READ_CATEGORIES
from model.audit_log.extract import (
    ExtractLine,
    LoggedAccess,
    deed_words,
    extract_lines,
    extract_sentence,
)
from model.audit_log.kinds_read import KINDS_READ
from model.audit_log.plain_words import DEEDS, OTHER_DEED, ROLE_WORDS
from model.audit_log.service_words import SERVICE_DEEDS
from storage.audit_actions import AuditAction

_ZONE = "Europe/Stockholm"
_NOON = 1_763_636_400_000  # 2025-11-20 12:00 in Stockholm
_HOUR = 3_600_000


def access(hours: float = 0, **more: object) -> LoggedAccess:
    usual: dict[str, object] = {
        "at_ms": _NOON + int(hours * _HOUR),
        "actor": "c-1",
        "name": "Anna Exempel",
        "role": "clinician",
        "care_unit": "Enhet Nord",
        "action": "data.read",
        "object": "patient",
        "reason": "",
    }
    return LoggedAccess(**{**usual, **more})  # type: ignore[arg-type]  # by name


def extract_of(*rows: LoggedAccess, language: str = "sv") -> list[str]:
    return [extract_sentence(line, language) for line in extract_lines(rows, _ZONE, language)]


def test_what_a_person_did_on_a_day_is_a_sentence() -> None:
    rows = (
        access(1.25, object="session:0190"),
        access(),
        access(1, object="patient"),
        access(2, action="alert.resolve", object="alert:0191"),
    )
    (swedish,) = extract_of(*rows)
    assert swedish == (
        "2025-11-20 12:00\u201314:00: Anna Exempel (vårdpersonal, Enhet Nord) tittade på sidan om "
        "dig och ett av dina pass och avslutade en avisering om dig (4 gånger)."
    )
    (english,) = extract_of(*rows, language="en")
    assert english == (
        "2025-11-20 12:00\u201314:00: Anna Exempel (clinician, Enhet Nord) looked at the page "
        "about you and one of your sessions and closed a notice about you (4 times)."
    )


def test_days_are_the_patients_and_the_latest_is_first() -> None:
    lines = extract_lines([access(), access(11.5), access(12.5)], _ZONE)
    assert [(line.day, line.first, line.last, line.times) for line in lines] == [
        (date(2025, 11, 21), "00:30", "00:30", 1),
        (date(2025, 11, 20), "12:00", "23:30", 2),
    ]


def test_two_persons_and_two_units_of_a_person_are_lines_of_their_own() -> None:
    rows = [access(1), access(actor="c-2", name="Bo"), access(2, care_unit="Enhet Syd")]
    assert [line.who for line in extract_lines(rows, _ZONE)] == [
        "Bo (vårdpersonal, Enhet Nord)",
        "Anna Exempel (vårdpersonal, Enhet Nord)",
        "Anna Exempel (vårdpersonal, Enhet Syd)",
    ]


@pytest.mark.parametrize(
    ("more", "who"),
    [
        ({"role": "patient", "actor": "p1", "name": ""}, "You"),
        (
            {"role": "operator", "actor": "os:kim", "name": "", "care_unit": ""},
            "A technician of the service",
        ),
        ({"name": "", "care_unit": ""}, "A person (clinician)"),
        ({"role": "dietist"}, "Anna Exempel (dietist, Enhet Nord)"),
    ],
)
def test_who_it_was(more: dict[str, Any], who: str) -> None:
    assert extract_lines([access(**more)], _ZONE, "en")[0].who == who


def test_a_reason_is_given_where_access_was_ruled_out_or_was_for_support() -> None:
    rows = [
        access(role="support", reason="ärende 12"),
        access(role="support", reason="ärende 12"),
        access(1, action="alert.resolve", reason="contacted"),
        access(2, action="emergency.open", reason="medvetslös"),
    ]
    assert [line.reasons for line in extract_lines(rows, _ZONE)] == [
        ("ärende 12",),
        ("medvetslös",),
    ]
    (sentence,) = extract_of(rows[0])
    assert sentence == (
        "2025-11-20 12:00: Anna Exempel (support, Enhet Nord) tittade på sidan om dig. "
        "Angivet skäl: ärende 12."
    )


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_sentence_shows_an_id_or_a_stored_name(language: str) -> None:
    kinds = [*KINDS_READ, "made.later"]
    rows = [
        access(object=f"{kind}:0190-abcd", action=action)
        for kind, action in product(kinds, [*DEEDS, "made.later"])
    ]
    shown = " ".join(extract_of(*rows, language=language))
    assert "0190" not in shown
    assert "made.later" not in shown
    assert "." not in shown.rstrip(".")


def test_each_action_about_a_patient_has_words_in_both_languages() -> None:
    assert {action.value for action in AuditAction} == {*DEEDS, *SERVICE_DEEDS}
    assert not DEEDS.keys() & SERVICE_DEEDS.keys()
    deeds = [*DEEDS.values(), *SERVICE_DEEDS.values()]
    for words in [*deeds, *KINDS_READ.values(), *ROLE_WORDS.values()]:
        assert words.en
        assert words.sv


@pytest.mark.promise(12)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_known_action_is_worded_as_something(language: str) -> None:
    for action in AuditAction:
        assert deed_words(action.value, "", language) != OTHER_DEED.worded(language)
    looked = DEEDS["data.read"].worded(language)
    for kind in READ_CATEGORIES:
        words = deed_words("data.read", f"{kind}:0190", language)
        assert words == f"{looked} {KINDS_READ[kind].worded(language)}"
    assert deed_words("made.later", "", language) == OTHER_DEED.worded(language)


def test_what_a_patient_does_at_their_own_door_is_said() -> None:
    own: dict[str, Any] = {"role": "patient", "actor": "p1", "name": "", "care_unit": ""}
    rows = [
        access(action="access.signin", object="", **own),
        access(0.01, object="/", **own),
        access(0.02, object="/report", **own),
        access(0.03, action="report.send", object="k", **own),
        access(0.04, object="/rights/files/{number}", **own),
        access(0.05, action="access.signout", object="", **own),
    ]
    (swedish,) = extract_of(*rows)
    assert swedish == (
        "2025-11-20 12:00\u201312:03: Du tittade på sidan för i dag, sidan där du rapporterar "
        "och en fil med dina uppgifter, för att spara den, loggade in, skickade svar och loggade "
        "ut (6 gånger)."
    )


def test_an_empty_log_has_no_line() -> None:
    assert extract_lines([], _ZONE) == ()


def test_a_line_holds_what_a_page_shows() -> None:
    assert extract_lines([access()], _ZONE, "en") == (
        ExtractLine(
            day=date(2025, 11, 20),
            first="12:00",
            last="12:00",
            who="Anna Exempel (clinician, Enhet Nord)",
            what=("looked at the page about you",),
            times=1,
            reasons=(),
        ),
    )
