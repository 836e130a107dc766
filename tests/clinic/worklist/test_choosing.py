"""The worklist as chosen: each patient once, groups by what is gravest, nothing cut silently."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.registry import RULES
from clinic.language.vocabulary import RULE_TITLES
from clinic.worklist.choosing import WorkChoice, chosen_work
from clinic.worklist.groups import GROUPS, OTHER, WorkGroup, conditions, group_of_family
from clinic.worklist.lines import Line, worklist_line, worklist_lines
from clinic.worklist.needs import Need, renewal
from model.calendar import DAY_MS
from model.connection_state import ConnectionState
from model.prescribing.renewal import RENEW_WITHIN_DAYS
from model.prescribing.rule_settings import RuleSettings
from storage.notes.reviews import ReviewRow
from storage.reads.connections import ConnectionRow
from storage.reads.shown_values import AlertBrief, PatientBrief, WorkRow
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE, MONDAY, prescriptions
from tests.rows import values_of

_CONNECTION = ConnectionRow(
    patient="p",
    connector="polar",
    invited_ms=None,
    link_expires_ms=None,
    link_used_ms=None,
    connection="connected",
    connected_ms=CLINIC_NOW - DAY_MS,
    broken_ms=None,
    withdrawn_ms=None,
    received_ms=CLINIC_NOW,
    fetched=0,
    requested=0,
    announced=0,
)


def _alert(name: str, family: str, tier: str, state: str = "open") -> AlertBrief:
    return AlertBrief(
        id=f"{name}-{family}",
        pseudonym=name,
        family=family,
        rule="P1",
        rule_version=1,
        tier=tier,
        state=state,
        raised_ms=CLINIC_NOW - DAY_MS,
        changed_ms=CLINIC_NOW,
        snoozed_until_ms=None,
        sentence="A sentence.",
        resolution="",
    )


def _row(name: str, *alerts: AlertBrief, last_ms: int | None = CLINIC_NOW) -> WorkRow:
    patient = PatientBrief(
        pseudonym=name,
        zone=CLINIC_ZONE,
        care_unit="u",
        created_ms=0,
        last_data_ms=last_ms,
        worn=True,
    )
    plans = tuple(replace(item, valid_to=date(2027, 3, 1)) for item in prescriptions("p"))
    return WorkRow(patient=patient, alerts=alerts, prescriptions=plans)


def _lines(*rows: WorkRow) -> tuple[Line, ...]:
    return worklist_lines(rows, {}, CLINIC_NOW)


def _shown(lines: Sequence[Line], choice: WorkChoice) -> dict[str, list[str]]:
    views = chosen_work(lines, choice, CLINIC_NOW).groups
    return {view.group.key: values_of(view.lines, "pseudonym") for view in views}


def test_a_patient_is_shown_once_under_the_gravest_reason() -> None:
    both = _row("both", _alert("both", "pain", "A"), _alert("both", "adherence", "B"))
    low = _row("low", _alert("low", "adherence", "B"), _alert("low", "load", "C"))
    load = _row("load", _alert("load", "load", "C"))
    later = _row("later", _alert("later", "pain", "A", "snoozed"))
    silent = _row("silent", last_ms=CLINIC_NOW - 9 * DAY_MS)
    lines = _lines(load, silent, later, low, both, _row("fine"))
    assert _shown(lines, WorkChoice()) == {
        "pain": ["both"],
        "adherence": ["low"],
        "change": ["load"],
        "data": ["silent"],
        "later": ["later"],
        "track": ["fine"],
    }


@pytest.mark.parametrize(
    ("days", "is_near"),
    [(0, True), (RENEW_WITHIN_DAYS, True), (RENEW_WITHIN_DAYS + 1, False), (-1, False)],
)
def test_a_prescription_is_renewed_within_its_last_14_days(days: int, *, is_near: bool) -> None:
    last = MONDAY + timedelta(days=days)
    plan = replace(prescriptions("p")[0], valid_to=last)
    assert renewal((plan,), MONDAY) == (last if is_near else None)


def test_the_row_of_a_prescription_that_ends_asks_for_its_renewal() -> None:
    row = _row("p")
    ends = tuple(replace(item, valid_to=MONDAY + timedelta(days=3)) for item in row.prescriptions)
    line = worklist_line(replace(row, prescriptions=ends), {}, CLINIC_NOW)
    assert (line.need, line.group, line.reason) == (
        Need.RENEW,
        "renew",
        "The prescription ends on Thu 26 Nov 2026: renew?",
    )


@pytest.mark.parametrize(
    ("connection", "group", "reason"),
    [
        (_CONNECTION, "track", "No rule met"),
        (
            replace(_CONNECTION, connection="needs_reconnecting"),
            "data",
            "Polar: needs reconnecting",
        ),
        (
            replace(_CONNECTION, connection="", withdrawn_ms=CLINIC_NOW),
            "data",
            "Polar: revoked by the patient",
        ),
    ],
)
def test_a_connection_that_ended_is_a_data_issue(
    connection: ConnectionRow, group: str, reason: str
) -> None:
    line = worklist_line(replace(_row("p"), connections=(connection,)), {}, CLINIC_NOW)
    assert (line.group, line.reason) == (group, reason)
    assert line.connections[0].connector == "polar"
    assert isinstance(line.connections[0].state, ConnectionState)


def test_every_family_of_a_rule_has_a_group_but_good_news() -> None:
    families = {rule.family for rule in RULES if group_of_family(rule.family) == OTHER}
    assert families == {"progress"}


def _all_conditions(group: WorkGroup, unit: RuleSettings) -> list[str]:
    return conditions(group, unit, {rule.id for rule in RULES})[0]


def test_the_thresholds_of_a_group_are_those_of_its_rules() -> None:
    texts = {group.key: _all_conditions(group, RuleSettings()) for group in GROUPS}
    assert texts["adherence"][1] == "3 due sessions in a row missed (A2)"
    assert "the prescription ends within 14 days" in texts["renew"]
    assert texts["adherence"][0] == "two weeks below 80 % of what is prescribed (A1)"
    assert texts["track"] == []
    # a rule that is off is not told by its switch
    assert " on 0" not in str(texts)


def test_the_thresholds_of_a_group_are_those_that_the_care_unit_has_set() -> None:
    (group,) = [group for group in GROUPS if group.key == "adherence"]
    texts = _all_conditions(
        group, RuleSettings(unit={"A2": {"missed": 5}}, shadow=frozenset({"A1"}))
    )
    # a rule that is judged without alerts puts nobody into a group
    assert texts[0] == "5 due sessions in a row missed (A2)"
    assert _all_conditions(group, RuleSettings(unit={"A2": {"missed": 99}}))[1] == (
        "3 due sessions in a row missed (A2)"
    )


def test_a_groups_header_names_first_what_put_its_patients_there() -> None:
    by_key = {group.key: group for group in GROUPS}
    now, other = conditions(by_key["adherence"], RuleSettings(), {"A2"})
    assert now == ["3 due sessions in a row missed (A2)"]
    assert other[0] == "two weeks below 80 % of what is prescribed (A1)"
    assert len(other) == 4
    # what has no rule may always be why
    assert conditions(by_key["renew"], RuleSettings(), set())[0] == [
        "the prescription ends within 14 days",
        "no prescription runs",
    ]


def test_the_title_of_each_rule_is_in_the_catalogues() -> None:
    assert sorted({rule.title for rule in RULES} - set(RULE_TITLES)) == []


def test_what_is_not_shown_is_counted() -> None:
    rows = [_row(f"p{number:02d}") for number in range(12)]
    low = _row("low", _alert("low", "adherence", "B"))
    view = chosen_work(_lines(*rows, low), WorkChoice(most=5), CLINIC_NOW)
    assert (view.total, view.fitting, view.shown) == (13, 13, 5)
    assert [(part.group.key, part.count, len(part.lines)) for part in view.groups] == [
        ("adherence", 1, 1),
        ("track", 12, 4),
    ]
    assert view.next_after("low") == "p00"
    assert view.next_after("p03") == ""
    assert view.next_after("nobody here") == "low"


def test_tags_are_all_wanted_and_sites_any() -> None:
    rows = [
        replace(_row("a"), tags=("hip", "knee"), sites=("North",)),
        replace(_row("b"), tags=("knee",), sites=("South",)),
        replace(_row("c"), sites=("West",)),
    ]
    lines = _lines(*rows)
    assert _shown(lines, WorkChoice(tags=("knee",))) == {"track": ["a", "b"]}
    assert _shown(lines, WorkChoice(tags=("knee", "hip"))) == {"track": ["a"]}
    assert _shown(lines, WorkChoice(sites=("South", "West"))) == {"track": ["b", "c"]}
    assert _shown(lines, WorkChoice(text="B ")) == {"track": ["b"]}


def test_the_unreviewed_are_those_without_a_mark_for_as_long() -> None:
    review = ReviewRow(
        id=1, pseudonym="b", reviewer="c", name="Karin", reviewed_ms=CLINIC_NOW - 7 * DAY_MS
    )
    lines = _lines(_row("a"), replace(_row("b"), review=review))
    assert _shown(lines, WorkChoice(unreviewed=7)) == {"track": ["a", "b"]}
    assert _shown(lines, WorkChoice(unreviewed=8)) == {"track": ["a"]}
    assert _shown(lines, WorkChoice(sort="review")) == {"track": ["a", "b"]}


def test_the_longest_without_contact_or_data_comes_first() -> None:
    lines = _lines(
        replace(_row("a"), contacted_ms=CLINIC_NOW),
        replace(_row("b", last_ms=CLINIC_NOW - DAY_MS), contacted_ms=CLINIC_NOW - DAY_MS),
        _row("c"),
    )
    assert _shown(lines, WorkChoice(sort="contact")) == {"track": ["c", "b", "a"]}
    assert _shown(lines, WorkChoice(sort="data")) == {"track": ["b", "a", "c"]}


def test_the_address_keeps_the_choice() -> None:
    choice = WorkChoice(text="å b", tags=("x", "y"), unreviewed=7, sort="data")
    assert choice.query() == "q=%C3%A5+b&tag=x&tag=y&unreviewed=7&sort=data"
    assert choice.address(patient="p/1") == f"/?{choice.query()}&patient=p%2F1"
    assert choice.address(more=100) == f"/?{choice.query()}&most=200"
    assert WorkChoice(patient="p").address() == "/"
