"""What IHE's Basic Audit Log Patterns (BALP) demand of a request at a door. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass

from fhir_r4.elements import TERMINOLOGY

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_PARTS = f"{TERMINOLOGY}/v3-ParticipationType"


def coded(system: str, code: str, display: str = "") -> dict[str, str]:
    """Return a coding."""
    made = {"system": system, "code": code}
    return {**made, "display": display} if display else made


_FROM = coded(DICOM, "110153", "Source Role ID")
_TO = coded(DICOM, "110152", "Destination Role ID")
_AUTHOR = coded(_PARTS, "AUT", "author (originator)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeKind:
    """A pattern: the end of its profile's name, FHIR's interaction, and the types of its agents.

    `is_alone` says that it allows no other subtype.
    """

    profile: str
    code: str
    client: Mapping[str, str]
    server: Mapping[str, str]
    user: Mapping[str, str]
    is_alone: bool = False


# By the action of the event. What is read flows to the client, what is written to the server.
EXCHANGES: Mapping[str, ExchangeKind] = {
    "R": ExchangeKind(
        profile="Read",
        code="read",
        client=_TO,
        server=_FROM,
        user=coded(_PARTS, "IRCP", "information recipient"),
    ),
    "C": ExchangeKind(profile="Create", code="create", client=_FROM, server=_TO, user=_AUTHOR),
    "U": ExchangeKind(profile="Update", code="update", client=_FROM, server=_TO, user=_AUTHOR),
    "D": ExchangeKind(
        profile="Delete",
        code="delete",
        client=coded(DICOM, "110150", "Application"),
        server=coded(f"{TERMINOLOGY}/provenance-participant-type", "custodian", "Custodian"),
        user=_AUTHOR,
        is_alone=True,
    ),
}
