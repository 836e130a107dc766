"""Sentences exactly; and that a message that leaves the system says nothing about anyone."""

from dataclasses import replace
from typing import Any

from alerts.registry import RULE, RULES
from alerts.wording import (
    PHASE_WORDS,
    TIER_WORDS,
    headline,
    limit_number,
    limit_percent,
    mail,
    reworded,
    short_number,
    short_percent,
)
from clinic.pages.templating import clinic_languages
from model.alert import Finding, StoredSentence, Tier
from model.words.language import read_in
from tests.rows import values_of

_LIMITS = {"high": 6, "very_high": 8, "sessions": 2, "of_last": 3}


def finding(rule: str, evidence: dict[str, Any], tier: Tier = Tier.B, at_ms: int = 0) -> Finding:
    return Finding(
        rule=rule,
        rule_version=1,
        family="f",
        key="k",
        tier=tier,
        at_ms=at_ms,
        from_ms=at_ms,
        fresh_until_ms=at_ms,
        evidence=evidence,
        sentence=RULE[rule].sentence(evidence),
    )


def _pain(*numbers: tuple[float, str, str]) -> dict[str, Any]:
    ratings = [{"value": value, "phase": phase, "local_date": day} for value, phase, day in numbers]
    return {"ratings": ratings, "thresholds": _LIMITS}


def _week(monday: str, sessions: int, known: tuple[int, int]) -> dict[str, Any]:
    return {
        "monday": monday,
        "sessions": sessions,
        "sessions_due": 12 / 7,
        "minutes": 30.0 * sessions,
        "minutes_due": 90,
        "valid_days": known[0],
        "answered_days": known[1],
        "recalled_days": 0,
        "carried_days": 0,
        "recalled_sessions": 0,
        "unseen_days": 0,
    }


def test_pain_once() -> None:
    result = finding("P1", _pain((8, "during", "2026-11-20"))).sentence
    assert result == "Pain 8 of 10 during exercise on 2026-11-20 (rule P1: 8 or more once)."


def test_pain_twice() -> None:
    result = finding(
        "P1", _pain((6, "after", "2026-11-20"), (7.0, "during", "2026-11-18"))
    ).sentence
    assert result == (
        "Pain 6 of 10 after exercise on 2026-11-20, and 7 of 10 during exercise on 2026-11-18 "
        "(rule P1: 6 or more in 2 of the last 3 rated sessions)."
    )


def test_adherence() -> None:
    evidence = {
        "weeks": [_week("2026-11-09", 1, (5, 1)), _week("2026-11-16", 0, (6, 0))],
        "thresholds": {"ratio": 0.8},
    }
    assert finding("A1", evidence).sentence == (
        "Two weeks below 80 % of the prescribed sessions or minutes (rule A1). "
        "Week of 2026-11-09: 1 of 1.7 sessions, 30 of 90 minutes; "
        "the watch was worn on 5 days, 1 day more answered; "
        "Week of 2026-11-16: 0 of 1.7 sessions, 0 of 90 minutes; "
        "the watch was worn on 6 days."
    )


def test_adherence_says_what_else_is_known_and_what_nobody_saw() -> None:
    more = {"recalled_days": 1, "carried_days": 2, "recalled_sessions": 1, "unseen_days": 1}
    weeks = [_week("2026-11-09", 1, (3, 1)) | more, _week("2026-11-16", 0, (6, 0))]
    sentence = finding("A1", {"weeks": weeks, "thresholds": {"ratio": 0.8}}).sentence
    assert (
        "the watch was worn on 3 days, 1 day more answered, 1 day more covered by the answer about "
        "the week, a phone was carried on 2 days more, 1 of the sessions told by the patient, and "
        "off for as long as a session on 1 day; "
    ) in sentence


def test_adherence_to_several_prescriptions_says_which_is_low() -> None:
    def sentence(*low: str) -> str:
        parts: list[dict[str, object]] = []
        for rx, done, due in (("walk", 3, 4), ("strength", 0, 1), ("cycle", 2, 1)):
            figures = {"sessions": done, "minutes": 30.0 * done, "minutes_due": 40 * due}
            more = {"id": rx, "low": rx in low, "sessions_due": due, "recalled_sessions": done}
            parts.append({**figures, **more})
        weeks = [_week("2026-11-09", 5, (7, 0)) | {"prescriptions": parts}]
        return finding("A1", {"weeks": weeks, "thresholds": {"ratio": 0.8}}).sentence

    assert sentence("strength") == (
        "Two weeks below 80 % of the prescribed sessions or minutes (rule A1). "
        "Week of 2026-11-09: low for prescription strength: 0 of 1 sessions and 0 of 40 minutes; "
        "the watch was worn on 7 days."
    )
    assert sentence("walk", "strength") == (
        "Two weeks below 80 % of the prescribed sessions or minutes (rule A1). "
        "Week of 2026-11-09: low for prescription walk: 3 of 4 sessions and 90 of 160 minutes, "
        "strength: 0 of 1 sessions and 0 of 40 minutes; "
        "the watch was worn on 7 days, 3 of the sessions told by the patient."
    )


def test_the_weightiest_finding_gives_the_headline() -> None:
    grave = finding("P1", _pain((9, "after", "2026-11-01")), Tier.A, 1)
    late = finding("P1", _pain((6, "after", "2026-11-20"), (7, "after", "2026-11-18")), Tier.B, 2)
    for both in ((grave, late), (late, grave)):
        assert headline(both) == grave.sentence + " And 1 more."
    assert headline([late]) == late.sentence


def test_a_message_says_where_and_nothing_else() -> None:
    got = mail("https://clinic.example/worklist")
    assert got.subject == "Open the worklist"
    assert got.text == "Open the worklist: https://clinic.example/worklist\n"


