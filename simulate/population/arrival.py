"""A body as it arrives, and the instants and accounts that all of a person's bodies share. Pure."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from model.calendar import utc
from simulate.population.people import Inhabitant


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A body as it arrives: when (epoch ms), at which connector, of which type, with which bytes.

    `account` is the vendor's user id in the body, "" where the body comes by the patient's link.
    """

    received_ms: int
    connector: str
    content_type: str
    filename: str
    body: bytes
    account: str = ""


def hub_account(person: Inhabitant) -> str:
    """Return a person's user id at the aggregator."""
    return f"{person.pseudonym}-account"


def clock_offset_min(person: Inhabitant, at_ms: int) -> int:
    """Return the offset of a person's clock from UTC at an instant, in minutes."""
    offset = utc(at_ms).astimezone(ZoneInfo(person.zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60
