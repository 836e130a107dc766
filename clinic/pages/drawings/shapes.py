"""Shapes of a chart, and the scales that place them. Pure.

A shape is an SVG element with its attributes. The template escapes all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HATCH = "url(#hatch)"  # the pattern of what is not known, which the page defines once
# Steps of an axis: 1, 2 and 5 times a power of ten.
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnShape:
    """An SVG element: its tag, attributes and class; `title` is shown when it is pointed at."""

    tag: str
    attributes: Mapping[str, str]
    css: str = ""
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart of a size in user units; `label` says in words what it shows."""

    width: int
    height: int
    label: str
    shapes: tuple[DrawnShape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisScale:
    """Maps values from `low` to `high` onto positions from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the position of a value; one outside of the range lies outside as well."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The room of a plot within a drawing: its edges in user units."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(slots=True)
class Canvas:
    """Collects the shapes of a drawing in the order in which they are painted."""

    shapes: list[DrawnShape] = field(default_factory=list)

    def rect(
        self, corner: tuple[float, float], size: tuple[float, float], css: str, title: str = ""
    ) -> None:
        """Add a rectangle by its upper left corner and its size."""
        x, y = corner
        width, height = size
        self._add("rect", {"x": x, "y": y, "width": width, "height": height}, css, title)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], css: str, title: str = ""
    ) -> None:
        """Add a straight line."""
        self._add("line", {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}, css, title)

    def circle(self, at: tuple[float, float], radius: float, css: str, title: str = "") -> None:
        """Add a circle."""
        self._add("circle", {"cx": at[0], "cy": at[1], "r": radius}, css, title)

    def path(self, d: str, css: str, title: str = "") -> None:
        """Add a path."""
        self.shapes.append(DrawnShape(tag="path", attributes={"d": d}, css=css, title=title))

    def text(
        self, at: tuple[float, float], text: str, css: str = "tick", *, turned: bool = False
    ) -> None:
        """Add a text; `turned` reads from below to above."""
        x, y = short(at[0]), short(at[1])
        attributes = {"x": x, "y": y}
        if turned:
            attributes["transform"] = f"rotate(-90 {x} {y})"
        self.shapes.append(DrawnShape(tag="text", attributes=attributes, css=css, text=text))

    def _add(self, tag: str, numbers: Mapping[str, float], css: str, title: str) -> None:
        attributes = {name: short(value) for name, value in numbers.items()}
        self.shapes.append(DrawnShape(tag=tag, attributes=attributes, css=css, title=title))


def short(value: float) -> str:
    """Return a coordinate with at most one decimal place, so that a page stays small.

    >>> short(3.0), short(3.14159), short(-0.04)
    ('3', '3.1', '0')
    """
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def polyline(points: Sequence[tuple[float, float]]) -> str:
    """Return the path through some points."""
    parts = [f"{short(x)} {short(y)}" for x, y in points]
    return "M" + "L".join(parts) if parts else ""


def axis_step(high: float, most: int) -> float:
    """Return the step of an axis from 0 to `high` with at most `most` steps.

    >>> axis_step(180, 5), axis_step(9, 5), axis_step(0, 5)
    (50, 2, 1)
    """
    power = 1
    while True:
        for step in _STEPS:
            if step * power * most >= high:
                return step * power
        power *= 10


def ticks_to(high: float, most: int) -> list[float]:
    """Return the values of an axis from 0; the last is at or above `high`.

    >>> ticks_to(180, 5), ticks_to(0, 5)
    ([0, 50, 100, 150, 200], [0, 1])
    """
    step = axis_step(high, most)
    count = max(-(-high // step), 1)
    return [step * number for number in range(int(count) + 1)]
