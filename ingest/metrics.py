"""The vendor door's counters for Prometheus.

Labels must never be anything but connectors and reasons.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

# seconds: a short body takes milliseconds, a large file from a telephone half a minute
BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """The door's counters.

    They have a registry of their own, so that two doors in a process do not mix their counts.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._received = self._counter("received", "Bodies acknowledged", ["connector"])
        self._bytes = self._counter("bytes", "Bytes of acknowledged bodies", ["connector"])
        self._uploaded = self._counter("uploaded_bytes", "Bytes of files that came in parts", [])
        self._refused = self._counter(
            "refused", "Requests refused, by reason", ["connector", "reason"]
        )
        self._ended = self._counter(
            "ended", "Requests that the server refused by itself, by reason", ["reason"]
        )
        self._compacted = self._counter(
            "compact_signatures", "Bodies of which only the compact JSON was signed", ["connector"]
        )
        self._shaken = self._counter("handshakes", "Handshakes answered", ["connector"])
        self._seconds = Histogram(
            "kadens_door_answer_seconds",
            "From the request's head to the answer",
            ["connector"],
            buckets=BUCKETS,
            registry=self.registry,
        )

    def received(self, connector: str, size: int, seconds: float) -> None:
        """Count an acknowledged body of `size` bytes."""
        self._received.labels(connector).inc()
        self._bytes.labels(connector).inc(size)
        self._seconds.labels(connector).observe(seconds)

    def uploaded(self, size: int) -> None:
        """Count a file of `size` bytes whose last part is here."""
        self._uploaded.inc(size)

    def compacted(self, connector: str, by_compact: bool) -> None:  # noqa: FBT001 - what it counts
        """Count a body of which only the compact JSON was signed."""
        self._compacted.labels(connector).inc(by_compact)

    def shaken(self, connector: str) -> None:
        """Count a handshake that was answered, of which nothing is kept."""
        self._shaken.labels(connector).inc()

    def refused(self, connector: str, reason: str) -> None:
        """Count a refusal; `connector` is `unknown` for a name that no connector has."""
        self._refused.labels(connector, reason).inc()

    def ended(self, reason: str) -> None:
        """Count a request that the server refused by itself, for a reason of `web.refusals`."""
        self._ended.labels(reason).inc()

    def text(self) -> bytes:
        """Return the counters in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, value: str, labels: list[str]) -> Counter:
        return Counter(f"kadens_door_{name}", value, labels, registry=self.registry)
