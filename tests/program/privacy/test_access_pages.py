"""The two pages of an answer to a request for access: what the law wants said, and the words."""

import re
from dataclasses import replace

import pytest

from kadens.privacy.handling.access_page import StatedAbout, access_page
from kadens.privacy.handling.readable_rows import (
    ReadableLine,
    readable_line,
    readable_page,
    sentence_row,
)
from kadens.privacy.register_words import SWEDISH
from model.privacy.register import REGISTER

_COUNTS = dict.fromkeys(REGISTER, 3) | {"alert": 0}
_PAIN = {
    "kind": "report",
    "start_at": "2026-11-29T11:18:41+00:00",
    "local_date": "2026-11-29",
    "payload": {"instrument": "pain", "phase": "after", "value": 6.0, "scale": "nrs-0-10"},
}
_HARD = _PAIN | {"payload": {"instrument": "exertion", "value": 5.0, "scale": "borg-cr10"}}
_WALK = {
    "start_at": "2026-11-29T10:00:00+00:00",
    "end_at": "2026-11-29T10:45:00+00:00",
    "paused_ms": 150_000,
    "type": "walking",
    "hr_mean": 105.6,
}
_CORRECTED = {
    "set_at": "2026-11-29T12:00:00Z",
    "was": {"value": 8},
    "fields": {"value": 3},
    "is_void": False,
}
_RATING = {"value": 9.0, "phase": "after", "local_date": "2026-11-24"}
_LIMITS = {"high": 6, "very_high": 8, "sessions": 2, "of_last": 3}
_DOSE = {
    "valid_from": "2026-08-03",
    "valid_to": "2026-12-27",
    "version": 2,
    "body": {"sessions_per_week": None, "minutes_per_session": None, "dose_min_per_week": 150.0},
}
_REQUESTED = {
    "received_at": "2026-11-01T00:00:00+00:00",
    "kind": "access",
    "state": "answered",
    "wish": "allt",
    "answer": "Här är den.",
}
_ENDED = {
    "given_at": "2026-08-01T00:00:00+00:00",
    "vendor": "polar",
    "withdrawn_at": "2026-09-02T01:00:00+00:00",
}


@pytest.mark.promise(12)
def test_the_page_says_what_the_law_wants_said() -> None:
    page = access_page(_COUNTS, {}, StatedAbout(controller="Region <Y>", subprocessors=("A & B",)))
    for text in ("Region &lt;Y&gt;", "A &amp; B", "imy.se", "Inget beslut om dig fattas", "EES"):
        assert text in page
    for kind in REGISTER.values():
        assert SWEDISH[kind.purpose.value] in page
        assert SWEDISH[kind.kept_for.value] in page
        assert SWEDISH[kind.origin.value] in page
        assert all(SWEDISH[seen.value] in page for seen in kind.recipients)
    # health data needs a ground of article 9 as well
    assert "för uppgifter om hälsa även artikel 9.2 a" in page
    assert '<a href="data/session.jsonl">' in page
    assert '<a href="data/alert.jsonl">' not in page


def test_what_a_deployment_has_not_stated_is_said() -> None:
    page = access_page({"session": 1}, {}, StatedAbout())
    assert page.count("Inte angivet") == 2


@pytest.mark.parametrize(
    ("table", "row", "swedish", "english"),
    [
        ("fact", _PAIN, "Smärta efter träningen: 6 / 10", "Pain after exercise: 6 / 10"),
        ("fact", _PAIN | {"kind": "workout"}, None, None),
        ("fact", _HARD, "Hur ansträngande var det? 5 / 10", "How hard was it? 5 / 10"),
        (
            "session",
            _WALK,
            "Promenad, 42 minuter, medelpuls 106",
            "Walking, 42 minutes, mean heart rate 106",
        ),
        (
            "consent",
            _ENDED,
            "Polar: tillbakataget 2026-09-02",
            "Polar: withdrawn 2026-09-02",
        ),
        (
            "correction",
            _CORRECTED,
            "svar 8 → svar 3",
            "answer 8 → answer 3",
        ),
        (
            "correction",
            _CORRECTED | {"was": {"exertion": None}, "fields": {"exertion_cr10": 4}},
            "ansträngning, Borg CR10 inte uppgett → ansträngning, Borg CR10 4",
            "exertion, Borg CR10 not stated → exertion, Borg CR10 4",
        ),
        (
            "correction",
            _CORRECTED | {"was": {"type": "walking"}, "fields": {"type": "cycling"}},
            "typ promenad → typ cykling",
            "type walking → type cycling",
        ),
        (
            "prescription",
            _DOSE,
            "150 minuter i veckan, till 2026-12-27 (version 2)",
            "150 minutes a week, until 2026-12-27 (version 2)",
        ),
        (
            "prescription",
            _DOSE | {"body": {"sessions_per_week": 3, "minutes_per_session": 30}},
            "3 gånger i veckan, 30 minuter, till 2026-12-27 (version 2)",
            "3 times a week, 30 minutes, until 2026-12-27 (version 2)",
        ),
        (
            "correction",
            _CORRECTED | {"was": {"end": "2026-11-29T12:10:00Z"}, "end_at": "2026-11-29T11:10:00Z"},
            "slut 2026-11-29 12:10 → slut 2026-11-29 11:10",
            "ending 2026-11-29 12:10 → ending 2026-11-29 11:10",
        ),
        (
            "rights_request",
            _REQUESTED,
            "Tillgång till alla uppgifter, besvarad: allt Här är den.",
            "Access to all data, answered: allt Här är den.",
        ),
        ("sample", {}, None, None),
    ],
)
def test_a_row_is_in_words(
    table: str, row: dict[str, object], swedish: str | None, english: str | None
) -> None:
    line = readable_line(table, row)
    assert (line.swedish if line else None, line.english if line else None) == (swedish, english)


def test_an_alert_is_worded_in_swedish_from_what_it_rests_on() -> None:
    evidence = {"thresholds": _LIMITS, "ratings": [_RATING]}
    english = "Pain 9 of 10 after exercise on 2026-11-24 (rule P1: 8 or more once)."
    kept = sentence_row(
        {"alert": "a", "rule": "P1", "rule_version": 3, "sentence": english, "evidence": evidence}
    )
    row = {"raised_at": "2026-11-24T10:00:00+00:00", "sentence": english + " And 2 more."}
    line = readable_line("alert", row, [kept])
    assert line is not None
    assert line.english == row["sentence"]
    assert line.swedish == (
        "Smärta 9 av 10 efter träning 2026-11-24 (regel P1: 8 eller mer en gång). Och 2 till."
    )
    # of a rule that there is no more the stored words stand
    gone = readable_line("alert", row, [replace(kept, rule="Z9")])
    assert gone is not None
    assert gone.swedish == f"{english} Och 2 till."


def test_the_newest_is_first_and_a_text_is_a_text() -> None:
    lines = [
        ReadableLine(at="2026-01-01T10:00:00Z", swedish="<b>", english="<b>"),
        ReadableLine(at="2026-02-01T10:00:00Z", swedish="ny", english="new"),
    ]
    page = readable_page({"alert": lines})
    assert re.findall(r"<th>(.*?)</th><td>(.*?)</td>", page) == [
        ("2026-02-01 10:00", 'ny<br><span lang="en">new</span>'),
        ("2026-01-01 10:00", "&lt;b&gt;"),
    ]
