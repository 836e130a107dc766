"""What a prescription may say, just inside and just outside of each bound."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from alerts.prescribing import prescribing_problems
from alerts.registry import RULE, RULES
from alerts.thresholds import thresholds_on
from model.alert import Rule
from model.prescribing.canonical import with_hash
from model.prescribing.notes import prescription_notes
from model.prescription import FollowUpPlan, Intensity, Pause, Prescription, ProgressionStep
from model.schemas.prescription_bounds import INTENSITY_BOUNDS, NUMBER_BOUNDS

_NAN, _INFINITE = float("nan"), float("inf")
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 6, 1),
    valid_to=date(2026, 8, 30),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="hrr", low=0.4, high=0.6),
)


_FIRST, _BEFORE, _END = date(2026, 6, 1), date(2026, 5, 31), date(2026, 8, 31)
_HIGHER = Intensity(method="bpm", low=100, high=130)


def _step(from_week: int, **changes: Any) -> ProgressionStep:  # noqa: ANN401
    return ProgressionStep(from_week=from_week, **changes)


def overriding(rule: str, **thresholds: float) -> Prescription:
    return replace(_PLAN, rules={rule: thresholds})


def test_a_prescription_within_all_bounds_has_no_problem() -> None:
    assert prescribing_problems(_PLAN) == ()
    full = replace(
        _PLAN,
        weekdays=("mon", "wed", "fri"),
        most_minutes_per_session=30,
        hr_ceiling=240,
        rpe_ceiling=20,
        rpe_scale="borg-6-20",
        cardiac=True,
        progression=(
            _step(2, sessions_per_week=1, weekdays=("sun",)),
            _step(13, weekdays=("tue",)),
        ),
        pauses=(Pause(first=_BEFORE, last=_FIRST, why="illness"),),
        diagnoses=("M17.1", "239873007"),
        function="walks 400 m with a stick",
        activity="Walking",
        form="far-1",
        follow_up=FollowUpPlan(who="Karin Lind", how="by telephone", on=_FIRST),
        renews="rx-0/3",
    )
    assert prescribing_problems(full) == prescribing_problems(with_hash(full)) == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        # the prescriptions that were taken silently: each is a typing error with consequences
        ({"intensity": Intensity(method="hrr", low=40, high=60)}, "intensity.low"),
        # fractions typed where percent is wanted
        ({"intensity": Intensity(method="hrr", low=0.004, high=0.006)}, "intensity.low"),
        ({"intensity": Intensity(method="hrmax", low=0.05, high=0.7)}, "intensity.low"),
        ({"intensity": Intensity(method="hrr", low=0, high=0.09)}, "intensity.high"),
        ({"sessions_per_week": 0, "minutes_per_session": 0}, "sessions_per_week"),
        (
            {"types": ("strength",), "weekdays": ("mon", "wed", "fri"), "strength_days": 4},
            "strength_days",
        ),
        ({"intensity": Intensity(method="bpm", low=1, high=9000)}, "intensity.low"),
        ({"sessions_per_week": 300}, "sessions_per_week"),
        ({"minutes_per_session": 4000}, "minutes_per_session"),
        ({"pain_limit": 99}, "pain_limit"),
        ({"pauses": (Pause(first=date(2026, 7, 8), last=date(2026, 7, 1), why=""),)}, "pauses.0"),
        ({"rules": {"P1": {"very_high": 99}}}, "rules.P1.very_high"),
        ({"rules": {"Z9": {"high": 3}}}, "rules"),
        ({"rules": {"P1": {"unheard_of": 3}}}, "rules.P1"),
        ({"rules": {"P1": {"look_back_days": 3}}}, "rules.P1"),
        ({"sessions_per_week": 8, "max_per_day": 1}, "sessions_per_week"),
        ({"id": "../../etc/passwd"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"valid_to": date(2026, 5, 31)}, "valid_from"),
        ({"types": ("flying",)}, "types"),
        ({"most_minutes_per_session": 29}, "most_minutes_per_session"),
        ({"weekdays": ("mon", "tue")}, "weekdays"),
        ({"weekdays": ("mon", "mon", "tue")}, "weekdays"),
        ({"weekdays": ("monday",)}, "weekdays"),
        # six sessions on three days need two a day
        ({"weekdays": ("mon", "wed", "fri"), "sessions_per_week": 6}, "weekdays"),
        ({"max_per_day": 40}, "max_per_day"),
        ({"hr_ceiling": 39}, "hr_ceiling"),
        (
            {"intensity": Intensity(method="bpm", low=90, high=120), "hr_ceiling": 119},
            "hr_ceiling",
        ),
        ({"rpe_ceiling": 11}, "rpe_ceiling"),
        ({"rpe_ceiling": 5, "rpe_scale": "borg-6-20"}, "rpe_ceiling"),
        ({"rpe_ceiling": 5, "rpe_scale": "nrs-0-10"}, "rpe_scale"),
        (
            {"intensity": Intensity(method="rpe_cr10", low=3, high=5), "rpe_ceiling": 4},
            "rpe_ceiling",
        ),
        ({"pauses": (Pause(first=_END, last=_END, why=""),)}, "pauses.0"),
        ({"pauses": (Pause(first=_BEFORE, last=_BEFORE, why=""),)}, "pauses.0"),
        ({"pauses": (Pause(first=_FIRST, last=_FIRST, why="x" * 201),)}, "pauses.0.why"),
        ({"reason": "a\nb"}, "reason"),
        ({"balance": "x" * 501}, "balance"),
        ({"diagnoses": ("M17.1", "knee!")}, "diagnoses"),
        ({"diagnoses": ("M17",) * 11}, "diagnoses"),
        ({"renews": "rx/1"}, "renews"),
        ({"renews": "rx"}, "renews"),
        ({"form": "a b"}, "form"),
        ({"follow_up": FollowUpPlan(on=_BEFORE)}, "follow_up.on"),
        ({"follow_up": FollowUpPlan(who="x\x7f")}, "follow_up.who"),
        ({"progression_from": date(2026, 6, 2)}, "progression_from"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"progression": (_step(1, minutes_per_session=30),)}, "progression.0.from_week"),
        ({"progression": (_step(3),)}, "progression.0` must change"),
        (
            {"progression": (_step(4, minutes_per_session=40), _step(4, minutes_per_session=50))},
            "progression.1.from_week",
        ),
        (
            {"progression": (_step(4, minutes_per_session=40), _step(3, minutes_per_session=50))},
            "progression.1.from_week",
        ),
        ({"progression": (_step(14, minutes_per_session=40),)}, "progression.0.from_week"),
        ({"progression": (_step(2, minutes_per_session=481),)}, "progression.0.minutes"),
        ({"progression": (_step(2, sessions_per_week=8),)}, "progression.0` makes"),
        (
            {"progression": (_step(2, intensity=Intensity(method="hrr", low=0.6, high=0.5)),)},
            "progression.0.intensity.low",
        ),
        (
            {
                "weekdays": ("mon", "wed", "fri"),
                "progression": (_step(2, sessions_per_week=4),),
            },
            "progression.0` makes",
        ),
        (
            {"hr_ceiling": 120, "progression": (_step(2, intensity=_HIGHER),)},
            "progression.0` makes a contradiction: `hr_ceiling`",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any], field: str) -> None:
    (problem, *_) = prescribing_problems(replace(_PLAN, **wrong))
    assert problem.startswith(f"`{field}")


@pytest.mark.parametrize("name", NUMBER_BOUNDS)
def test_each_figure_at_and_beyond_its_bounds(name: str) -> None:
    low, high = NUMBER_BOUNDS[name]
    # more sessions than days need a day with several
    wide = replace(_PLAN, max_per_day=6) if name == "sessions_per_week" else _PLAN
    wide = replace(wide, sessions_per_week=1) if name == "max_per_day" else wide
    # above the limit there must be a rating left that the rule can meet
    wide = replace(wide, rules={"P1": {"very_high": 10}}) if name == "pain_limit" else wide
    # a prescription that asks for nothing at all is refused
    wide = replace(wide, strength_days=2) if name == "sessions_per_week" else wide
    for value in (low, high):
        inside: dict[str, Any] = {name: int(value)}
        assert prescribing_problems(replace(wide, **inside)) == ()
    for value in (low - 1, high + 1, _INFINITE, _NAN):
        outside: dict[str, Any] = {name: value}
        assert prescribing_problems(replace(wide, **outside))[0].startswith(f"`{name}`")


@pytest.mark.parametrize("method", INTENSITY_BOUNDS)
def test_each_method_at_and_beyond_its_bounds(method: str) -> None:
    low, high = INTENSITY_BOUNDS[method]
    within = Intensity(method=method, low=low, high=high)
    assert prescribing_problems(replace(_PLAN, intensity=within)) == ()
    for wrong in (
        replace(within, low=low - 0.01),
        replace(within, high=high + 0.01),
        replace(within, low=high, high=low),
        replace(within, low=high, high=high),
        replace(within, low=_NAN),
        replace(within, high=_INFINITE),
    ):
        assert prescribing_problems(replace(_PLAN, intensity=wrong)) != ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rules_own_thresholds_are_within_what_may_be_set(rule: Rule) -> None:
    own = {name: rule.thresholds[name] for name in rule.overridable}
    assert prescribing_problems(overriding(rule.id, **own)) == ()


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (overriding("P1", high=7), "`rules.P1.high` must be `pain_limit` + 1, or left out"),
        (overriding("P1", very_high=5), "`rules.P1.high` must not be above `very_high`"),
        (replace(_PLAN, pain_limit=8), "`rules.P1.high` must not be above `very_high`"),
        (overriding("P1", sessions=4), "`rules.P1.sessions` must not be above `of_last`"),
        (overriding("A1", known_days=3), "`rules.A1.known_days` must be from 4 to 7"),
        (overriding("P1", sessions=1.5), "`rules.P1.sessions` must be a whole number"),
        (overriding("H3", on=0.5), "`rules.H3.on` must be a whole number"),
        (overriding("A1", ratio=_NAN), "`rules.A1.ratio` must be from 0.1 to 1"),
    ],
)
def test_what_a_prescription_may_not_say_of_rules(plan: Prescription, problem: str) -> None:
    assert prescribing_problems(plan) == (problem,)


def test_no_pain_can_be_switched_off() -> None:
    """Pain 10 of 10 meets rule P1 under every prescription that can be written."""
    p1 = RULE["P1"]
    for very_high in (4, 8, 10, 11, 99, _INFINITE):
        plan = replace(overriding("P1", high=4, very_high=very_high), pain_limit=3)
        # whatever a version says that was stored some other way, its bounds hold
        taken = thresholds_on(p1, [plan], plan.valid_from)
        assert taken["very_high"] == (very_high if very_high <= 10 else p1.thresholds["very_high"])
        assert (prescribing_problems(plan) == ()) is (very_high <= 10)


def _noted(plan: Prescription, others: list[Prescription], today: date) -> list[str]:
    return [note.key for note in prescription_notes(plan, others, today)]


def test_a_prescriber_is_told_of_weeks_that_are_over_and_of_what_lies_beside() -> None:
    other = replace(_PLAN, id="other", valid_from=date(2026, 8, 30), valid_to=date(2026, 9, 30))
    first = _PLAN.valid_from
    assert _noted(_PLAN, [_PLAN], first) == []
    (past,) = prescription_notes(_PLAN, [replace(_PLAN, version=2)], date(2026, 6, 2))
    assert (past.key, past.text) == (
        "past:2026-06-01",
        "It begins in the past: weeks that are over are shown against it, no more.",
    )
    (beside,) = prescription_notes(_PLAN, [other, replace(other, version=2)], first)
    assert (beside.key, beside.text) == (
        "same:other",
        (
            "It holds beside other for the same activities: a session counts for each, and what is "
            "due adds up. Renew or end the other unless both are meant."
        ),
    )
    assert _noted(_PLAN, [replace(other, valid_from=date(2026, 8, 31))], first) == []


def test_a_prescription_that_was_ended_or_replaced_lies_beside_no_other() -> None:
    other = replace(_PLAN, id="other")
    ended = replace(other, version=2, valid_to=date(2026, 6, 10))
    plan = replace(_PLAN, valid_from=date(2026, 6, 11))
    assert _noted(plan, [other], plan.valid_from) == ["same:other"]
    assert _noted(plan, [other, ended], plan.valid_from) == []
    assert _noted(replace(plan, valid_from=date(2026, 6, 10)), [other, ended], _BEFORE) == [
        "same:other"
    ]
    # what a newer version says of types holds from its own first day on
    walks = replace(_PLAN, types=("walking",))
    swims = replace(other, version=2, types=("swimming",), valid_from=date(2026, 8, 1))
    later = replace(walks, valid_from=date(2026, 8, 1))
    assert _noted(later, [other, swims], _BEFORE) == ["apart:other"]
    assert _noted(walks, [other, swims], _BEFORE) == ["same:other"]


def test_a_prescriber_is_asked_about_what_is_hardly_meant() -> None:
    today, walks = _PLAN.valid_from, replace(_PLAN, types=("walking",))
    swims = replace(_PLAN, id="other", types=("swimming",))
    (apart,) = prescription_notes(walks, [replace(swims, activity="Crawl")], today)
    assert apart.text == "It holds beside Crawl (other): each is judged by its own types."
    # a version that a newer one has replaced holds no more
    moved = replace(swims, version=2, types=("walking",), valid_from=date(2026, 9, 1))
    ended = replace(moved, valid_to=date(2026, 9, 2))
    assert _noted(walks, [replace(swims, valid_to=_BEFORE), ended], today) == []
    assert _noted(replace(_PLAN, dose_min_per_week=180), [], today) == []
    for dose in (181, 3000):
        (note,) = prescription_notes(replace(_PLAN, dose_min_per_week=dose), [], today)
        assert note.key == f"dose:{dose}"
        assert note.text == (
            "Its weekly dose is more than its sessions can give, even if all were vigorous."
        )
    (note,) = prescription_notes(replace(_PLAN, valid_from=today - timedelta(days=29)), [], today)
    assert note.text == (
        "It begins more than four weeks ago: check the year and month of its first day."
    )


def test_the_pain_limit_sets_the_limit_of_the_rule_and_the_strictest_counts() -> None:
    p1, day = RULE["P1"], _PLAN.valid_from
    assert thresholds_on(p1, [], day)["high"] == 6
    assert thresholds_on(p1, [_PLAN], day)["high"] == 6
    strict = replace(_PLAN, id="other", pain_limit=2)
    assert thresholds_on(p1, [strict, _PLAN], day)["high"] == 3
    agreeing = replace(_PLAN, pain_limit=2, rules={"P1": {"high": 3}})
    assert prescribing_problems(agreeing) == ()
