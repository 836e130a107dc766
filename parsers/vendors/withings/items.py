"""One item of a list in an answer of Withings: its times, its zone, its source. Pure.

Times are epoch seconds. An answer or an item may name an IANA zone beside them.
"""

from dataclasses import dataclass

from model.calendar import known_zone, zone_offset_min
from model.facts import DeviceType, Head, Method, RejectKind, Source
from parsers.bounds import readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    first_value,
    head,
    kept_without,
    object_of,
    optional_text,
)
from parsers.vendors.withings.names import ATTRIBUTED, WITHINGS_DEVICES, WITHINGS_MODELS

_VENDOR = "withings"
_MOST_ID = 2**63 - 1
_MOST_SECONDS = 2**33
_LONGEST_ZONE = 64


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item under way: its members, its path in the answer, and what was wrong with it."""

    item: JsonObject
    where: str
    errors: list[Unreadable]

    def field(self, name: str) -> tuple[object, str]:
        """Return a member with its path."""
        return self.item.get(name), f"{self.where}.{name}"

    def inner(self, name: str) -> "ListedItem":
        """Return the object in a member; an empty one where it is none."""
        nothing: JsonObject = {}
        value, where = self.field(name)
        inside = nothing
        # an object without members comes as an empty list
        if value is not None and value != []:
            inside = kept_without(self.errors, nothing, object_of, value, where)
        return ListedItem(inside, where, self.errors)

    def name(self, member: str) -> int:
        """Return the number that names the item; Unreadable without one."""
        return count_within(*self.field(member), _MOST_ID)

    def times(self, longest_ms: int) -> tuple[int, int]:
        """Return [start, end) in epoch ms; Unreadable where that is no time."""
        start, end = epoch_second(*self.field("startdate")), epoch_second(*self.field("enddate"))
        if not 0 < end - start <= longest_ms:
            why = "not after the start, or too long"
            raise Unreadable(f"{self.where}.enddate", why, RejectKind.RANGE)
        return start, end

    def zone(self) -> str:
        """Return its IANA zone, "" where none is named or known."""
        return kept_without(self.errors, "", zone_name, *self.field("timezone"))

    def method(self) -> Method:
        """Return how it came to its user; Unreadable where it may be another's."""
        if self.item.get("attrib") is None:
            return Method.BACKGROUND
        method = ATTRIBUTED.get(count_within(*self.field("attrib"), 1_000))
        # a scale in a household cannot tell two people of one weight apart
        if method is None:
            why = "it may be of another person"
            raise Unreadable(f"{self.where}.attrib", why, RejectKind.UNKNOWN)
        return method

    def source(self, method: Method) -> Source:
        """Return who measured, by the name of the model, else by its number."""
        stated, where = self.field("model")
        # some answers have the name here, others a number
        name = "" if isinstance(stated, int) else stated
        device = kept_without(self.errors, "", optional_text, name, where)
        number = first_value(self.item, "model_id", "modelid", "model")
        return Source(
            vendor=_VENDOR, device=device, device_type=_device_type(device, number), method=method
        )

    def head(
        self,
        source: Source,
        record: str,
        span: tuple[int, int],
        zone: str,
        size: int | None = None,
    ) -> Head:
        """Return the head of its fact; the second of its last change is its revision.

        Of what only grows, its size is.
        """
        revision = 0
        if self.item.get("modified") is not None:
            stated = self.field("modified")
            revision = kept_without(self.errors, 0, count_within, *stated, _MOST_SECONDS)
        return head(
            source, record, revision if size is None else size, span, offset_of_zone(zone, span[0])
        )


def count_within(value: object, where: str, most: int) -> int:
    """Return a whole number from 0 to `most`; Unreadable for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Unreadable(where, "not a whole number that is read")
    return value


def epoch_second(value: object, where: str) -> int:
    """Return epoch seconds as epoch ms; Unreadable for what is no such time."""
    seconds = count_within(value, where, _MOST_SECONDS)
    if not readable(seconds * 1000):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return seconds * 1000


def written_second(written: str, where: str) -> int:
    """Return epoch seconds that are the name of a member, as epoch ms."""
    # `int` alone takes signs, blanks and digits of other scripts
    if not (written.isascii() and written.isdigit() and len(written) <= len("1700000000")):
        raise Unreadable(where, "not a second of the epoch")
    return epoch_second(int(written), where)


def zone_name(value: object, where: str) -> str:
    """Return an IANA zone, "" for null; Unreadable for one that is not known."""
    name = optional_text(value, where, _LONGEST_ZONE)
    try:
        return known_zone(name) if name else ""
    except ValueError as error:
        raise Unreadable(where, "not a zone that is known") from error


def offset_of_zone(zone: str, at_ms: int) -> int | None:
    """Return the offset of a zone at an instant in minutes, None without a zone."""
    return zone_offset_min(at_ms, zone) if zone else None


def is_worn_device(source: Source) -> bool:
    """Return whether somebody wears the device of a source."""
    return source.device_type not in (DeviceType.SCALE, DeviceType.PHONE)


def _device_type(device: str, number: object) -> DeviceType:
    name = device.lower()
    for kind, words in WITHINGS_DEVICES:
        for word in words:
            if word in name:
                return kind
    return WITHINGS_MODELS.get(number if isinstance(number, int) else 0, DeviceType.UNKNOWN)
