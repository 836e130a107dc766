"""What a user does at a vendor that is played, as a walk over all processes needs it.

Each change is a revision of what was sent before, and a deletion where the vendor has one. The
truth is the simulated vendor's own, in common terms.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from simulate.vendors.platform.server import PlatformServer
from simulate.vendors.playing.played_vendors import PlayedVendor
from simulate.vendors.vendor_truth import VendorTruth

DAY_S = 86_400
SEGMENT = sha256(b"made up").hexdigest()
LIFE_SECRET = "made-up-secret-of-tests-0123456789"  # noqa: S105 - as it says
RMSSD = "heart_rate_variability_rmssd"
USUAL = frozenset(("heart_rate", "steps", RMSSD))

Bodies = list[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorLife:
    """A vendor's user. `key` is what our door knows, `signs_with` what the vendor signs with.

    `path` follows the connector's address at the door. `change` lets the user do more and returns
    what the vendor sends of it. Of the truth only `metrics` are compared, of samples and of days.
    `back` lets something be again what it was, where no time of change comes with an answer.
    `leaves` is what the vendor sends when a user takes the permission back there, and `news` is for
    a vendor that says nothing: something to ask for, with tokens that ended. Where `signs_in` is
    False, nobody signs in at Kadens; where `brings_tokens`, the clinic stores those of a sign-in
    elsewhere. `registers` says that the fetcher names an address at our door
    to the vendor. Where `orders_by_arrival`, nothing but the order of arrival tells a version from
    an older one. `play` gives the vendor; without it, it is the one that can be tried by hand.
    """

    key: str
    signs_with: str
    metrics: frozenset[str]
    change: Callable[[PlatformServer], Bodies]
    truth: Callable[[PlatformServer], VendorTruth]
    path: str = ""
    back: Callable[[PlatformServer], Bodies] | None = None
    leaves: Callable[[PlatformServer, str], Bodies] | None = None
    news: Callable[[PlatformServer, str], Bodies] | None = None
    signs_in: bool = True
    brings_tokens: bool = False
    registers: bool = False
    orders_by_arrival: bool = False
    play: Callable[[int, str], PlayedVendor] | None = None

    @property
    def has_tokens(self) -> bool:
        """Return whether each user has tokens of their own."""
        return self.signs_in or self.brings_tokens


def add_days(truth: VendorTruth, rows: Iterable[Any]) -> None:
    """Add stated totals to a truth: (date as text, metric, value)."""
    for day, metric, value in rows:
        truth.days.setdefault(date.fromisoformat(day), {})[metric] = value


def add_totals(truth: VendorTruth, metric: str, totals: Mapping[str, float]) -> None:
    """Add the stated totals of a metric to a truth, by date as text."""
    for day, value in totals.items():
        truth.days.setdefault(date.fromisoformat(day), {})[metric] = value


def spans_of(values: Mapping[tuple[int, int], float]) -> set[tuple[int, int, float]]:
    """Return counts by their interval as rows (start, end, value)."""
    return {(start, end, value) for (start, end), value in values.items()}
