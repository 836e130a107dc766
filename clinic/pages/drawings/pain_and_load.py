"""Pain and load over the same days, with alerts and annotations. Pure.

Pain is the patient's own answer on the scale from 0 to 10; an answer on another scale is another
figure and is not drawn. A day without an answer has no point: it is not a day without pain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from alerts.pain import PAIN_SCALE
from clinic.pages import words
from clinic.pages.charts import BANDS, week_mark
from clinic.pages.drawings.shapes import AxisScale, Canvas, Drawing, Frame, polyline, ticks_to
from clinic.pages.weeks import WeekView
from model.calendar import DAY_MS, local_date, midnight
from model.notes.annotation import Annotation
from model.words.language import _, translated
from storage.reads.shown_values import AlertBrief, ReportRow

_LANE = 20  # of an annotation
_MOST_LANES = 3
_LABEL_DAYS = 21  # the room that a label needs, however short its annotation is
_TOP_OF_SCALE = 10
_ROOMY = 600  # user units: from this width on the bands are named
_R = 4.6
# The corners of each phase's sign around its middle; a phase that is missing here is a circle.
_SIGNS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "before": ((0, -5.4), (5, 3.8), (-5, 3.8)),
    "after": ((-4.2, -4.2), (4.2, -4.2), (4.2, 4.2), (-4.2, 4.2)),
    "next_morning": ((0, -5.8), (5.2, 0), (0, 5.8), (-5.2, 0)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChart:
    """What is drawn over the days of some weeks. `usual` has the usual pain by date."""

    weeks: Sequence[WeekView]
    pain: Sequence[ReportRow]
    usual: Mapping[date, float]
    alerts: Sequence[AlertBrief]
    annotations: Sequence[Annotation]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySize:
    """How large it is drawn; of its weeks every `label_each`th has its date below."""

    width: int
    left: int
    pain: int
    load: int
    label_each: int


WIDE_DAYS = DaySize(width=1120, left=46, pain=210, load=90, label_each=1)
NARROW_DAYS = DaySize(width=360, left=34, pain=200, load=80, label_each=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """The axis of days: from the first Monday on, a day is as wide as another."""

    first: date
    scale: AxisScale
    zone: str

    def of_date(self, day: date) -> float:
        return self.scale((day - self.first).days)

    def at(self, ms: int) -> float:
        """Return the position of an instant, by its time of day where the patient is."""
        day = local_date(ms, self.zone)
        return self.scale((day - self.first).days + (ms - midnight(day, self.zone)) / DAY_MS)


def pain_and_load(chart: DayChart, size: DaySize) -> Drawing:
    """Return the chart: annotations above, pain in the middle, the dose of each week below."""
    lanes = _lanes(chart)
    top = 22 + _LANE * len(lanes)
    pain = Frame(left=size.left, right=size.width - 8, top=top, bottom=top + size.pain)
    load = Frame(
        left=pain.left, right=pain.right, top=pain.bottom + 22, bottom=pain.bottom + 22 + size.load
    )
    days = _Days(
        first=chart.weeks[0].monday,
        scale=AxisScale(low=0, high=7 * len(chart.weeks), start=pain.left, end=pain.right),
        zone=chart.zone,
    )
    canvas = Canvas()
    level = AxisScale(low=0, high=_TOP_OF_SCALE, start=pain.bottom - 8, end=pain.top + 8)
    _bands(canvas, pain, level)
    _load(canvas, chart.weeks, load, days)
    _dates(canvas, chart.weeks, days, (load.bottom, size.label_each))
    for number, lane in enumerate(lanes):
        for item in lane:
            _annotation(canvas, item, days, (4 + number * _LANE, load.bottom))
    _alerts(canvas, chart, days, (top - 4, load.bottom))
    _usual(canvas, chart.usual, days, level)
    for row in chart.pain:
        _rating(canvas, row, days, level)
    return Drawing(
        width=size.width,
        height=int(load.bottom) + 26,
        label=_(
            "Pain answers by phase above the dose of each week, with alerts and annotations. The "
            "tables below hold the same numbers."
        ),
        shapes=tuple(canvas.shapes),
    )


def _lanes(chart: DayChart) -> list[list[Annotation]]:
    """Return the annotations in lanes, so that none covers another; what is over is left out."""
    first = chart.weeks[0].monday
    last = chart.weeks[-1].monday + timedelta(days=6)
    lanes: list[list[Annotation]] = []
    for item in chart.annotations:
        if item.last < first or item.first > last:
            continue
        free = (lane for lane in lanes if (item.first - lane[-1].first).days > _LABEL_DAYS)
        lane = next((lane for lane in free if lane[-1].last < item.first), None)
        if lane is not None:
            lane.append(item)
        elif len(lanes) < _MOST_LANES:
            lanes.append([item])
    return lanes


def _bands(canvas: Canvas, frame: Frame, level: AxisScale) -> None:
    edges = (frame.bottom, level(2.5), level(5.5), frame.top)
    for number, (name, _low, _high) in enumerate(BANDS):
        low, high = edges[number], edges[number + 1]
        canvas.rect(
            (frame.left, high), (frame.right - frame.left, low - high), f"pain-band-{number}"
        )
        # A narrow screen has no room beside the points, and the axis says the same.
        if frame.right > _ROOMY:
            canvas.text((frame.left + 5, high + 14), translated(name), "tick band-name")
    for value in range(0, _TOP_OF_SCALE + 1, 2):
        canvas.text((frame.left - 6, level(value) + 4), str(value), "tick tick-end")
    canvas.text((4, frame.top - 6), _("pain"), "tick")


def _load(canvas: Canvas, week_views: Sequence[WeekView], frame: Frame, days: _Days) -> None:
    highest = max((week.dose_min for week in week_views), default=0.0)
    steps = ticks_to(max(highest, 30.0), 2)
    y = AxisScale(low=0, high=steps[-1], start=frame.bottom, end=frame.top)
    for step in steps:
        canvas.line((frame.left, y(step)), (frame.right, y(step)), "grid")
        canvas.text((frame.left - 6, y(step) + 4), words.number(step), "tick tick-end")
    canvas.text((4, frame.top - 8), _("dose, min a week"), "tick")
    for week in week_views:
        left = days.of_date(week.monday)
        width = days.of_date(week.monday + timedelta(days=7)) - left
        if week_mark(week) and not week.session_ms:
            canvas.rect((left + 1, y.end), (width - 2, y.start - y.end), "ground-unread")
            continue
        title = _(
            "%(week)s: dose %(minutes)s min",
            week=words.week(week.monday),
            minutes=words.number(week.dose_min),
        )
        height = y(0) - y(week.dose_min)
        canvas.rect((left + 3, y(week.dose_min)), (width - 6, height), "load-bar", title)


def _dates(
    canvas: Canvas, week_views: Sequence[WeekView], days: _Days, below: tuple[float, int]
) -> None:
    bottom, each = below
    for number, week in enumerate(week_views):
        if number % each == 0:
            text = words.short_day(week.monday)
            canvas.text((days.of_date(week.monday) + 2, bottom + 18), text, "tick")


def _annotation(canvas: Canvas, item: Annotation, days: _Days, at_y: tuple[float, float]) -> None:
    """Draw an annotation in its lane, and its days down to the load."""
    top, bottom = at_y
    low, high = days.scale.start, days.scale.end
    start = max(days.of_date(item.first), low)
    end = max(min(days.of_date(item.last + timedelta(days=1)), high), start + 3)
    name = words.label(item.kind.value)
    span = words.days(item.first, item.last) if item.first < item.last else words.day(item.first)
    css = "annotation-pause" if item.pauses else "annotation"
    canvas.rect((start, top), (end - start, _LANE - 4), css, f"{name}, {span}")
    canvas.rect((start, top + _LANE - 4), (end - start, bottom - top - _LANE + 4), f"{css}-days")
    # Near the right edge the label would be cut, so it stands left of the annotation.
    is_late = start > low + (high - low) * 0.8
    at = (start - 4, top + 12) if is_late else (end + 4, top + 12)
    canvas.text(at, name, "tick tick-end" if is_late else "tick")


def _alerts(canvas: Canvas, chart: DayChart, days: _Days, from_to: tuple[float, float]) -> None:
    top, bottom = from_to
    # the gravest last: where flags cover each other it is the one to be seen
    for alert in sorted(chart.alerts, key=lambda row: row.tier, reverse=True):
        x = days.at(alert.raised_ms)
        if not days.scale.start <= x <= days.scale.end:
            continue
        title = f"{words.when(alert.raised_ms, chart.zone)}: {alert.sentence}"
        tier = alert.tier.lower()
        canvas.line((x, top), (x, bottom), f"alert-line alert-line-{tier}", title)
        canvas.rect((x - 8, top - 10), (16, 16), f"alert-flag alert-flag-{tier}", title)
        canvas.text((x, top + 2), alert.tier, "alert-letter")


def _usual(canvas: Canvas, usual: Mapping[date, float], days: _Days, level: AxisScale) -> None:
    """Draw the usual pain, broken where too little is known of it."""
    run: list[tuple[float, float]] = []
    before: date | None = None
    for day, value in sorted(usual.items()):
        if before is not None and (day - before).days > 1:
            canvas.path(polyline(run), "usual-line")
            run = []
        run.append((days.of_date(day), level(value)))
        run.append((days.of_date(day + timedelta(days=1)), level(value)))
        before = day
    canvas.path(polyline(run), "usual-line")


def _rating(canvas: Canvas, row: ReportRow, days: _Days, level: AxisScale) -> None:
    if row.value is None or row.scale != PAIN_SCALE or row.local_date < days.first:
        return
    x, y = days.at(row.at_ms), level(row.value)
    phase = words.label(row.phase) if row.phase != "none" else _("No phase given")
    title = f"{words.when(row.at_ms, days.zone)}: {phase}, {words.number(row.value)}"
    css = f"pain-mark pain-{row.phase}"
    corners = _SIGNS.get(row.phase)
    if corners is None:
        canvas.circle((x, y), _R, css, title)
    else:
        canvas.path(polyline([(x + dx, y + dy) for dx, dy in corners]) + "Z", css, title)
