"""Settings of the rules: each changes an outcome, each layer stands before the one below it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from alerts.registry import RULE, RULES, judge
from alerts.ruling.profiles import PROFILES
from alerts.ruling.settings import as_set, is_affected, settable, setting_problems
from alerts.thresholds import thresholds_on
from model.alert import RuleInput
from model.prescribing.rule_settings import RuleSetting, RuleSettings, SettingValues
from model.schemas.prescription_bounds import within
from tests.alerts.rules.known_weeks import THRICE_A_WEEK, missed_input
from tests.alerts.ruling.flips import FLIPS, Flip

_WHY = "agreed at the meeting"


def _findings(on: RuleInput, rule: str) -> list[str]:
    return [f"{findings.key} {findings.tier}" for findings in judge(on, (RULE[rule],))]


def _with(flip: Flip, values: Mapping[str, float]) -> SettingValues:
    return {flip.rule: {**flip.beside.get(flip.rule, {}), **values}}


@pytest.mark.parametrize("flip", FLIPS, ids=lambda flip: f"{flip.rule}.{flip.name}")
def test_each_setting_changes_an_outcome(flip: Flip) -> None:
    on, changed = flip.make(), {flip.name: flip.value}
    before = _findings(replace(on, settings=RuleSettings(unit=flip.beside)), flip.rule)
    after = _findings(replace(on, settings=RuleSettings(unit=_with(flip, changed))), flip.rule)
    own = _findings(
        replace(on, settings=RuleSettings(unit=flip.beside, own=_with(flip, changed))), flip.rule
    )
    assert before != after == own


def test_every_setting_that_can_be_made_is_among_them() -> None:
    listed = sorted((flip.rule, flip.name) for flip in FLIPS)
    known: list[tuple[str, str]] = []
    for rule in RULES:
        known += [(rule.id, name) for name in settable(rule)]
    assert listed == sorted(known)


def _missed(settings: RuleSettings, **more: object) -> list[str]:
    row = replace(THRICE_A_WEEK, **more)  # type: ignore[arg-type]
    on = missed_input(".......", prescriptions=(row,), settings=settings)
    return _findings(on, "A2")


def test_each_layer_stands_before_the_one_below() -> None:
    unit: SettingValues = {"A2": {"missed": 4}}
    assert _missed(RuleSettings()) != []
    assert _missed(RuleSettings(unit=unit)) == []
    # the profile says 2
    assert _missed(RuleSettings(unit=unit, profile="heart_failure")) != []
    own: SettingValues = {"A2": {"missed": 5}}
    assert _missed(RuleSettings(unit=unit, profile="heart_failure", own=own)) == []
    assert _missed(RuleSettings(own=own), rules={"A2": {"missed": 3}}) != []


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_sets_only_what_may_be_set(name: str) -> None:
    values = PROFILES[name].values
    assert values
    for rule, thresholds in values.items():
        bounds = settable(RULE[rule])
        assert all(within(value, bounds[key]) for key, value in thresholds.items())
        assert all(value != RULE[rule].thresholds[key] for key, value in thresholds.items())


def _change(**fields: object) -> RuleSetting:
    filled = {"patient": "", "rule": "A2", "name": "missed", "value": 4.0, "why": _WHY, **fields}
    return RuleSetting(**filled)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        ({"value": None}, ""),
        ({"name": "shadow", "value": 1}, ""),
        ({"rule": "", "name": "profile", "value": None, "patient": "p", "word": "back_pain"}, ""),
        ({"rule": "P3", "name": "each_week", "value": 0.5}, ""),
        ({"value": 13}, "`value` must be from 2 to 12"),
        ({"value": float("nan")}, "`value` must be from 2 to 12"),
        ({"value": 2.5}, "`value` must be a whole number"),
        ({"word": "back_pain"}, "`word` may be there for a profile only"),
        (
            {"rule": "", "name": "profile", "patient": "p", "word": "back_pain", "value": 1},
            "`value` may not be there",
        ),
        ({"name": "lag_hours"}, "`name` must be one of what rule A2 lets set: missed"),
        ({"rule": "P5"}, "`name` must be one of what rule P5 lets set: nothing"),
        ({"rule": "P1", "name": "high"}, "`name` must be one of what rule P1 lets set: "),
        ({"rule": "H3", "name": "on", "value": 1}, "`name` must be one of what rule H3 lets set"),
        ({"rule": "Z9"}, "`rule` must be one of A1, "),
        ({"rule": "P1", "name": "sessions", "value": 5}, "`sessions` must not be above `of_last`"),
        ({"name": "shadow", "value": 2}, "`shadow` must be 0 or 1, of a care unit"),
        ({"name": "shadow", "value": 1, "patient": "p"}, "`shadow` must be 0 or 1"),
        ({"rule": "", "name": "profile", "word": "back_pain", "value": None}, "`profile` must be"),
        (
            {"rule": "", "name": "profile", "word": "gout", "patient": "p", "value": None},
            "`profile` must be",
        ),
        ({"why": " "}, "`why` must say why"),
        ({"why": "x" * 501}, "`why` must say why"),
        ({"why": "a\nb"}, "`why` must be plain text"),
    ],
)
def test_what_cannot_be_set_is_refused(fields: Mapping[str, object], text: str) -> None:
    problems = setting_problems(_change(**fields), RULE)
    assert problems == () if not text else len(problems) == 1 and problems[0].startswith(text)


@pytest.mark.parametrize(
    ("settings", "rules", "affected"),
    [
        (RuleSettings(), None, True),
        (RuleSettings(unit={"A2": {"missed": 4}}), None, False),  # it is so already
        (RuleSettings(profile="heart_failure"), None, False),
        (RuleSettings(profile="back_pain"), None, True),
        (RuleSettings(own={"A2": {"missed": 6}}), None, False),
        (RuleSettings(), {"A2": {"missed": 6}}, False),
        (RuleSettings(), {"A1": {"ratio": 0.5}}, True),
    ],
)
def test_a_default_changes_no_figure_of_a_patient(
    settings: RuleSettings, rules: dict[str, dict[str, float]] | None, *, affected: bool
) -> None:
    row = replace(THRICE_A_WEEK, rules=rules)
    assert is_affected(settings, (row,), _change(), RULE) is affected


def test_a_default_that_is_taken_back_affects_who_had_it() -> None:
    taken = _change(value=None)
    assert is_affected(RuleSettings(unit={"A2": {"missed": 4}}), (), taken, RULE)
    assert not is_affected(RuleSettings(), (), taken, RULE)


def test_figures_set_apart_make_no_rule_that_nobody_can_meet() -> None:
    # three of the last two: the unit set the one, the patient's clinician the other
    settings = RuleSettings(unit={"P1": {"sessions": 3}}, own={"P1": {"of_last": 2}})
    rule = as_set(missed_input(".......", settings=settings), RULE["P1"])
    thresholds = thresholds_on(rule, (THRICE_A_WEEK,), THRICE_A_WEEK.valid_from)
    assert (thresholds["sessions"], thresholds["of_last"]) == (2, 2)
