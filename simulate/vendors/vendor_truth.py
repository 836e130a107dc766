"""What a simulated vendor knows to be true of a user, in our own terms. Values only."""

from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict


@dataclass(slots=True, kw_only=True)
class VendorTruth:
    """What must be known of a user once everything has been fetched.

    `workouts` are (start, end, type) in epoch ms. `samples` are by metric: (instant, value).
    `counts` are by metric: (start, end, value). `worn` are spans. `days` are by date and metric.
    """

    workouts: set[tuple[int, int, str]] = field(default_factory=set)
    samples: dict[str, set[tuple[int, float]]] = field(default_factory=dict)
    counts: dict[str, set[tuple[int, int, float]]] = field(default_factory=dict)
    worn: set[tuple[int, int]] = field(default_factory=set)
    days: dict[date, dict[str, float]] = field(default_factory=dict)


class HubTruth(TypedDict):
    """What is true of a user of a hub, in rows of times in epoch ms and values."""

    workouts: list[tuple[object, ...]]
    heart_rate: list[tuple[object, ...]]
    steps: list[tuple[object, ...]]
    wear: list[tuple[object, ...]]
    days: list[tuple[object, ...]]
