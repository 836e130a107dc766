"""Rollups: the samples of one metric as cells of time.

Each cell has the count, least value, greatest value and sum of one source.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants, Values

Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Cells as columns of equal length, one row for each cell.

    `at` int64 epoch ms is where the cell begins, `source` int64 the stored id of its source, `n`
    int64 the number of samples (at least 1). `low`, `high` and `total` (the sum) are float64 in the
    metric's unit.
    """

    at: Instants
    source: Integers
    n: Integers
    low: Values
    high: Values
    total: Values
