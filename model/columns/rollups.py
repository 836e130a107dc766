"""Rollups: the samples of one metric as cells of time, with count, least, greatest and sum by source."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values

Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Columns of equal length, one row a cell: where it begins, and the stored id of its source.

    `at` is int64 epoch ms, `source` int64, `n` int64 (samples, at least 1); `low`, `high` and
    `total` (the sum) are float64 in the metric's unit.
    """

    at: Instants
    source: Integers
    n: Integers
    low: Values
    high: Values
    total: Values
