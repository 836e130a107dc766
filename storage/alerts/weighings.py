"""The weighings that rule H4 reads, as storage and `derive` give them alike."""

from collections.abc import Iterable

from model.alerting.rule_rows import Weighing
from model.calendar import DAY_MS
from model.columns.window import SampleColumn
from model.spans import Span

WEIGHT = "weight"


def weighed_within(now_ms: int) -> Span:
    """Return the time of which weighings count: as long as rule H4 looks back."""
    return Span(start_ms=now_ms - 28 * DAY_MS, end_ms=now_ms + 1)


def weighings_in(columns: Iterable[SampleColumn], now_ms: int) -> tuple[Weighing, ...]:
    """Return the weighings among columns of samples by time, the highest of an instant."""
    span = weighed_within(now_ms)
    weighed: dict[int, float] = {}
    for column in columns:
        if column.metric != WEIGHT:
            continue
        for at_ms, kg in zip(column.t.tolist(), column.v.tolist(), strict=True):
            if span.start_ms <= at_ms < span.end_ms:
                weighed[at_ms] = max(weighed.get(at_ms, 0.0), kg)
    return tuple(Weighing(at_ms=at_ms, kg=weighed[at_ms]) for at_ms in sorted(weighed))
