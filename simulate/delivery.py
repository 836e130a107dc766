"""One body on its way to the vendor door, before it is signed. Pure; it never posts anything."""

from collections.abc import Callable
from dataclasses import dataclass

OPEN_WEARABLES, FILES, REPORTS = "open_wearables", "files", "reports"
CONNECTORS = (OPEN_WEARABLES, FILES, REPORTS)
FIT_TYPE, JSON_TYPE = "application/vnd.ant.fit", "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One body on its way: to which connector, of which patient, due when (epoch ms).

    `key` names it within the cohort. `make` builds the body, the same bytes each time; `weight` is about how many
    bytes its facts will be, for whoever must not send too much at once.
    """

    key: str
    connector: str
    patient: str
    due_ms: int
    content_type: str
    weight: int
    make: Callable[[], bytes]
