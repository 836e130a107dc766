"""What networks and vendors do to deliveries: twice, out of order, late. Pure: the seed decides, nothing is lost."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from simulate.cohort import Cohort
from simulate.deliveries import history, live
from simulate.delivery import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How much goes wrong: shares of deliveries sent twice and sent late, and the reach of each disorder in ms."""

    duplicate: float = 0.0
    delay: float = 0.0
    delay_ms: int = 3 * 86_400_000
    shuffle_ms: int = 0


NONE = Faults()


def arrivals(cohort: Cohort, faults: Faults) -> list[Delivery]:
    """Return all that a cohort sends, history and live part, in the order in which it arrives."""
    return disturb([*history(cohort), *live(cohort)], faults, cohort.seed)


def disturb(deliveries: Iterable[Delivery], faults: Faults, seed: int) -> list[Delivery]:
    """Return the deliveries in the order in which they arrive: each at least once, some again, some late.

    `due_ms` is when each now arrives. Bodies are untouched, so they are still made only when asked for.
    """
    chance = np.random.default_rng([seed, 77])
    arriving = [late for delivery in deliveries for late in _arrivals(delivery, faults, chance)]
    return sorted(arriving, key=lambda entry: entry.due_ms)


def _arrivals(delivery: Delivery, faults: Faults, chance: np.random.Generator) -> list[Delivery]:
    times = 2 if chance.random() < faults.duplicate else 1
    return [
        replace(delivery, due_ms=delivery.due_ms + _later(faults, chance)) for _ in range(times)
    ]


def _later(faults: Faults, chance: np.random.Generator) -> int:
    late = int(chance.integers(0, faults.delay_ms)) if chance.random() < faults.delay else 0
    return late + int(chance.integers(0, faults.shuffle_ms + 1))
