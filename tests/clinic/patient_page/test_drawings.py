"""The charts: where values lie, what has a word instead of a bar, what is left out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from clinic.pages.curve import Curve
from clinic.pages.drawings import heart_curve, pain_and_load, week_bars
from clinic.pages.drawings.pain_and_load import DayChart
from clinic.pages.drawings.patient_charts import usual_by_date
from clinic.pages.drawings.shapes import Drawing, DrawnShape
from clinic.pages.weeks import WeekLook, WeekView
from model.calendar import HOUR_MS, MINUTE_MS, midnight
from model.intensity import Confidence, ZoneThresholds, ZoneTimes
from model.notes.annotation import Annotation, AnnotationKind
from storage.reads.shown_values import AlertBrief, ReportRow
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE, MONDAY

_FIRST = MONDAY - timedelta(weeks=2)


def _week(monday: date, look: WeekLook, minutes: int) -> WeekView:
    return WeekView(
        monday=monday,
        look=look,
        sessions=minutes // 30,
        session_ms=minutes * MINUTE_MS,
        zones_ms=ZoneTimes(moderate=minutes * MINUTE_MS),
        dose_min=float(minutes),
        credited=0,
        due_sessions=3,
        due_min=90.0,
        due_dose_min=None,
        share=None,
        label="",
        why="",
        valid_days=7,
        answered_days=0,
        known_days=7,
        algorithm="",
        strength_days=2,
    )


DRAWN_WEEKS = (
    _week(_FIRST, WeekLook.JUDGED, 60),
    _week(_FIRST + timedelta(weeks=1), WeekLook.SILENT, 0),
    _week(MONDAY, WeekLook.RUNNING, 30),
)


def _of(drawing: Drawing, css: str) -> list[DrawnShape]:
    return [shape for shape in drawing.shapes if css in shape.css.split()]


def _number(shape: DrawnShape, name: str) -> float:
    return float(shape.attributes[name])


def test_a_bar_is_as_tall_as_its_minutes_and_the_band_is_what_is_enough() -> None:
    chart = week_bars.week_bars(DRAWN_WEEKS, week_bars.WIDE_WEEKS)
    bars = _of(chart, "zone-moderate")
    assert [_number(bar, "height") for bar in bars] == [
        2 * _number(bars[1], "height"),
        _number(bars[1], "height"),
    ]
    band = _of(chart, "due-band")[0]
    # the band is from 80 % of 90 minutes to all of them: 18 minutes
    assert round(_number(band, "height") / _number(bars[1], "height"), 2) == 0.6
    assert bars[0].title == "W46, 9 Nov 2026: moderate 1:00:00"
    assert band.title == "W46, 9 Nov 2026: 90 min prescribed"
    dots = _of(chart, "strength")
    assert (len(dots), dots[0].title) == (
        6,
        "W46, 9 Nov 2026: strength training on 2 days",
    )


def test_a_week_about_which_nothing_is_known_has_a_word_and_breaks_the_line() -> None:
    chart = week_bars.week_bars(DRAWN_WEEKS, week_bars.WIDE_WEEKS)
    turned = [shape.text for shape in chart.shapes if "transform" in shape.attributes]
    assert turned == ["nothing known", "running"]
    assert len(_of(chart, "ground-unread")) == 2
    assert [shape.attributes["d"].count("L") for shape in _of(chart, "dose-line")] == [0, 0]
    assert len(_of(chart, "dose-mark")) == 2


def test_no_shape_leaves_its_drawing() -> None:
    for size in (week_bars.WIDE_WEEKS, week_bars.NARROW_WEEKS):
        chart = week_bars.week_bars(DRAWN_WEEKS, size)
        for bar in _of(chart, "bar-part"):
            assert 0 <= _number(bar, "x") <= size.width
            assert 0 <= _number(bar, "y") <= size.height


def _answer(day: date, hour: int, value: float | None, **more: str) -> ReportRow:
    fields = {"phase": "before", "scale": "nrs-0-10", **more}
    return ReportRow(
        record=f"{day}{hour}",
        at_ms=midnight(day, CLINIC_ZONE) + hour * HOUR_MS,
        local_date=day,
        instrument="pain",
        value=value,
        session="",
        site="",
        type="",
        equipment=(),
        reason="",
        vendor="reports",
        body="",
        **fields,
    )


def _alert(raised_ms: int, tier: str = "A") -> AlertBrief:
    return AlertBrief(
        id="a",
        pseudonym="p",
        family="pain",
        rule="P1",
        rule_version=1,
        tier=tier,
        state="open",
        raised_ms=raised_ms,
        changed_ms=raised_ms,
        snoozed_until_ms=None,
        sentence="Pain 8 of 10",
        resolution="",
    )


def _annotation(first: date, days: int, *, pauses: bool = False) -> Annotation:
    return Annotation(
        kind=AnnotationKind.ILLNESS,
        first=first,
        last=first + timedelta(days=days - 1),
        text="",
        pauses=pauses,
        author="k",
        written_ms=0,
    )


def _chart(
    pain: Sequence[ReportRow] = (),
    alerts: Sequence[AlertBrief] = (),
    annotations: Sequence[Annotation] = (),
) -> DayChart:
    return DayChart(
        weeks=DRAWN_WEEKS,
        pain=pain,
        usual={},
        alerts=alerts,
        annotations=annotations,
        zone=CLINIC_ZONE,
    )


def test_pain_is_drawn_where_it_was_answered_and_only_on_its_scale() -> None:
    pain = (
        _answer(_FIRST, 0, 0),
        _answer(_FIRST + timedelta(days=7), 12, 10, phase="after"),
        _answer(_FIRST, 1, None),
        _answer(_FIRST, 2, 5, scale="vas-0-100"),
        _answer(_FIRST - timedelta(days=1), 2, 5),
        _answer(_FIRST, 3, 4, phase="during"),
    )
    chart = pain_and_load.pain_and_load(_chart(pain), pain_and_load.WIDE_DAYS)
    marks = _of(chart, "pain-mark")
    assert [mark.title for mark in marks] == [
        "Mon 9 Nov 2026, 00:00: Before, 0",
        "Mon 16 Nov 2026, 12:00: After, 10",
        "Mon 9 Nov 2026, 03:00: During, 4",
    ]
    assert (marks[0].tag, marks[2].tag) == ("path", "circle")
    # three weeks: an hour is 1/504 of the width
    wide = pain_and_load.WIDE_DAYS.width - 8 - pain_and_load.WIDE_DAYS.left
    expected = pain_and_load.WIDE_DAYS.left + 3 * wide / 504
    assert abs(_number(marks[2], "cx") - expected) < 0.06


def test_alerts_and_annotations_lie_on_the_same_axis() -> None:
    outside = CLINIC_NOW - 400 * 24 * HOUR_MS
    chart = pain_and_load.pain_and_load(
        _chart(
            alerts=(_alert(CLINIC_NOW), _alert(outside)),
            annotations=(
                _annotation(_FIRST, 7, pauses=True),
                _annotation(_FIRST + timedelta(days=3), 2),
                _annotation(_FIRST - timedelta(days=90), 2),
            ),
        ),
        pain_and_load.WIDE_DAYS,
    )
    assert len(_of(chart, "alert-line")) == 1
    assert [shape.text for shape in _of(chart, "alert-letter")] == ["A"]
    pause, note = _of(chart, "annotation-pause")[0], _of(chart, "annotation")[0]
    assert pause.title == "Illness, Mon 9 Nov 2026 to Sun 15 Nov 2026"
    assert note.title == "Illness, Thu 12 Nov 2026 to Fri 13 Nov 2026"
    # two that overlap have lanes of their own
    assert _number(note, "y") > _number(pause, "y")
    assert abs(_number(pause, "width") * 2 / 7 - _number(note, "width")) < 0.2


def test_the_gravest_of_alerts_at_a_time_is_drawn_over_the_others() -> None:
    alerts = (_alert(CLINIC_NOW), _alert(CLINIC_NOW + 1, "C"), _alert(CLINIC_NOW, "B"))
    chart = pain_and_load.pain_and_load(_chart(alerts=alerts), pain_and_load.WIDE_DAYS)
    assert [shape.text for shape in _of(chart, "alert-letter")] == ["C", "B", "A"]


def test_usual_pain_is_that_of_the_rules_and_unknown_before_three_answers() -> None:
    days = [_FIRST + timedelta(days=number) for number in range(3)]
    pain = [_answer(day, 8, value) for day, value in zip(days, (2, 4, 3), strict=True)]
    usual = usual_by_date(pain, DRAWN_WEEKS, CLINIC_ZONE, CLINIC_NOW)
    assert min(usual) == days[2]
    assert set(usual.values()) == {3}
    # fourteen days after the first answer two are left, and two are too few
    assert max(usual) == _FIRST + timedelta(days=13)


_CURVE = Curve(
    t_ms=(0, 60_000, 60_000, 120_000),
    v=(100.0, 110.0, None, 120.0),
    gaps=((60_000, 120_000),),
    pauses=(),
    max_gap_ms=30_000,
    samples=3,
    thinned=False,
)
_EDGES = ZoneThresholds(
    edges=(95.0, 110.0, 130.0, 160.0),
    scheme="s",
    method="m",
    inputs={},
    confidence=Confidence.LOW,
)


@pytest.mark.parametrize("size", [heart_curve.WIDE_CURVE, heart_curve.NARROW_CURVE])
def test_no_class_is_named_where_the_line_runs_and_no_label_is_cut(
    size: heart_curve.CurveSize,
) -> None:
    chart = heart_curve.heart_curve(_CURVE, _EDGES, 30 * 60_000, size)
    (ground, *_) = _of(chart, "class-ground")
    right = float(ground.attributes["x"]) + float(ground.attributes["width"])
    texts = {shape.text: float(shape.attributes["x"]) for shape in chart.shapes if shape.text}
    assert min(texts[name] for name in ("Vigorous", "Moderate", "Light")) > right
    # the last label stands in the middle below the end of the plot
    assert texts["30:00"] == right
    assert right + 20 < size.width


def test_a_curve_is_broken_at_its_gaps_over_its_classes() -> None:
    chart = heart_curve.heart_curve(_CURVE, _EDGES, 120_000, heart_curve.WIDE_CURVE)
    assert len(_of(chart, "heart-line")) == 1
    assert len(_of(chart, "heart-point")) == 1
    (gap,) = _of(chart, "gap")
    assert gap.title == "1:00 to 2:00: no data"
    assert [shape.css for shape in _of(chart, "class-ground")] == [
        "class-ground zone-very_light",
        "class-ground zone-light",
        "class-ground zone-moderate",
        "class-ground zone-vigorous",
    ]
    without = replace(_EDGES, valid=False)
    plain = heart_curve.heart_curve(_CURVE, without, 120_000, heart_curve.NARROW_CURVE)
    assert _of(plain, "class-ground") == []
