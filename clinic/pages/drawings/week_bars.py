"""The minutes of twelve weeks by intensity, against what was prescribed. Pure.

Unknown time is a grey part of its own. A week without a figure has a word, and no bar of height 0,
which would read as a miss.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clinic.pages import words
from clinic.pages.charts import NAMES, week_mark
from clinic.pages.drawings.shapes import AxisScale, Canvas, Drawing, Frame, polyline, ticks_to
from clinic.pages.weeks import ADHERENT, WeekView
from model.calendar import MINUTE_MS
from model.intensity import ZONES
from model.words.language import _, ngettext, translated

_BAR = 0.62  # of the room of a week
_DOT = 3.2
_DIAMOND = 4.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a chart is drawn; of its weeks every `label_each`th has its number below."""

    width: int
    height: int
    left: int
    label_each: int
    ticks: int


WIDE_WEEKS = Size(width=1120, height=320, left=46, label_each=1, ticks=6)
NARROW_WEEKS = Size(width=360, height=300, left=34, label_each=2, ticks=5)


def week_bars(week_views: Sequence[WeekView], size: Size) -> Drawing:
    """Return the chart of some weeks, oldest first."""
    canvas = Canvas()
    frame = Frame(left=size.left, right=size.width - 8, top=34, bottom=size.height - 28)
    steps = ticks_to(_highest(week_views), size.ticks)
    y = AxisScale(low=0, high=steps[-1], start=frame.bottom, end=frame.top)
    room = (frame.right - frame.left) / max(len(week_views), 1)
    for step in steps:
        canvas.line((frame.left, y(step)), (frame.right, y(step)), "grid")
        canvas.text((frame.left - 6, y(step) + 4), words.number(step), "tick tick-end")
    canvas.text((frame.left - 6, 14), _("min"), "tick tick-end")
    for number, week in enumerate(week_views):
        _week(canvas, week, y, (frame.left + number * room, room))
        if (len(week_views) - 1 - number) % size.label_each == 0:
            middle = frame.left + (number + 0.5) * room
            label = words.week_number(week.monday)
            canvas.text((middle, frame.bottom + 19), label, "tick tick-middle")
    # Last, so that no bar covers it.
    _dose(canvas, week_views, y, (frame.left, room))
    return Drawing(
        width=size.width, height=size.height, label=_label(week_views), shapes=tuple(canvas.shapes)
    )


def _highest(week_views: Sequence[WeekView]) -> float:
    values: list[float] = [30.0]  # an empty chart has an axis too
    for week in week_views:
        total = week.zones_ms.total / MINUTE_MS
        values += [total, week.dose_min, week.due_min or 0, week.due_dose_min or 0]
    return max(values)


def _week(canvas: Canvas, week: WeekView, y: AxisScale, slot: tuple[float, float]) -> None:
    """Draw a week: its ground, what was prescribed, its bar, and its days of strength training."""
    left, room = slot
    mark = week_mark(week)
    if mark:
        height = y.start - y.end
        canvas.rect((left + 1, y.end), (room - 2, height), "ground-unread")
    if week.due_min:
        _prescribed(canvas, week, y, slot)
    if not mark or week.session_ms:
        _stack(canvas, week, y, (left + room * (1 - _BAR) / 2, room * _BAR))
    if mark:
        # Above the bar of a week that has one, where it can be read.
        foot = y(week.zones_ms.total / MINUTE_MS) if week.session_ms else y.start
        canvas.text((left + room / 2 + 4, foot - 8), mark, "tick", turned=True)
    if week.due_dose_min:
        level = y(week.due_dose_min)
        canvas.line((left, level), (left + room, level), "due-dose")
    for number in range(min(week.strength_days, 4)):
        at = (left + room / 2 + (number - (min(week.strength_days, 4) - 1) / 2) * 8, 22)
        canvas.circle(at, _DOT, "strength", _strength(week))


def _prescribed(canvas: Canvas, week: WeekView, y: AxisScale, slot: tuple[float, float]) -> None:
    """Draw the band from the least minutes that are enough to those prescribed."""
    left, room = slot
    due = week.due_min or 0.0
    title = _(
        "%(week)s: %(minutes)s min prescribed",
        week=words.week(week.monday),
        minutes=words.number(due),
    )
    height = y(due * ADHERENT) - y(due)
    canvas.rect((left, y(due)), (room, height), "due-band", title)
    canvas.line((left, y(due)), (left + room, y(due)), "due-line")


def _stack(canvas: Canvas, week: WeekView, y: AxisScale, slot: tuple[float, float]) -> None:
    left, width = slot
    below = 0.0
    for zone, ms in zip(ZONES, week.zones_ms.as_tuple(), strict=True):
        if not ms:
            continue
        above = below + ms / MINUTE_MS
        title = _(
            "%(week)s: %(name)s %(length)s",
            week=words.week(week.monday),
            name=translated(NAMES[zone]).lower(),
            length=words.span(ms),
        )
        height = y(below) - y(above)
        canvas.rect((left, y(above)), (width, height), f"bar-part zone-{zone.value}", title)
        below = above


def _dose(
    canvas: Canvas, week_views: Sequence[WeekView], y: AxisScale, slot: tuple[float, float]
) -> None:
    """Draw the dose of each week that has a figure, joined where weeks follow one another."""
    left, room = slot
    for run in _runs(week_views):
        points = [(left + (number + 0.5) * room, y(week.dose_min)) for number, week in run]
        canvas.path(polyline(points), "dose-line")
        for (x, level), (_number, week) in zip(points, run, strict=True):
            title = _(
                "%(week)s: dose %(minutes)s min",
                week=words.week(week.monday),
                minutes=words.number(week.dose_min),
            )
            r = _DIAMOND
            diamond = [(x, level - r), (x + r, level), (x, level + r), (x - r, level)]
            canvas.path(polyline(diamond) + "Z", "dose-mark", title)


def _runs(week_views: Sequence[WeekView]) -> Iterator[list[tuple[int, WeekView]]]:
    """Yield the weeks with a figure that follow one another, each with its number."""
    run: list[tuple[int, WeekView]] = []
    for number, week in enumerate(week_views):
        if week_mark(week) and not week.session_ms:
            if run:
                yield run
            run = []
        else:
            run.append((number, week))
    if run:
        yield run


def _strength(week: WeekView) -> str:
    return _("%(week)s: ", week=words.week(week.monday)) + ngettext(
        "strength training on %(num)s day", "strength training on %(num)s days", week.strength_days
    )


def _label(week_views: Sequence[WeekView]) -> str:
    count = len(week_views)
    return ngettext(
        "Minutes of exercise of %(num)s week by intensity, against the prescription. The table "
        "below holds the same numbers.",
        "Minutes of exercise of %(num)s weeks by intensity, against the prescription. The table "
        "below holds the same numbers.",
        count,
    )
