"""A patient's own answers on the page of their data: in words, as they count now, theirs only."""

from dataclasses import replace
from datetime import date

import pytest

from model.calendar import DAY_MS, HOUR_MS
from model.derived.days import Week
from model.facts import Instrument, Phase, Report
from model.intensity import ZoneTimes
from model.marks import CLINIC_VENDOR
from model.privacy.rectification import RightValues
from patient.history.answers import OwnAnswer, own_answer
from patient.history.data import bars_of_weeks
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.reads.own_answers import OwnAnswerRow
from storage.rights.corrections import CorrectedRecord, correct_record
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import signed_in
from tests.patient.test_own_pages import text_of
from tests.storage.tellers import attributed_fact, pain

_ROW = OwnAnswerRow(
    local_date=date(2026, 9, 1),
    instrument="pain",
    phase="after",
    value=6.0,
    scale="nrs-0-10",
    site="",
    reason="",
    is_corrected=False,
)
_SHOWN = OwnAnswer(day=_ROW.local_date, question="Pain after exercise", value="6", most=10)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (_ROW, _SHOWN),
        (
            replace(_ROW, phase="strange", value=2.5),
            replace(_SHOWN, question="Pain right now", value="2.5"),
        ),
        (replace(_ROW, site="left knee"), replace(_SHOWN, site="Left knee")),
        (
            replace(_ROW, instrument="exertion", scale="borg-6-20", value=13.0),
            replace(_SHOWN, question="How hard was it?", value="13", most=20),
        ),
        (
            replace(_ROW, instrument="day_form", scale="form-1-5", value=4.0),
            replace(_SHOWN, question="How are you today?", words="Good", value="", most=0),
        ),
        (
            replace(_ROW, instrument="red_flag", scale="yes-no", value=1.0, reason="chest_pain"),
            replace(_SHOWN, question="Chest pain", words="Yes", value="", most=0),
        ),
        (
            replace(_ROW, instrument="red_flag", scale="yes-no", value=0.0, reason="unheard"),
            replace(_SHOWN, question="A warning sign", words="No", value="", most=0),
        ),
        (replace(_ROW, instrument="session", value=None), None),
        (replace(_ROW, instrument="not_exercise", value=1.0), None),
    ],
)
def test_an_answer_is_in_the_words_of_its_question(
    row: OwnAnswerRow, shown: OwnAnswer | None
) -> None:
    assert own_answer(row) == shown


def _flag(at: int) -> Report:
    flag = pain("flag", at, 1.0)
    return replace(
        flag,
        instrument=Instrument.RED_FLAG,
        phase=Phase.NONE,
        scale="yes-no",
        reason="night_pain",
        equipment=(),
    )


def _hard(at: int) -> Report:
    return replace(pain("h", at, 5.0), instrument=Instrument.EXERTION, scale="borg-cr10")


def test_my_data_shows_my_answers_as_they_count_now(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    today = links.now_ms - HOUR_MS
    mark = pain("mark", today, 7.0)
    source = replace(mark.head.source, vendor=CLINIC_VENDOR)
    marked = replace(mark, head=replace(mark.head, source=source))

    async def work(conn: Connection) -> None:
        mine = [
            pain("a", today, 6.0),
            pain("b", today - DAY_MS, 9.0),
            _hard(today - DAY_MS // 2),
            _flag(today - 2 * DAY_MS),
            pain("long ago", today - 200 * DAY_MS, 5.0),
            marked,
        ]
        await write_facts(conn, [attributed_fact(fact, patient) for fact in mine])
        await write_facts(conn, [attributed_fact(pain("o", today, 8.0), other)])
        await correct_record(
            conn,
            patient,
            CorrectedRecord(record="b"),
            RightValues(value=1.0),
            by="c-1",
            why="a slip",
            now_ms=links.now_ms,
        )

    links.run(work)
    with signed_in(links, patient) as client:
        english = text_of(client.get("/data")).partition("Your answers ")[2]
        swedish = text_of(client.get("/data?lang=sv")).partition("Dina svar ")[2]
    days = ("Wednesday 18 November", "Tuesday 17 November", "Monday 16 November")
    assert english == (
        f"{days[0]} : Pain after exercise: 6 of 10 {days[0]} : "
        f"How hard was it? 5 of 10 {days[1]} : Pain after exercise: 1 of 10 "
        f"Corrected. {days[2]} : Pain at night or when lying down: Yes"
    )
    assert "Smärta efter träningen: 1 av 10 Rättat." in swedish
    assert swedish.endswith("Smärta på natten eller när jag ligger ned: Ja")


def test_a_week_of_which_nothing_is_known_has_no_figures() -> None:
    this = date(2026, 9, 21)
    kept = Week(
        monday=this, sessions=0, session_ms=0, zones=ZoneTimes(), dose_min=0, valid_days=0,
        answered_days=1, known_days=1,
    )  # fmt: skip
    blank = replace(kept, monday=date(2026, 9, 14), answered_days=0, known_days=0)
    bars = bars_of_weeks([blank, kept], this)
    assert [(bar.sessions, bar.minutes) for bar in bars[:3]] == [(0, 0), (None, None), (None, None)]
