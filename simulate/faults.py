"""Faults of networks and vendors: deliveries that arrive twice, out of order or late.

Pure: the seed decides. No delivery is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from simulate.cohort import Cohort
from simulate.deliveries import history, live
from simulate.delivery import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The faults to simulate; by default there are none.

    `duplicate` and `delay` are the shares of deliveries that are sent twice and late. A late
    delivery comes up to `delay_ms` late, and any delivery up to `shuffle_ms`.
    """

    duplicate: float = 0.0
    delay: float = 0.0
    delay_ms: int = 3 * 86_400_000
    shuffle_ms: int = 0


NONE = Faults()


def arrivals(cohort: Cohort, faults: Faults) -> list[Delivery]:
    """Return all deliveries of a cohort, of history and live part, in the order of arrival."""
    return disturb([*history(cohort), *live(cohort)], faults, cohort.seed)


def disturb(deliveries: Iterable[Delivery], faults: Faults, seed: int) -> list[Delivery]:
    """Return the deliveries in the order of arrival: each at least once, some twice, some late.

    `due_ms` becomes the instant of arrival. Bodies are not built here.
    """
    chance = np.random.default_rng([seed, 77])
    arriving: list[Delivery] = []
    # One generator in the order of the deliveries: a seed gives the same faults each time.
    for delivery in deliveries:
        arriving += _arrivals(delivery, faults, chance)
    return sorted(arriving, key=lambda entry: entry.due_ms)


def _arrivals(delivery: Delivery, faults: Faults, chance: np.random.Generator) -> list[Delivery]:
    times = 2 if chance.random() < faults.duplicate else 1
    return [
        replace(delivery, due_ms=delivery.due_ms + _later(faults, chance)) for _ in range(times)
    ]


def _later(faults: Faults, chance: np.random.Generator) -> int:
    late = int(chance.integers(0, faults.delay_ms)) if chance.random() < faults.delay else 0
    return late + int(chance.integers(0, faults.shuffle_ms + 1))
