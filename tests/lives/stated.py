"""What is stated of a life beside samples, as strategies: answers, days, marks, deletions."""

from hypothesis import strategies as st

from model.calendar import MINUTE_MS, day_bounds, local_date
from model.facts import BEGUN_WORKOUTS, MARKS, DaySummary, Deletion, Fact, Instrument, Phase, Report
from model.marks import REASONS
from tests.lives.circumstances import (
    BACK,
    HUB,
    LIFE_CLINICIAN,
    LIFE_PERSON,
    LIFE_PHONE,
    LIFE_WATCH,
    RECORDS,
)
from tests.lives.measured import LIFE_REVISIONS, life_head


@st.composite
def life_marks(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Report:
    """Return what the clinician or the patient says of whether some session was exercise."""
    start, minutes = draw(at), draw(st.sampled_from([0, 10, 20, 30, 45, 1_500]))
    source = draw(st.sampled_from([LIFE_CLINICIAN, LIFE_PERSON]))
    record = draw(st.sampled_from(["k1", "k2", "r1"]))
    statement = draw(st.sampled_from([*MARKS, MARKS[0]]))
    head = life_head(source, record, start, start + minutes * MINUTE_MS, draw(LIFE_REVISIONS))
    return Report(
        head=head,
        instrument=statement,
        session=draw(st.sampled_from(["", *RECORDS, "m1"])),
        reason=draw(st.sampled_from(["", *REASONS[statement]])),
    )


@st.composite
def life_reports(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Report:
    start, record = draw(at), draw(st.sampled_from(["q1", "q2", "r1"]))
    instrument = draw(
        st.sampled_from(
            [
                *(Instrument.EXERTION, Instrument.EXERTION, Instrument.PAIN),
                *(Instrument.DAY_FORM, Instrument.WEEK),
            ]
        )
    )
    named = draw(st.sampled_from(["", "", *RECORDS, "m1"]))
    scales = {
        Instrument.PAIN: "nrs-0-10",
        Instrument.DAY_FORM: "form-1-5",
        Instrument.WEEK: "sessions-this-week",
    }
    scale = scales.get(instrument, "borg-cr10")
    value = draw(st.sampled_from([2.0, 5.0]))
    head = life_head(LIFE_PERSON, record, start, start, draw(LIFE_REVISIONS))
    return Report(
        head=head, instrument=instrument, phase=Phase.AFTER, value=value, scale=scale, session=named
    )


@st.composite
def life_manual_sessions(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Report:
    start, minutes = draw(at), draw(st.sampled_from([20, 30, 6]))
    head = life_head(
        LIFE_PERSON,
        draw(st.sampled_from(["m1", "m2", "r1"])),
        start,
        start + minutes * MINUTE_MS,
        draw(LIFE_REVISIONS),
    )
    value = draw(st.sampled_from([None, 4.0]))
    return Report(
        head=head,
        instrument=Instrument.SESSION,
        value=value,
        scale="" if value is None else "borg-cr10",
        session=draw(st.sampled_from(["", "", "r1", "app 1"])),
        type=draw(st.sampled_from(["walking", "cycling", ""])),
    )


@st.composite
def life_days(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return a day's totals, which grow by revisions; a source's day need not be the patient's."""
    zone, revision = (
        draw(st.sampled_from(["Europe/Stockholm", "Pacific/Auckland", "America/New_York"])),
        draw(LIFE_REVISIONS),
    )
    day = local_date(draw(at), zone)
    start, end = day_bounds(day, zone)
    head = life_head(
        draw(st.sampled_from([LIFE_PHONE, BACK])),
        draw(st.sampled_from(["d1", "d2"])),
        start,
        end,
        revision,
    )
    values = {"steps": 1_000.0 * (revision + 1), "active_energy": 100.0}
    return DaySummary(
        head=head,
        local_date=day,
        values=draw(st.sampled_from([values, values, {"active_energy": 90.0}])),
    )


@st.composite
def life_deleted_records(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    start, source = draw(at), draw(st.sampled_from([LIFE_WATCH, LIFE_WATCH, HUB, LIFE_PERSON]))
    target = draw(st.sampled_from([*RECORDS, "q1", "m1", "d1", "k1"]))
    record = draw(
        st.sampled_from(["x1", "x2", target])
    )  # a report is taken back under its own name
    return Deletion(
        head=life_head(source, record, start, start, draw(LIFE_REVISIONS)), target=target
    )


@st.composite
def life_deleted_intervals(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    start, minutes = draw(at), draw(st.sampled_from([5, 20, 30, 600]))
    source = draw(st.sampled_from([LIFE_WATCH, LIFE_PHONE]))
    head = life_head(
        source,
        draw(st.sampled_from(["x1", "x2"])),
        start,
        start + minutes * MINUTE_MS,
        draw(LIFE_REVISIONS),
    )
    return Deletion(
        head=head,
        metric=draw(st.sampled_from(["heart_rate", "heart_rate", "steps", "", BEGUN_WORKOUTS])),
    )
