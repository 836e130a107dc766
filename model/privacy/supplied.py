"""A value that a patient's device has measured, as the patient takes it along. Pure."""

from dataclasses import dataclass

from model.facts import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliedSample:
    """A value of a metric, in the metric's unit.

    `record` is the source's record ("": a stream). `end_ms` (epoch ms) is until when a count holds,
    None for an instant.
    """

    metric: str
    source: Source
    record: str
    at_ms: int
    end_ms: int | None
    value: float
