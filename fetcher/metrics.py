"""The fetcher's Prometheus metrics: counts and times, without any patient, account or value."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from runtime.metric_maker import MetricMaker

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
    make = MetricMaker()
    return FetcherMetrics(
        registry=make.registry,
        answers=make.counter(
            "kadens_fetch_answers", "Vendors' answers by meaning", "connector", "meaning"
        ),
        seconds=make.histogram(
            "kadens_fetch_seconds", "Time of a request", "connector", buckets=_SECONDS
        ),
        refreshes=make.counter(
            "kadens_token_refreshes", "Refreshes of tokens by outcome", "connector", "outcome"
        ),
        waits=make.counter(
            "kadens_fetch_waits", "Times that a vendor's budget was used up", "connector"
        ),
        rows=make.gauge("kadens_fetches", "Fetches by state", "connector", "state"),
        connections=make.gauge(
            "kadens_connections", "Connected accounts by state", "connector", "state"
        ),
        subscriptions=make.counter(
            "kadens_subscription_changes",
            "Requests that changed a subscription, by method",
            "connector",
            "method",
        ),
        missing=make.gauge(
            "kadens_subscriptions_missing", "Subscriptions that a person has to create", "connector"
        ),
    )
