"""Counters of the clinician door for /metrics, in a registry of their own.

Labels are routes and outcomes; they must never hold a patient or anything that a client sent.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

EVENT_STREAM = "/events"  # open as long as its page: a time to the last byte says nothing of it


class ClinicMetrics:
    """Requests by route and status, how long they took, how many pages listen, actions by kind."""

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
        self.actions = Counter(
            "kadens_clinic_actions", "Actions on alerts", ["action"], registry=self.registry
        )

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request, as `web.request_metrics.RequestObserver` asks for."""
        self._requests.labels(route, method, str(status)).inc()
        if route != EVENT_STREAM:
            self._seconds.labels(route).observe(seconds)

    def refused_by_server(self, reason: str) -> None:
        """Count a request that the server refused; `reason` is one of `web.refusals.REFUSALS`."""
        self._ended.labels(reason).inc()

    def prometheus_text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self.registry)
