"""The heart-rate curve of a session over its classes, with gaps and pauses. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clinic.pages import words
from clinic.pages.charts import NAMES
from clinic.pages.curve import Curve
from clinic.pages.drawings.shapes import AxisScale, Canvas, Drawing, Frame, polyline
from model.calendar import MINUTE_MS
from model.intensity import CLASSES, ZoneThresholds
from model.words.language import _, translated

_STEP_MIN = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240)
_MARGIN = 8  # beats a minute between the curve and the frame
_TALLEST_LABEL = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSize:
    """How large a curve is drawn, and the most labels of its axis of time.

    `right` is the room beside the plot, where the classes are named and no line crosses a name.
    """

    width: int
    height: int
    left: int
    right: int
    ticks: int


WIDE_CURVE = CurveSize(width=1120, height=330, left=46, right=118, ticks=12)
NARROW_CURVE = CurveSize(width=360, height=270, left=36, right=102, ticks=5)


def heart_curve(
    curve: Curve, thresholds: ZoneThresholds, length_ms: int, size: CurveSize
) -> Drawing:
    """Return the chart of a session that is `length_ms` long, from its start to its end."""
    canvas = Canvas()
    frame = Frame(left=size.left, right=size.width - size.right, top=26, bottom=size.height - 40)
    x = AxisScale(low=0, high=max(length_ms, 1), start=frame.left, end=frame.right)
    low, high = _range(curve, thresholds)
    y = AxisScale(low=low, high=high, start=frame.bottom, end=frame.top)
    if thresholds.valid:
        _classes(canvas, thresholds, frame, y)
    _beats(canvas, frame, y)
    _interruptions(canvas, curve, frame, x)
    for run in _drawn_runs(curve):
        points = [(x(t), y(value)) for t, value in run]
        # A run of a single sample has no length: it is a point.
        if len(points) == 1:
            canvas.circle(points[0], 1.8, "heart-point")
        else:
            canvas.path(polyline(points), "heart-line")
    _times(canvas, frame, x, (length_ms, size.ticks))
    return Drawing(
        width=size.width,
        height=size.height,
        label=_(
            "Heart rate over the session, broken where nothing was measured. The tables below hold "
            "the figures."
        ),
        shapes=tuple(canvas.shapes),
    )


def _interruptions(canvas: Canvas, curve: Curve, frame: Frame, x: AxisScale) -> None:
    """Draw the gaps and the pauses over the height of the frame."""
    height = frame.bottom - frame.top
    for start, end in curve.gaps:
        title = _("%(start)s to %(end)s: no data", start=words.span(start), end=words.span(end))
        canvas.rect((x(start), frame.top), (x(end) - x(start), height), "gap", title)
    for start, end in curve.pauses:
        title = _("%(start)s to %(end)s: paused", start=words.span(start), end=words.span(end))
        canvas.rect((x(start), frame.top), (x(end) - x(start), height), "pause", title)


def _range(curve: Curve, thresholds: ZoneThresholds) -> tuple[float, float]:
    """Return the lowest and highest value of the axis, both multiples of ten."""
    known = [value for value in curve.v if value is not None]
    # The lower edges of light and vigorous are in view, to say how far away the curve is.
    near = thresholds.edges[:3:2] if thresholds.valid else ()
    low, high = min((*known, *near)), max((*known, *near))
    return (low - _MARGIN) // 10 * 10, -(-(high + _MARGIN) // 10) * 10


def _classes(canvas: Canvas, thresholds: ZoneThresholds, frame: Frame, y: AxisScale) -> None:
    bounds = [y.low, *thresholds.edges, y.high]
    for number, zone in enumerate(CLASSES):
        low = min(max(bounds[number], y.low), y.high)
        high = min(max(bounds[number + 1], y.low), y.high)
        height = y(low) - y(high)
        if height <= 0:
            continue
        width = frame.right - frame.left
        canvas.rect((frame.left, y(high)), (width, height), f"class-ground zone-{zone.value}")
        canvas.line((frame.left, y(high)), (frame.right, y(high)), "class-edge")
        if height >= _TALLEST_LABEL:
            name = translated(NAMES[zone])
            canvas.text((frame.right + 6, y(high) + height / 2 + 4), name, "tick")


def _beats(canvas: Canvas, frame: Frame, y: AxisScale) -> None:
    step = 10 if y.high - y.low <= 60 else 20  # noqa: PLR2004 - six labels at most, about
    value = -(-y.low // step) * step
    while value <= y.high:
        canvas.text((frame.left - 6, y(value) + 4), words.number(value), "tick tick-end")
        value += step
    canvas.text((4, 12), _("beats a minute"), "tick")


def _times(canvas: Canvas, frame: Frame, x: AxisScale, of: tuple[int, int]) -> None:
    length_ms, most = of
    fitting = (step for step in _STEP_MIN if length_ms / (step * MINUTE_MS) <= most)
    step = next(fitting, _STEP_MIN[-1]) * MINUTE_MS
    for at in range(0, length_ms + 1, step):
        canvas.line((x(at), frame.bottom), (x(at), frame.bottom + 4), "grid")
        canvas.text((x(at), frame.bottom + 17), words.span(at), "tick tick-middle")
    canvas.text((frame.right, frame.bottom + 34), _("time since the start"), "tick tick-end")


def _drawn_runs(curve: Curve) -> Iterator[Sequence[tuple[int, float]]]:
    """Yield the pieces of the curve between which the line breaks."""
    run: list[tuple[int, float]] = []
    for t, value in zip(curve.t_ms, curve.v, strict=True):
        if value is not None:
            run.append((t, value))
            continue
        if run:
            yield run
        run = []
    if run:
        yield run
