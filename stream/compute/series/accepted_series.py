"""Leaves only accepted samples in the heart rate that the rules read, as zones do. Pure."""

from dataclasses import replace

import numpy as np

from model.alert import HeartSeries, RuleInput
from stream.compute.series.quality import CODE_ACCEPTED, screen_heart_rate


def with_accepted(on: RuleInput) -> RuleInput:
    """Return the input of the rules with the accepted samples of each session."""
    # nearly everybody's: without a rule that reads samples none are there
    if not on.heart:
        return on
    accepted = [_accepted(row) for row in on.heart]
    return replace(on, heart=tuple(row for row in accepted if row.samples))


def _accepted(series: HeartSeries) -> HeartSeries:
    # the same screening as that of the zones, so that both speak of the same samples
    t = np.array([at for at, _ in series.samples], np.int64)
    v = np.array([bpm for _, bpm in series.samples], np.float64)
    kept = (screen_heart_rate(t, v) == CODE_ACCEPTED).tolist()
    rows = [row for row, is_kept in zip(series.samples, kept, strict=True) if is_kept]
    return replace(series, samples=tuple(rows))
