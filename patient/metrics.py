"""Counters of the patient door for /metrics. A label is never a patient or what a client sent."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class PatientMetrics:
    """Counts requests by route and status, their durations, and what came of links."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kadens_patient_requests",
            "Requests answered",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kadens_patient_request_seconds",
            "Time to the last byte",
            ["route"],
            registry=self.registry,
        )
        self._ended = Counter(
            "kadens_patient_ended",
            "Requests that the server refused by itself",
            ["reason"],
            registry=self.registry,
        )
        self.outcomes = Counter(
            "kadens_patient_links",
            "What came of a step of linking an account",
            ["connector", "outcome"],
            registry=self.registry,
        )

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request; this implements `web.request_metrics.RequestObserver`."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused_by_server(self, reason: str) -> None:
        """Count a request that the server itself refused; reasons: `web.refusals.REFUSALS`."""
        self._ended.labels(reason).inc()

    def prometheus_text(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self.registry)
