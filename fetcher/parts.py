"""The collaborators of a fetcher process, opened once and passed to its functions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from fetcher.client import VendorClient
from fetcher.log import AnswerLog
from fetcher.metrics import FetcherMetrics
from fetcher.spending import GroupedSpending
from fetcher.token_spool import TokenSpool
from fetcher.tokens import OAuthClient, RefreshMeans
from model.keyring import KeyRing, Keys
from model.vendors.vendor_api import Api, RateWindow
from storage.fetching.budgets import BudgetWindow
from storage.pg.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedVendor:
    """A vendor that is asked, with our application there; `client` is None without one.

    `api_address` is the address that is asked in place of the vendor's own, or "". `api_key` is the
    application's key for `key_header`. `callback` is the address at our door that the vendor is
    told to call, "" where a person registers it, and `word` what our door expects in the vendor's
    handshake.
    """

    name: str
    api: Api
    api_address: str = ""
    client: OAuthClient | None = None
    api_key: str = field(default="", repr=False)
    callback: str = field(default="", repr=False)
    word: str = field(default="", repr=False)

    @property
    def budget(self) -> Sequence[BudgetWindow]:
        """Return the windows that the vendor grants."""
        return list(map(_granted, self.api.budget))


@dataclass(frozen=True, slots=True)
class LiveAttempts:
    """The leases of the attempts that run in this process, which it prolongs."""

    leases: set[UUID] = field(default_factory=set)

    @contextmanager
    def running(self, lease: UUID) -> Iterator[None]:
        """Count an attempt among those that run."""
        self.leases.add(lease)
        try:
            yield
        finally:
            self.leases.discard(lease)


def _granted(window: RateWindow) -> BudgetWindow:
    return BudgetWindow(window_ms=window.seconds * 1000, requests=window.requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherParts:
    """Pool, log, client and clock of a fetcher, and the vendors that it asks, by name.

    `now` returns epoch ms, and `chance` a random number in [0, 1).
    """

    pool: Pool
    log: AnswerLog
    client: VendorClient
    vendors: Mapping[str, FetchedVendor]
    wrapping: Keys
    now: Callable[[], int]
    chance: Callable[[], float]
    metrics: FetcherMetrics
    spool: TokenSpool
    attempts: LiveAttempts = field(default_factory=LiveAttempts)
    spending: GroupedSpending = field(default_factory=GroupedSpending)

    def refresh_means(self, ours: OAuthClient | None) -> RefreshMeans:
        """Return what a refresh needs, with our application at a vendor."""
        return RefreshMeans(
            pool=self.pool,
            client=self.client,
            spool=self.spool,
            wrapping_key=self.wrapping_key,
            ours=ours,
        )

    @property
    def wrapping_key(self) -> KeyRing:
        """Return the keys that wrap data keys now; a rotation changes them, so never keep them."""
        return self.wrapping()
