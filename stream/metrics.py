"""The worker's Prometheus metrics: counts and times, without any patient, account or value."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from runtime.metric_maker import MetricMaker

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
    messages: Counter
    rights: Gauge


def make_metrics() -> WorkerMetrics:
    """Return the metrics on a registry of their own."""
    make = MetricMaker()
    return WorkerMetrics(
        registry=make.registry,
        lag=make.gauge("kadens_lag_messages", "Messages not yet finished", "topic", "partition"),
        batch=make.histogram(
            "kadens_batch_messages", "Messages in a batch", "topic", buckets=BATCHES
        ),
        seconds=make.histogram("kadens_batch_seconds", "Time of a batch", "topic", buckets=SECONDS),
        replayed=make.counter(
            "kadens_replayed_messages", "Messages skipped as done before", "topic"
        ),
        bodies=make.counter(
            "kadens_bodies", "Bodies by what became of them", "connector", "outcome"
        ),
        facts=make.counter("kadens_facts", "Facts sent on", "kind"),
        rejects=make.counter(
            "kadens_rejects", "Records that could not be read", "connector", "kind"
        ),
        faults=make.counter("kadens_faults", "Errors of our own that cost one message", "topic"),
        dead=make.counter("kadens_dead_letters", "Dead letters written", "topic"),
        rows=make.counter("kadens_sample_rows", "Sample rows written", "outcome"),
        recomputes=make.counter("kadens_recomputes", "Recomputed patient windows"),
        dates=make.counter("kadens_recomputed_dates", "Local dates derived anew"),
        judged=make.counter("kadens_judged_patients", "Patients judged"),
        alerts=make.counter("kadens_alert_steps", "Changes of alerts", "step"),
        messages=make.counter(
            "kadens_messages", "Messages that left, by channel and outcome", "channel", "outcome"
        ),
        rights=make.gauge(
            "kadens_rights_requests", "Patients' open requests, overdue or due soon", "near"
        ),
    )
