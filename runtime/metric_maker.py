"""Makes the Prometheus metrics of a process, on a registry of their own.

Two processes in one interpreter, as in tests, so never mix their counts. Labels must never be
anything but words of ours: no patient, no account, no value.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class MetricMaker:
    """Makes metrics on `registry`, each by its name, its text and the names of its labels."""

    def __init__(self) -> None:
        """Begin with an empty registry."""
        self.registry = CollectorRegistry()

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Return a number that only grows."""
        return Counter(name, text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """Return a number as it is now."""
        return Gauge(name, text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, *labels: str, buckets: Sequence[float]) -> Histogram:
        """Return counts of values by upper bounds."""
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)
