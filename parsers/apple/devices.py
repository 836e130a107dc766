"""Who recorded, by the two texts in which an Apple Health export says it. Pure.

`sourceName` is the name that a person gave to a phone or watch, or an app; `device` is a text of
`name:value` pairs. The names of Apple's own devices often hold that of a person, so they are
replaced by the kind of device.
"""

import re
from functools import lru_cache

from model.facts import DeviceType, Method, Source
from model.storable import LONGEST_WORD
from parsers.vendors.open_wearables.names import PROVIDERS, device_type

_VENDOR = "apple_health"
_FIELD = re.compile(
    r"(?:^|, )(name|manufacturer|model|hardware):(.*?)(?=, [A-Za-z][A-Za-z ]*:|>*$)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# The first that a name holds says which of Apple's devices it is.
_APPLE: tuple[tuple[str, str, DeviceType], ...] = (
    ("watch", "Apple Watch", DeviceType.WATCH),
    ("iphone", "iPhone", DeviceType.PHONE),
    ("ipad", "iPad", DeviceType.PHONE),
    ("ipod", "iPod", DeviceType.PHONE),
)
# Apps whose data a watch measures, by the name that they have in the export.
_APPS: dict[str, DeviceType] = PROVIDERS | {"connect": DeviceType.WATCH}


@lru_cache(maxsize=1_024)
def source_of(source_name: str, device: str, by_hand: bool) -> Source:  # noqa: FBT001
    """Return the source of a record: its app and device, the type of device and the method."""
    named = dict(_FIELD.findall(device))
    words = " ".join(
        filter(None, (named.get("name"), named.get("manufacturer"), named.get("model")))
    )
    hardware = named.get("hardware", "")
    kind, shown = _kind(source_name, hardware, words)
    # The name of a phone or watch holds that of a person; that of an app says which app.
    is_apple = not source_name or _apple_kind(source_name) is not None
    return Source(
        vendor=_VENDOR,
        app="" if is_apple else _name(source_name),
        device=_name(hardware or shown or named.get("model") or named.get("name") or ""),
        device_type=kind,
        method=Method.MANUAL if by_hand else _method(kind),
    )


def _kind(source_name: str, hardware: str, words: str) -> tuple[DeviceType, str]:
    """Return the type of the device, and its name where it is one of Apple's."""
    apple = _apple_kind(hardware) or _apple_kind(words or source_name)
    if apple:
        return apple
    # A strap is told by its own name, although the watch hands its readings on.
    kind = device_type("", words) if words else DeviceType.UNKNOWN
    if kind is DeviceType.UNKNOWN:
        app = source_name.partition(" ")[0].lower()
        kind = _APPS.get(app, device_type("", source_name))
    return kind, ""


def _apple_kind(text: str) -> tuple[DeviceType, str] | None:
    lowered = text.lower()
    for word, shown, kind in _APPLE:
        if word in lowered:
            return kind, shown
    return None


def _method(kind: DeviceType) -> Method:
    """Return how a device records when no workout was started; apps may do anything."""
    is_device = kind in (DeviceType.WATCH, DeviceType.PHONE, DeviceType.STRAP)
    return Method.BACKGROUND if is_device else Method.UNKNOWN


def _name(text: str) -> str:
    """Return a name as a fact may hold it."""
    return _CONTROL.sub(" ", text).strip()[:LONGEST_WORD]
