"""Evidence on the page of an alert is in words of the clinic: no key, no id, in both languages."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from alerts.registry import RULE, RULES, judge
from clinic.pages.evidence.labels import NOT_SHOWN, SECTIONS_OF_FAMILY
from clinic.pages.evidence.readable import Grid, grids
from clinic.pages.evidence.values import evidence_label, evidence_text
from clinic.pages.templating import CLINIC_LOCALE, CLINIC_TEMPLATES, clinic_languages
from model.words.language import read_in
from model.words.red_flags import RED_FLAGS
from tests.alerts.ruling.flips import FLIPS
from tests.clinic_world import ALERTS, CLINIC_ZONE, Served
from tests.rooms import ROOT

_SWEDISH = clinic_languages()["sv"]
_FILES = [
    *sorted((ROOT / "alerts" / "rules").rglob("*.py")),
    *sorted((ROOT / "alerts" / "missed").glob("*.py")),
    *(ROOT / "alerts" / f"{name}.py" for name in ("heart", "occasions", "pain", "signs")),
]
_SIGN = {"record": "r", "at": "2026-11-22T17:02:00Z", "local_date": "2026-11-22"}


@cache
def _in_swedish() -> set[object]:
    with (CLINIC_LOCALE / "sv.po").open("rb") as file:
        return {row.id for row in read_po(file, locale="sv")}


def _written_keys(path: Path) -> Iterator[str]:
    """Yield the keys of the tables that the file of a rule writes: evidence and thresholds."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant):
                yield str(key.value)


def _keys_of(value: object) -> Iterator[str]:
    """Yield the keys of evidence, however deep they lie."""
    for name, item in value.items() if isinstance(value, dict) else ():
        yield str(name)
        yield from _keys_of(item)
    for item in value if isinstance(value, list) else ():
        yield from _keys_of(item)


def _all_keys() -> set[str]:
    keys: set[str] = set()
    for path in _FILES:
        keys.update(_written_keys(path))
    for flip in FLIPS:
        for finding in judge(flip.make(), (RULE[flip.rule],)):
            keys.update(_keys_of(finding.evidence))
    return keys - NOT_SHOWN


@pytest.mark.parametrize("key", sorted(_all_keys()))
def test_each_key_of_evidence_has_words_in_both_languages(key: str) -> None:
    assert evidence_label(key) in _in_swedish()


def test_the_keys_are_those_of_all_rules() -> None:
    # one of a rule's own file, of a helper, of a table within a list, and of no literal
    assert _all_keys() >= {"kg", "sign", "of_last", "days_left", "below_ms", "verbatim"}


@pytest.mark.parametrize("sign", [*RED_FLAGS, ""])
def test_a_warning_sign_is_worded_and_never_its_key(sign: str) -> None:
    (table,) = grids({"signs": [{**_SIGN, "sign": sign}]}, CLINIC_ZONE)
    words = RED_FLAGS.get(sign, "a warning sign")
    assert table == Grid(
        title="Warning signs answered with yes",
        heads=("Local date", "Sun 22 Nov 2026"),
        rows=(("When", "Sun 22 Nov 2026, 18:02"), ("Warning sign", words)),
        turned=True,
    )
    assert evidence_text("signs", [sign], CLINIC_ZONE) == words


def test_a_warning_sign_is_swedish_for_a_swedish_reader() -> None:
    with read_in(_SWEDISH):
        (table,) = grids({"signs": [{**_SIGN, "sign": "chest_pain"}]}, CLINIC_ZONE)
        several = evidence_text("signs", ["chest_pain", "fainting"], CLINIC_ZONE)
    assert table.title == "Varningstecken med svaret ja"
    assert table.rows[1] == ("Varningstecken", "bröstsmärta")
    assert several == "bröstsmärta, svimning"


_PART = {
    "id": "rx-1",
    "version": 2,
    "sha256": "0" * 64,
    "sessions": 1,
    "sessions_due": 3,
    "minutes": 44.0,
    "minutes_due": 120,
}


@pytest.mark.parametrize(
    ("key", "value", "text", "swedish"),
    [
        ("valid_days", 1, "1 day", "1 dag"),
        ("valid_days", 2, "2 days", "2 dagar"),
        ("days", 1, "1 day", "1 dag"),
        ("paused_days", 0, "0 days", "0 dagar"),
        ("days_left", 1, "1", "1"),
        (
            "prescriptions",
            [_PART],
            "rx-1, version 2: 1 of 3 sessions, 44 of 120 min",
            "rx-1, version 2: 1 av 3 pass, 44 av 120 min",
        ),
        (
            "prescriptions",
            [{"id": "rx-1", "version": 2}, {"id": "rx-2", "version": 1}],
            "rx-1, version 2; rx-2, version 1",
            "rx-1, version 2; rx-2, version 1",
        ),
        ("prescription", {"id": "rx-1", "version": 2}, "rx-1, version 2", "rx-1, version 2"),
        (
            "exertion",
            {"value": 17.0, "ceiling": 14, "scale": "borg-6-20"},
            "17 on Borg 6\u201320, prescribed at most 14",
            "17 på Borg 6\u201320, ordinerat högst 14",
        ),
        ("types", ["nordic_walking", "walking"], "nordic walking, walking", "stavgång, promenad"),
        ("last", "2026-11-22", "Sun 22 Nov 2026", "sön 22 nov. 2026"),
        ("local", "2026-11-22 06:40", "Sun 22 Nov 2026, 06:40", "sön 22 nov. 2026, 06:40"),
        ("vendor", "apple_health", "Apple Health", "Apple Health"),
    ],
)
def test_values_of_evidence_are_worded(key: str, value: object, text: str, swedish: str) -> None:
    assert evidence_text(key, value, CLINIC_ZONE) == text
    with read_in(_SWEDISH):
        assert evidence_text(key, value, CLINIC_ZONE) == swedish


def test_names_for_programs_are_left_out() -> None:
    (table,) = grids({"sessions": ["s-1", "s-2"], "dates": ["2026-11-22"]}, CLINIC_ZONE)
    assert table.rows == (("Dates", "Sun 22 Nov 2026"),)
    # a number of sessions is no name
    assert grids({"sessions": 2}, CLINIC_ZONE)[0].rows == (("Sessions", "2"),)


def test_an_alert_leads_to_what_it_is_about() -> None:
    assert set(SECTIONS_OF_FAMILY) == {rule.family for rule in RULES}
    pages = "".join(path.read_text(encoding="utf-8") for path in CLINIC_TEMPLATES.glob("*.html"))
    for sections in SECTIONS_OF_FAMILY.values():
        assert all(f'<section class="card" id="{section}"' in pages for section, _name in sections)
    assert SECTIONS_OF_FAMILY["red_flag"] == ()


def test_an_alert_about_a_warning_sign_does_not_lead_to_the_weeks(door: Served) -> None:
    def links(alert: str) -> list[str]:
        page = door.get(f"/alerts/{ALERTS[alert]}").text
        return re.findall(r'href="/patients/[a-z-]+#([a-z]+)"', page)

    assert (set(links("pain")), set(links("low"))) == ({"pain"}, {"weeks"})
    door.change("update alert set family = 'red_flag' where id = %s", ALERTS["low"])
    try:
        assert links("low") == []
    finally:
        door.change("update alert set family = 'adherence' where id = %s", ALERTS["low"])
