"""What every object of Junction states: who measured, when it changed, and at which offset. Pure.

Times are instants in UTC; beside them stands the offset of the patient's clock in seconds, or null.
"""

from typing import NamedTuple

from model.facts import DeviceType, Method, Source
from parsers.fields import (
    JsonObject,
    Unreadable,
    instant_of,
    kept_without,
    number_within,
    object_of,
    optional_text,
    real_offset,
)
from parsers.phone.collected import Collected
from parsers.vendors.hubs.junction_names import BY_HAND_SOURCE, SOURCE_TYPES
from parsers.vendors.hubs.values import hub_source

_VENDOR = "junction"
_MOST_SECONDS = 1e9  # of an offset: larger numbers would overflow later


class HubOrigin(NamedTuple):
    """The vendor behind the hub, and the kind of source, as Junction names them."""

    provider: str
    kind: str
    device: str

    def source(self, method: Method) -> Source:
        """Return the source; what was typed into an app was measured by nobody."""
        # the patient typed it in
        by_hand = Method.MANUAL if self.kind == BY_HAND_SOURCE else method
        known = SOURCE_TYPES.get(self.kind, DeviceType.UNKNOWN)
        return hub_source(_VENDOR, self.provider, self.device, by_hand, known)


def hub_origin(value: object, where: str, into: Collected) -> HubOrigin:
    """Return the origin of an object; what is missing of it stays empty."""
    errors: list[Unreadable] = []
    nothing: JsonObject = {}
    source = kept_without(errors, nothing, object_or_none, value, where)
    words = []
    for names in (("provider", "slug"), ("type",), ("device_id",)):
        written = next(filter(None, map(source.get, names)), None)
        words.append(kept_without(errors, "", optional_text, written, f"{where}.{names[0]}"))
    for error in errors:
        into.refused.add("", None, error)
    return HubOrigin(*words)


def object_or_none(value: object, where: str) -> JsonObject:
    """Return an object, an empty one for null."""
    return {} if value is None else object_of(value, where)


def junction_offset(record: JsonObject, where: str, errors: list[Unreadable]) -> int | None:
    """Return the offset of the patient's clock in minutes, None where it is not stated."""
    field = f"{where}.timezone_offset".lstrip(".")
    return kept_without(errors, None, _minutes, record.get("timezone_offset"), field)


def _minutes(value: object, where: str) -> int | None:
    """Return seconds east of UTC as minutes, None for null."""
    if value is None:
        return None
    return real_offset(
        round(number_within(value, -_MOST_SECONDS, _MOST_SECONDS, where) / 60), where
    )


def junction_revision(record: JsonObject, where: str, errors: list[Unreadable]) -> int:
    """Return when Junction last changed an object, in epoch ms; 0 where it does not say."""
    if record.get("updated_at") is None:
        return 0
    at = record["updated_at"], f"{where}.updated_at"
    return kept_without(errors, 0, _instant_ms, *at)


def _instant_ms(value: object, where: str) -> int:
    return instant_of(value, where)[0]


def refuse_all(errors: list[Unreadable], into: Collected) -> None:
    """Count what could not be read of an object."""
    for error in errors:
        into.refused.add("", None, error)
