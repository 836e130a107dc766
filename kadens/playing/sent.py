"""How far a cohort has been sent to a system, kept beside the cohort.

A body that is sent again changes nothing, so the file may lag behind and must never run ahead.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kadens.secrets.writing import replace_file
from model.codec import dumps, loads

SENT_FILE = "played.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSoFar:
    """How many bodies a door has acknowledged, and how many changes of consent are written."""

    door: str
    bodies: int = 0
    consents: int = 0


def read_sent(folder: Path, door: str) -> SentSoFar:
    """Return how far a cohort was sent to a door; the beginning where nothing usable tells."""
    try:
        values: dict[str, Any] = loads((folder / SENT_FILE).read_bytes())
        sent = SentSoFar(
            door=str(values["door"]),
            bodies=max(0, int(values["bodies"])),
            consents=max(0, int(values["consents"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return SentSoFar(door=door)
    return sent if sent.door == door else SentSoFar(door=door)


def write_sent(folder: Path, sent: SentSoFar) -> None:
    """Write how far a cohort was sent; a crash leaves the old file or the new."""
    values = {"door": sent.door, "bodies": sent.bodies, "consents": sent.consents}
    replace_file(folder / SENT_FILE, dumps(values).decode())
