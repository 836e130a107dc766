"""Counters of the clinician door for /metrics, in a registry of their own.

Labels are routes and outcomes. A label must never hold a patient or text that a client sent.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

EVENT_STREAM = "/events"  # open as long as its page, so its duration says nothing about speed


class ClinicMetrics:
    """Counts requests by route and status, their durations, listening pages and actions by kind."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kadens_clinic_requests",
            "Requests answered",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kadens_clinic_request_seconds",
            "Time to the last byte, without event streams",
            ["route"],
            registry=self.registry,
        )
        self._ended = Counter(
            "kadens_clinic_ended",
            "Requests that the server refused by itself",
            ["reason"],
            registry=self.registry,
        )
        self.listeners = Gauge(
            "kadens_clinic_listeners", "Pages that follow changes", registry=self.registry
        )
        self.changes = Counter(
            "kadens_clinic_changes", "Notifications from the database", registry=self.registry
        )
        self.unnoted_heads = Counter(
            "kadens_clinic_unnoted_heads",
            "Heads of the audit log that could not be noted",
            registry=self.registry,
        )
        self.actions = Counter(
            "kadens_clinic_actions",
            "Actions on alerts and sessions",
            ["action"],
            registry=self.registry,
        )

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request; this implements `web.request_metrics.RequestObserver`."""
        self._requests.labels(route, method, str(status)).inc()
        if route != EVENT_STREAM:
            self._seconds.labels(route).observe(seconds)

    def refused_by_server(self, reason: str) -> None:
        """Count a request that the server itself refused; reasons: `web.refusals.REFUSALS`."""
        self._ended.labels(reason).inc()

    def prometheus_text(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self.registry)
