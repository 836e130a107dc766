"""The worker's Prometheus metrics: counts and times, without any patient, account or value."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerMetrics:
    """Every metric of the worker; `registry` is what `/metrics` serves."""

    registry: CollectorRegistry
    lag: Gauge
    batch: Histogram
    seconds: Histogram
    replayed: Counter
    bodies: Counter
    facts: Counter
    rejects: Counter
    faults: Counter
    dead: Counter
    rows: Counter
    recomputes: Counter
    dates: Counter
    judged: Counter
    alerts: Counter
    mails: Counter


def make_metrics() -> WorkerMetrics:
    """Return the metrics on a registry of their own."""
    own = CollectorRegistry()
    return WorkerMetrics(
        registry=own,
        lag=Gauge(
            "kadens_lag_messages", "Messages not yet finished", ["topic", "partition"], registry=own
        ),
        batch=Histogram(
            "kadens_batch_messages", "Messages in a batch", ["topic"], buckets=BATCHES, registry=own
        ),
        seconds=Histogram(
            "kadens_batch_seconds", "Time of a batch", ["topic"], buckets=SECONDS, registry=own
        ),
        replayed=Counter(
            "kadens_replayed_messages", "Messages skipped as done before", ["topic"], registry=own
        ),
        bodies=Counter(
            "kadens_bodies", "Bodies by what became of them", ["connector", "outcome"], registry=own
        ),
        facts=Counter("kadens_facts", "Facts sent on", ["kind"], registry=own),
        rejects=Counter(
            "kadens_rejects", "Records that could not be read", ["connector", "kind"], registry=own
        ),
        faults=Counter(
            "kadens_faults", "Errors of our own that cost one message", ["topic"], registry=own
        ),
        dead=Counter("kadens_dead_letters", "Dead letters written", ["topic"], registry=own),
        rows=Counter("kadens_sample_rows", "Sample rows written", ["outcome"], registry=own),
        recomputes=Counter("kadens_recomputes", "Recomputed patient windows", registry=own),
        dates=Counter("kadens_recomputed_dates", "Local dates derived anew", registry=own),
        judged=Counter("kadens_judged_patients", "Patients judged", registry=own),
        alerts=Counter("kadens_alert_steps", "Changes of alerts", ["step"], registry=own),
        mails=Counter("kadens_mails", "E-mails by outcome", ["outcome"], registry=own),
    )
