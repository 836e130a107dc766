"""Counters of the door for /metrics, in a registry of their own. Labels are routes and outcomes, never a patient."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Numbers:
    """Requests by route and status, how long they took, how many pages listen, and actions by kind."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "kadens_clinic_requests",
            "Requests answered",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "kadens_clinic_request_seconds", "Time to the last byte, event streams apart", ["route"],
            registry=self.registry,
        )  # fmt: skip
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

    def ended(self, reason: str) -> None:
        """Count a request that the server refused by itself; `reason` is a word of `web.answers`."""
        self._ended.labels(reason).inc()

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self.registry)
