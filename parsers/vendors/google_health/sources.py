"""Who recorded a point of Google Health: platform, app, device and method. Pure."""

from functools import lru_cache

from model.facts import DeviceType, Method, Source
from parsers.fields import JsonObject
from parsers.phone.collected import word_of
from parsers.vendors.google_health.names import (
    FITBIT_PLATFORMS,
    FORM_FACTORS,
    FORMS_BESIDE,
    GOOGLE_VENDOR,
    METHODS_OF_GOOGLE,
    NO_FORM,
    OF_A_PHONE,
)
from parsers.vendors.open_wearables.names import device_type


def point_source(point: JsonObject, usual: Method, part: str = "", kind: str = "") -> Source:
    """Return the source of a point; `usual` is its method where none is stated.

    A reconciled point has no source: Google joined several. `part` sets apart two series that one
    device has of the same quantity. `kind` is a form factor that the value itself shows.
    """
    # A source that cannot be read must not cost the value, so anything odd counts as not stated.
    stated = point.get("dataSource")
    written = stated if isinstance(stated, dict) else {}
    device, app = written.get("device"), written.get("application")
    device = device if isinstance(device, dict) else {}
    app = app if isinstance(app, dict) else {}
    return _source(
        word_of(written.get("platform")),
        word_of(app.get("packageName")),
        word_of(device.get("displayName")),
        kind or word_of(device.get("formFactor")),
        METHODS_OF_GOOGLE.get(word_of(written.get("recordingMethod")), usual),
        part,
    )


@lru_cache(maxsize=1024)
def _source(
    platform: str, package: str, device: str, form: str, method: Method, part: str
) -> Source:
    names = filter(None, (package or platform.lower(), part))
    # What a person typed in comes from no device, whichever app it was typed into.
    kind = DeviceType.PERSON if method is Method.MANUAL else _device_type(platform, device, form)
    return Source(
        vendor=GOOGLE_VENDOR, app="/".join(names), device=device, device_type=kind, method=method
    )


def _device_type(platform: str, device: str, form: str) -> DeviceType:
    if form in FORM_FACTORS:
        return FORM_FACTORS[form]
    # A ring is worn, but not where a watch is, so its type stays unknown, whatever its name.
    if form in FORMS_BESIDE:
        return DeviceType.UNKNOWN
    if OF_A_PHONE in device.lower():
        return DeviceType.PHONE
    named = device_type(platform.lower(), device)
    # Fitbit has more names of trackers than are listed anywhere.
    is_tracker = platform in FITBIT_PLATFORMS and form in NO_FORM
    return DeviceType.WATCH if is_tracker and named is DeviceType.UNKNOWN else named
