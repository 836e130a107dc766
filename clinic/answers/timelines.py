"""Answers about a metric over time, as columns with an entry for each bucket or sample. Pure."""

from typing import Literal

from clinic.answers.shape import Instant, Shape, SourceShape
from model.calendar import rfc3339
from model.facts import Instants, Values
from model.metrics import METRIC
from stream.compute.series.timeline import SampleLine, Timeline


class TimelineAnswer(Shape):
    """A metric in [start, end), oldest first, in columns of equal length.

    They have at most as many entries as the question allows. A band has `n`, `minimum`, `mean` and
    `maximum` of each bucket of `width_ms` with samples. A line has the samples `v` that keep its
    shape (LTTB). Both have `t` and `source`; the other columns are empty.
    """

    metric: str
    unit: str
    """UCUM unit of every value."""
    kind: Literal["band", "line"]
    zone: str
    """The patient's IANA zone, in which dates were read."""
    start: Instant
    end: Instant
    width_ms: int | None
    """Length of a bucket; null for a line."""
    samples: int
    """How many samples the answer was drawn from."""
    sources: tuple[SourceShape, ...]
    t: tuple[Instant, ...]
    """Where a bucket begins, or when a sample was measured."""
    n: tuple[int, ...]
    minimum: tuple[float, ...]
    mean: tuple[float, ...]
    maximum: tuple[float, ...]
    v: tuple[float, ...]
    source: tuple[int, ...]
    """The place in `sources`, from 0, of who measured it (in a band: most of the bucket)."""


def band_answer(
    timeline: Timeline, metric: str, zone: str, span: tuple[int, int]
) -> TimelineAnswer:
    """Return a timeline as bands of minimum, mean and maximum."""
    return TimelineAnswer(
        **_head(metric, zone, span),
        kind="band",
        width_ms=timeline.width_ms,
        # Python's integers: JSON has no form for those of numpy.
        samples=sum(timeline.n.tolist()),
        sources=tuple(map(SourceShape.of, timeline.sources)),
        t=_instants(timeline.t),
        n=_complete(timeline.n),
        minimum=_values(timeline.minimum),
        mean=_values(timeline.mean),
        maximum=_values(timeline.maximum),
        v=(),
        source=_complete(timeline.source),
    )


def line_answer(value: SampleLine, metric: str, zone: str, span: tuple[int, int]) -> TimelineAnswer:
    """Return a line of samples as measured."""
    return TimelineAnswer(
        **_head(metric, zone, span),
        kind="line",
        # A line has no buckets: each entry is a sample as it was measured.
        width_ms=None,
        samples=value.of,
        sources=tuple(map(SourceShape.of, value.sources)),
        t=_instants(value.t),
        n=(),
        minimum=(),
        mean=(),
        maximum=(),
        v=_values(value.v),
        source=_complete(value.source),
    )


def _head(metric: str, zone: str, span: tuple[int, int]) -> dict[str, str]:
    return {
        "metric": metric,
        "unit": METRIC[metric].unit,
        "zone": zone,
        "start": rfc3339(span[0]),
        "end": rfc3339(span[1]),
    }


def _instants(t: Instants) -> tuple[str, ...]:
    return tuple(map(rfc3339, t.tolist()))


def _complete(column: Instants) -> tuple[int, ...]:
    return tuple(column.tolist())


def _values(column: Values) -> tuple[float, ...]:
    return tuple(column.tolist())
