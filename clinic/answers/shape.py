"""The parts that answers are made of: instants, spans, sources and times in zones. Pure.

Instants are RFC 3339 text in UTC, lengths are integers in ms.
"""

from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from model.calendar import rfc3339
from model.facts import DeviceType, Method, Source
from model.intensity import ZoneTimes

Instant: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant in UTC, as `2026-11-22T16:12:00Z`."""


class Shape(BaseModel):
    """Base of all answers: frozen; the text below a field is its description in the API."""

    # The texts below the fields are the documentation that clients read at /docs.
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


def same_fields(value: object, names: Iterable[str]) -> dict[str, Any]:
    """Return the attributes of `value` by name, for a shape whose fields have the same names."""
    return {name: getattr(value, name) for name in names}


class SourceShape(Shape):
    """A source: vendor (the name of the connector), app, device, type of device and method."""

    vendor: str
    app: str
    device: str
    device_type: DeviceType
    method: Method

    @classmethod
    def of(cls, source: Source) -> "SourceShape":
        """Return a source in the shape of an answer."""
        return cls(**same_fields(source, cls.model_fields))


class Zones(Shape):
    """Milliseconds in each class of intensity and unknown, which add up exactly to the length."""

    very_light: int
    light: int
    moderate: int
    vigorous: int
    near_max: int
    unknown: int

    @classmethod
    def of(cls, times: ZoneTimes) -> "Zones":
        """Return zone times in the shape of an answer."""
        # The fields and the tuple both have the order of `model.intensity.ZONES`.
        return cls(**dict(zip(cls.model_fields, times.as_tuple(), strict=True)))


class SpanShape(Shape):
    """A span of time, from `start` up to and not including `end`."""

    start: Instant
    end: Instant

    @classmethod
    def of(cls, pair: tuple[int, int]) -> "SpanShape":
        """Return [start, end) in epoch ms as instants."""
        return cls(start=rfc3339(pair[0]), end=rfc3339(pair[1]))
