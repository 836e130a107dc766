"""What the form of reports becomes: a body that the reports connector reads, or a plain refusal."""

from datetime import UTC, date, datetime

import pytest

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, epoch_ms
from model.facts import Instrument, Phase, Report
from model.words.red_flags import RED_FLAGS
from parsers.reports import parse_reports
from patient.report.report_form import (
    EQUIPMENT_ALONE,
    HALF_SESSION,
    LONG_SESSION,
    NOTHING_ANSWERED,
    SESSION_AHEAD,
    SITE_ALONE,
    UNREAD_ANSWER,
    Answers,
    UnfitAnswerError,
    answers_of,
    first_phases,
)
from patient.report.week_question import QuestionWeek, week_numbers, week_of_question
from patient.words import SIGN_QUESTIONS, SITE_WORDS

_NOON_MS = epoch_ms(datetime(2026, 11, 23, 11, 0, tzinfo=UTC))
_ZONE = "Europe/Stockholm"
_KEY = "k" * 32
_MANUAL = {"activity": "cycling", "day": "2026-11-22", "start": "10:30", "minutes": "45"}


def _answers(**given: str | list[str]) -> Answers:
    many = {name: [text] if isinstance(text, str) else text for name, text in given.items()}
    return answers_of({"key": [_KEY], **many}, "p-one", _ZONE, _NOON_MS)


def _reports(**given: str | list[str]) -> list[Report]:
    parsed = parse_reports(_answers(**given).body)
    assert parsed.account == "p-one"
    assert parsed.rejects == ()
    return [fact for fact in parsed.facts if isinstance(fact, Report)]


def test_the_answers_of_a_week_are_read_as_they_were_given() -> None:
    rows = _reports(
        session="fit:1", pain_during="4", pain_next_morning="2", exertion="5", day_form="3"
    )
    read = [(row.instrument, row.phase, row.value, row.scale, row.session) for row in rows]
    assert read == [
        (Instrument.PAIN, Phase.DURING, 4, "nrs-0-10", "fit:1"),
        (Instrument.PAIN, Phase.NEXT_MORNING, 2, "nrs-0-10", "fit:1"),
        (Instrument.EXERTION, Phase.NONE, 5, "borg-cr10", "fit:1"),
        (Instrument.DAY_FORM, Phase.NONE, 3, "form-1-5", ""),
    ]
    assert {row.head.start_ms for row in rows} == {_NOON_MS}
    assert {row.head.record.partition(_KEY)[0] for row in rows} == {"door-"}


def test_a_question_without_an_answer_is_left_out_and_a_zero_is_an_answer() -> None:
    (row,) = _reports(pain_none="0", pain_during="", exertion="", day_form="")
    assert (row.instrument, row.phase, row.value) == (Instrument.PAIN, Phase.NONE, 0)


def test_a_session_written_down_is_what_the_answers_are_about() -> None:
    session, pain = _reports(
        **_MANUAL, session="fit:1", pain_after="3", equipment=["poles", "unknown"]
    )
    start_ms = epoch_ms(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    assert (session.instrument, session.type) == (Instrument.SESSION, "cycling")
    assert (session.head.start_ms, session.head.end_ms) == (start_ms, start_ms + 45 * MINUTE_MS)
    assert session.equipment == ("poles",)
    assert pain.session == session.head.record


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"minutes": ""}, HALF_SESSION),
        ({"activity": ""}, HALF_SESSION),
        ({"activity": "flying"}, HALF_SESSION),
        ({"start": "25:00"}, HALF_SESSION),
        ({"day": "2026-02-30"}, HALF_SESSION),
        ({"minutes": "0"}, LONG_SESSION),
        ({"minutes": "601"}, LONG_SESSION),
        ({"minutes": "-5"}, LONG_SESSION),
        ({"minutes": "9" * 5000}, LONG_SESSION),
        ({"minutes": "٣٠"}, LONG_SESSION),
        ({"day": "2026-11-23", "start": "11:30"}, SESSION_AHEAD),
        ({"day": "2026-11-16"}, SESSION_AHEAD),
    ],
)
def test_a_session_that_cannot_be_is_refused_in_plain_words(
    changes: dict[str, str], shown: str
) -> None:
    with pytest.raises(UnfitAnswerError) as caught:
        _answers(**{**_MANUAL, **changes})
    assert str(caught.value) == shown


