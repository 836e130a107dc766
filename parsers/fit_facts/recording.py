"""What the facts of one recording share: its record, its revision, its device and its offset. Pure.

No serial number gets into a fact: what names a device or a recording is a hash.
"""

import hashlib
from dataclasses import dataclass

from model.facts import DeviceType, Head, Method, OffsetOrigin, Source
from parsers.fit import Activity
from parsers.fit_types import MAKERS

_VENDOR = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRecording:
    """One activity of a file, which may be a chain of several."""

    activity: Activity
    revision: int
    record: str

    def head(self, source: Source, record: str, span: tuple[int, int]) -> Head:
        """Return the head of a fact of this recording from one moment to another, in epoch ms."""
        offset = self.activity.offset_min
        return Head(
            source=source,
            record=record,
            revision=self.revision,
            start_ms=span[0],
            end_ms=span[1],
            offset_min=offset,
            offset_origin=OffsetOrigin.UNKNOWN if offset is None else OffsetOrigin.SOURCE,
        )

    def source(self, method: Method, *, strap: bool = False) -> Source:
        """Return the recording's device as a source; `strap` where the strap beside it measured."""
        device = self.activity.device
        kind = MAKERS.get(device.manufacturer, DeviceType.UNKNOWN)
        if strap:
            kind = DeviceType.STRAP
        return Source(
            vendor=_VENDOR,
            app=device.manufacturer,
            device=device.product,
            device_type=kind,
            method=method,
        )


def device_hash(activity: Activity) -> str:
    """Return what names a device, so that no serial number gets into a fact."""
    device = activity.device
    words = (device.manufacturer, device.product, device.serial)
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:24]


def fit_record_name(activity: Activity) -> str:
    """Return what names a recording: its device and its begin.

    A hash, so that no serial number gets into a fact. What the file states as its time of writing
    is left out: some devices write a constant.
    """
    device = activity.device
    begun = str(activity.begun_ms or 0)
    words = (device.manufacturer, device.product, device.serial, activity.file_type, begun)
    return f"fit:{hashlib.sha256('/'.join(words).encode()).hexdigest()[:24]}"