def test_every_tier_has_words() -> None:
    assert set(TIER_WORDS) == set(Tier)


def test_no_medical_claim() -> None:
    words = " ".join([*values_of(RULES, "title"), *PHASE_WORDS.values()]).lower()
    claims = ("diagnos", "detect", "predict", "prevent", "safe")
    for claim in claims:
        assert claim not in words


_SWEDISH = clinic_languages()["sv"]
_BY_RULE = {rule.id: rule for rule in RULES}


def _stored(rule: str, evidence: dict[str, Any]) -> StoredSentence:
    return StoredSentence(
        alert="a",
        rule=rule,
        rule_version=RULE[rule].version,
        sentence=RULE[rule].sentence(evidence),
        evidence=evidence,
    )


def test_a_stored_headline_is_worded_in_the_language_of_its_reader() -> None:
    twice = _pain((6.5, "after", "2026-11-20"), (7, "during", "2026-11-18"))
    rows = [_stored("P1", _pain((9, "next_morning", "2026-11-21"))), _stored("P1", twice)]
    shown = rows[1].sentence + " And 12 more."
    assert reworded(shown, rows, _BY_RULE) == shown
    with read_in(_SWEDISH):
        assert reworded(shown, rows, _BY_RULE) == (
            "Smärta 6,5 av 10 efter träning 2026-11-20, och 7 av 10 under träning 2026-11-18 "
            "(regel P1: 6 eller mer vid 2 av de senaste 3 skattade passen). Och 12 till."
        )
        assert reworded(rows[0].sentence, rows, _BY_RULE) == (
            "Smärta 9 av 10 nästa morgon 2026-11-21 (regel P1: 8 eller mer en gång)."
        )


def test_what_cannot_be_worded_anew_stays_as_it_was_stored() -> None:
    row = _stored("P1", _pain((9, "after", "2026-11-21")))
    # another version that would word the same evidence otherwise
    older = replace(row, rule_version=1, sentence="Pain 9 of 10.")
    bare = replace(row, evidence={})
    with read_in(_SWEDISH):
        for rows in ([], [older], [bare], [replace(row, rule="Z9")], [replace(row, sentence="")]):
            shown = rows[0].sentence if rows and rows[0].sentence else row.sentence
            assert reworded(shown, rows, _BY_RULE) == shown
        same = replace(row, rule_version=1)
        assert reworded(row.sentence, [same], _BY_RULE).startswith("Smärta 9 av 10")
        odd = row.sentence + " And a half more."
        assert reworded(odd, [row], _BY_RULE) == odd


def test_figures_of_sentences_are_rounded_half_up() -> None:
    # Python's own rounding makes 20.2 of both, and 0.1 of 0.15
    assert list(map(short_number, (20.25, 20.15, 0.15, 3.0))) == [
        "20.3",
        "20.2",
        "0.2",
        "3",
    ]
    # 100 * 0.5785 is 57.849999999999994
    assert short_percent(0.5785) == "57.9"
    assert short_percent(1.0) == "100"


def test_a_threshold_is_worded_as_it_was_set() -> None:
    evidence = {
        "weeks": [
            {"monday": "2026-11-09", "median": 2, "ratings": 3},
            {"monday": "2026-11-16", "median": 2.75, "ratings": 4},
        ],
        "thresholds": {"each_week": 0.75, "at_once": 1.25},
    }
    assert finding("P3", evidence).sentence == (
        "Median pain around exercise rose by week: 2, then 2.8 of 10, the last in the week of "
        "2026-11-16, by 3, then 4 ratings (rule P3: 0.75 or more in two weeks running, or 1.25 at "
        "once)."
    )
    assert (limit_percent(0.57), limit_percent(1), limit_number(1.8)) == ("57", "100", "1.8")


def test_a_figure_that_passed_its_limit_is_not_rounded_to_it() -> None:
    off = {
        "below_ms": 50_030,
        "within_ms": 49_970,
        "above_ms": 0,
        "dates": ["2026-11-16"] * 4,
        "thresholds": {"share": 0.5},
    }
    assert finding("A7", off).sentence == (
        "Intensity too low: 49.97 % of the time of 4 sessions in the prescribed range, the last on "
        "2026-11-16 (rule A7: below 50 %)."
    )
    weeks = [{"monday": "2026-11-09", "dose": 1.5004}, {"monday": "2026-11-16", "dose": 1.6}]
    high = {"weeks": weeks, "thresholds": {"dose": 1.5}}
    assert finding("A6", high).sentence == (
        "Two weeks above 150 % of the prescribed dose (rule A6): 150.04 % in the week of "
        "2026-11-09, 160 % in the week of 2026-11-16."
    )
    long = {
        "minutes": 60.02,
        "minutes_prescribed": 30,
        "ratings": [{"value": 6, "phase": "after", "local_date": "2026-11-16"}],
        "thresholds": {"length": 2, "pain": 6},
    }
    assert finding("A6", long).sentence == (
        "A session of 60.02 minutes where 30 are prescribed, with pain 6 of 10 after exercise on "
        "2026-11-16 (rule A6: more than 2 times as long, with pain of 6 or more)."
    )


def test_figures_in_turn_are_told_apart_where_a_comma_is_a_decimal_mark() -> None:
    weeks = [{"monday": "2026-11-09", "median": 2.5, "ratings": 4}]
    weeks.append({"monday": "2026-11-16", "median": 4.5, "ratings": 4})
    evidence = {"weeks": weeks, "thresholds": {"each_week": 1, "at_once": 2}}
    with read_in(clinic_languages()["sv"]):
        assert "vecka för vecka: 2,5, sedan 4,5 av 10" in finding("P3", evidence).sentence
