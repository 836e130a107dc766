"""Who measured, and at which offset from UTC, as every kind of event states it. Pure."""

from model.facts import Method, Source
from parsers.fields import JsonObject, Unreadable, kept_without, object_of, optional_text
from parsers.vendors.open_wearables.names import device_type

_VENDOR = "open_wearables"


def device_source(value: object, where: str, method: Method, errors: list[Unreadable]) -> Source:
    """Return what measured; a name that cannot be read stays empty."""
    nothing: JsonObject = {}
    source = kept_without(errors, nothing, _source_object, value, where)
    names = []
    for name in ("provider", "device"):
        field = f"{where}.{name}"
        names.append(kept_without(errors, "", optional_text, source.get(name), field))
    provider, device = names
    kind = device_type(provider, device)
    return Source(vendor=_VENDOR, app=provider, device=device, device_type=kind, method=method)


def _source_object(value: object, where: str) -> JsonObject:
    """Return a source as an object; some senders give only its provider as a text, or nothing."""
    if value is None:
        return {}
    return {"provider": value} if isinstance(value, str) else object_of(value, where)


def clock_offset(zone: int | None, written: int | None) -> int | None:
    """Return the offset of the source's clock in minutes.

    Without `zone_offset`, a time written in UTC does not show the offset: the result is None.
    """
    return written or None if zone is None else zone
