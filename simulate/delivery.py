"""The type of a body on its way to the vendor door, before it is signed. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

TO_OPEN_WEARABLES, TO_FILES, TO_REPORTS = "open_wearables", "files", "reports"
DELIVERY_CONNECTORS = (TO_OPEN_WEARABLES, TO_FILES, TO_REPORTS)
FIT_TYPE, JSON_TYPE = "application/vnd.ant.fit", "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A body on its way: its connector, its patient, and when it is due (epoch ms).

    `key` identifies it within the cohort. `make` builds the body, the same bytes each time.
    `weight` is roughly the bytes of its facts, for a sender that must not send too much at once.
    """

    key: str
    connector: str
    patient: str
    due_ms: int
    content_type: str
    weight: int
    make: Callable[[], bytes]
