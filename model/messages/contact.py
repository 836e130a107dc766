"""How a clinician is reached, and when."""

from dataclasses import dataclass
from enum import StrEnum


class Digest(StrEnum):
    """When a clinician gets the message about what is only for a digest."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From when to when nobody wants a message: minutes of the local day, the end not included."""

    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A clinician who may receive mail about a patient.

    `email` is "" when the clinician has no address. `responsible` is True for the clinician who is
    responsible for the patient. `way` is how they want to be reached: `email`, `sms` (at `phone`)
    or `none`. In `quiet` hours only tier A reaches them.
    """

    email: str
    responsible: bool
    subject: str = ""
    way: str = "email"
    phone: str = ""
    quiet: QuietHours | None = None
    digest: Digest = Digest.WEEKLY
