"""The XML of an Apple Health export as iOS writes it, with its known faults. Pure.

Written from the published descriptions of the format and never from our reader.
"""

from datetime import timedelta
from itertools import count

from model.calendar import MINUTE_MS, utc, zone_offset_min

# iOS 16 forgets to close an attribute list, so that the document type is no XML.
DOCUMENT_TYPE = """<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
<!ELEMENT VisionPrescription EMPTY>
<!ATTLIST VisionPrescription
  type CDATA #REQUIRED
  brand CDATA #IMPLIED
<!ELEMENT Attachment EMPTY>
]>
"""
KIND = "HKQuantityTypeIdentifier"
_WATCH = "name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch7,5, software:11.1"
_PHONE = "name:iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone16,2, software:18.1"
_DEVICES = {
    "watch": ("Kim\u2019s Apple\u00a0Watch", _WATCH),
    "phone": ("Kim\u2019s iPhone", _PHONE),
}
_ADDRESS_EACH = 40  # records that give the same address of a device
_CONTROL_EACH = 997  # records of which the name of the source holds a control character


class ExportText:
    """Writes the elements of an export, with times in a zone as the phone has it."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._numbers = count()
        self._offsets: dict[int, tuple[int, str]] = {}

    def time(self, ms: int) -> str:
        """Return an instant as it is written: `2024-03-01 07:14:22 +0100`."""
        shift, written = self._offset(ms)
        return f"{utc(ms + shift * MINUTE_MS):%Y-%m-%d %H:%M:%S} {written}"

    def clock(self, ms: int, style: int) -> str:
        """Return the clock time of a beat in one of three languages, without a date."""
        local = utc(ms) + timedelta(minutes=self._offset(ms)[0])
        parts = f"{local:%M:%S}", f"{local.microsecond // 10_000:02d}"
        if style == 1:
            half = "PM" if local.hour >= 12 else "AM"  # noqa: PLR2004 - a clock
            return f"{local.hour % 12 or 12}:{parts[0]}.{parts[1]}\u202f{half}"
        return f"{local:%H}:{parts[0]}{',' if style else '.'}{parts[1]}"

    def _offset(self, ms: int) -> tuple[int, str]:
        hour = ms // 3_600_000
        if hour not in self._offsets:
            shift = zone_offset_min(ms, self._zone)
            sign = "-" if shift < 0 else "+"
            self._offsets[hour] = shift, f"{sign}{abs(shift) // 60:02d}{abs(shift) % 60:02d}"
        return self._offsets[hour]

    def record(
        self,
        kind: str,
        value: str,
        span: tuple[int, int],
        *,
        unit: str = "",
        device: str = "watch",
        inner: str = "",
    ) -> str:
        """Return a record; `inner` are its children."""
        number = next(self._numbers)
        start = self.time(span[0])
        end = start if span[1] == span[0] else self.time(span[1])
        stated = f' unit="{unit}"' if unit else ""
        closed = f">\n{inner} </Record>\n" if inner else "/>\n"
        return (
            f' <Record type="{kind}"{self._source(device, number)}{stated} creationDate="{end}"'
            f' startDate="{start}" endDate="{end}" value="{value}"{closed}'
        )

    def _source(self, device: str, number: int) -> str:
        name, described = _DEVICES.get(device, (device, ""))
        if number % _CONTROL_EACH == 0:
            name = f"{name[:3]}\x0b{name[3:]}"
        source = f' sourceName="{name}" sourceVersion="11.1"'
        if not described:
            return source
        address = 0x282A45810 + number // _ADDRESS_EACH * 16
        return f'{source} device="&lt;&lt;HKDevice: 0x{address:x}&gt;, {described}&gt;"'

    def workout(self, kind: str, span: tuple[int, int], inner: str) -> str:
        """Return a workout that lasted from start to end without a pause."""
        start, end = self.time(span[0]), self.time(span[1])
        minutes = (span[1] - span[0]) / MINUTE_MS
        return (
            f' <Workout workoutActivityType="HKWorkoutActivityType{kind}" duration="{minutes}"'
            f' durationUnit="min"{self._source("watch", 1)} creationDate="{end}"'
            f' startDate="{start}" endDate="{end}">\n{inner} </Workout>\n'
        )

    def statistics(self, kind: str, span: tuple[int, int], figures: str, *, twice: bool) -> str:
        """Return totals of a workout; `twice` is the fault of an end that is called a start."""
        end = "startDate" if twice else "endDate"
        return (
            f'  <WorkoutStatistics type="{kind}" startDate="{self.time(span[0])}"'
            f' {end}="{self.time(span[1])}" {figures}/>\n'
        )

    def beats(self, beats: list[tuple[int, int]], style: int) -> str:
        """Return the list of (instant, rate) within a record of variability."""
        lines = []
        for at, bpm in beats:
            lines.append(
                f'   <InstantaneousBeatsPerMinute bpm="{bpm}" time="{self.clock(at, style)}"/>\n'
            )
        listed = "HeartRateVariabilityMetadataList"
        return f"  <{listed}>\n{''.join(lines)}  </{listed}>\n"


def metadata(key: str, value: str) -> str:
    """Return an entry of the metadata of a record or a workout."""
    return f'  <MetadataEntry key="{key}" value="{value}"/>\n'