@pytest.mark.parametrize(
    "given",
    [
        {"pain_during": "11"},
        {"pain_during": "-1"},
        {"pain_during": "3.5"},
        {"exertion": "eleven"},
        {"day_form": "0"},
        {"pain_none": "1", "session": "x" * 300},
        {"pain_none": "1", "session": "a\x00b"},
        {"pain_none": "1", "key": "short"},
        {"pain_none": "1", "site": "the knee of Anna"},
        {"week_last": "43"},
        {"week_running": "-1"},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(UnfitAnswerError) as caught:
        _answers(**given)
    assert str(caught.value) == UNREAD_ANSWER


@pytest.mark.parametrize("site", list(SITE_WORDS))
def test_the_place_goes_with_each_answer_about_pain(site: str) -> None:
    rows = _reports(site=site, pain_after="3", pain_none="0", exertion="5")
    assert [(row.instrument, row.site) for row in rows] == [
        (Instrument.PAIN, site),
        (Instrument.PAIN, site),
        (Instrument.EXERTION, ""),
    ]


def test_pain_right_now_is_of_no_session() -> None:
    rows = _reports(session="fit:1", pain_none="6", pain_after="3", equipment="mat")
    assert [(row.phase, row.session, row.equipment) for row in rows] == [
        (Phase.NONE, "", ()),
        (Phase.AFTER, "fit:1", ("mat",)),
    ]


def test_equipment_goes_with_what_was_answered_about_the_session() -> None:
    rows = _reports(equipment=["mat", "poles"], pain_after="3", exertion="5", day_form="2")
    assert [(row.instrument, row.equipment) for row in rows] == [
        (Instrument.PAIN, ("poles", "mat")),
        (Instrument.EXERTION, ("poles", "mat")),
        (Instrument.DAY_FORM, ()),
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"site": "neck"}, SITE_ALONE),
        ({"site": "neck", "exertion": "3"}, SITE_ALONE),
        ({"equipment": "mat"}, EQUIPMENT_ALONE),
        ({"equipment": "mat", "pain_none": "3"}, EQUIPMENT_ALONE),
        ({"equipment": "mat", "day_form": "3", "week_last": "1"}, EQUIPMENT_ALONE),
    ],
)
def test_what_would_belong_to_nothing_is_not_dropped_in_silence(
    given: dict[str, str], shown: str
) -> None:
    with pytest.raises(UnfitAnswerError) as caught:
        _answers(**given)
    assert str(caught.value) == shown


@pytest.mark.promise(2)
def test_the_times_of_a_week_are_of_that_week() -> None:
    running, last = _reports(week_running="0", week_last="3")
    assert (running.instrument, running.value, running.scale) == (
        Instrument.WEEK, 0, "sessions-this-week",
    )  # fmt: skip
    assert running.head.start_ms == _NOON_MS
    # Sunday's last second in Stockholm
    assert last.value == 3
    assert last.head.start_ms == epoch_ms(datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC))


def test_last_week_is_asked_about_until_it_is_judged() -> None:
    weeks = [week_of_question(date(2026, 11, 23 + day)) for day in range(7)]
    assert weeks == [QuestionWeek.LAST] * 2 + [QuestionWeek.RUNNING] * 5


@pytest.mark.parametrize(("prescribed", "most"), [(0, 10), (3, 10), (14, 14), (99, 42)])
def test_the_numbers_reach_what_is_prescribed(prescribed: int, most: int) -> None:
    assert week_numbers(prescribed) == list(range(most + 1))


def test_an_empty_form_is_no_report() -> None:
    with pytest.raises(UnfitAnswerError) as caught:
        _answers(session="fit:1", day="2026-11-23")
    assert str(caught.value) == NOTHING_ANSWERED


def test_only_a_ticked_sign_is_a_yes_and_none_of_them_answers_all() -> None:
    ticked = _answers(sign=["chest_pain", "unknown"], no_sign="yes")
    assert ticked.has_sign
    (row,) = _reports(sign=["chest_pain", "unknown"], no_sign="yes")
    assert (row.instrument, row.reason, row.value) == (Instrument.RED_FLAG, "chest_pain", 1)
    none = _reports(no_sign="yes")
    assert {row.reason for row in none} == set(RED_FLAGS)
    assert {row.value for row in none} == {0}
    assert not _answers(no_sign="yes").has_sign


def test_each_sign_has_its_question() -> None:
    assert set(SIGN_QUESTIONS) == set(RED_FLAGS)


def test_the_same_form_sent_again_is_the_same_body() -> None:
    given = {"key": [_KEY], "asked": [str(_NOON_MS)], "pain_none": ["3"]}
    first = answers_of(given, "p-one", _ZONE, _NOON_MS)
    later = answers_of(given, "p-one", _ZONE, _NOON_MS + HOUR_MS)
    assert (first.body, first.key) == (later.body, later.key)


@pytest.mark.parametrize("shown", ["", "x", "-1", str(_NOON_MS + 1), str(_NOON_MS - DAY_MS)])
def test_a_time_that_no_page_of_ours_has_is_not_taken(shown: str) -> None:
    (row,) = _reports(asked=shown, pain_none="3")
    assert row.head.start_ms == _NOON_MS


@pytest.mark.parametrize(
    ("newest", "phases"),
    [
        (None, (Phase.NONE,)),
        (date(2026, 11, 23), (Phase.DURING, Phase.AFTER)),
        (date(2026, 11, 22), (Phase.DURING, Phase.NEXT_MORNING)),
        (date(2026, 11, 21), (Phase.NONE,)),
    ],
)
def test_what_is_asked_at_once_follows_the_newest_session(
    newest: date | None, phases: tuple[Phase, ...]
) -> None:
    assert first_phases(newest, date(2026, 11, 23)) == phases
