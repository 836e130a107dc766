"""The fetcher's Prometheus metrics: counts and times, without any patient, account or value."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetcherMetrics:
    """Every metric of the fetcher; `registry` is what `/metrics` serves."""

    registry: CollectorRegistry
    answers: Counter
    seconds: Histogram
    refreshes: Counter
    waits: Counter
    rows: Gauge
    connections: Gauge
    subscriptions: Counter
    missing: Gauge


def make_fetcher_metrics() -> FetcherMetrics:
    """Return the metrics on a registry of their own."""
    own = CollectorRegistry()
    return FetcherMetrics(
        registry=own,
        answers=Counter(
            "kadens_fetch_answers",
            "Vendors' answers by meaning",
            ["connector", "meaning"],
            registry=own,
        ),
        seconds=Histogram(
            "kadens_fetch_seconds",
            "Time of a request",
            ["connector"],
            buckets=_SECONDS,
            registry=own,
        ),
        refreshes=Counter(
            "kadens_token_refreshes",
            "Refreshes of tokens by outcome",
            ["connector", "outcome"],
            registry=own,
        ),
        waits=Counter(
            "kadens_fetch_waits",
            "Times that a vendor's budget was used up",
            ["connector"],
            registry=own,
        ),
        rows=Gauge("kadens_fetches", "Fetches by state", ["connector", "state"], registry=own),
        connections=Gauge(
            "kadens_connections",
            "Connected accounts by state",
            ["connector", "state"],
            registry=own,
        ),
        subscriptions=Counter(
            "kadens_subscription_changes",
            "Requests that changed a subscription, by method",
            ["connector", "method"],
            registry=own,
        ),
        missing=Gauge(
            "kadens_subscriptions_missing",
            "Subscriptions that a person has to create",
            ["connector"],
            registry=own,
        ),
    )
