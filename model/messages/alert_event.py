"""A change of an alert, with the alert as it was after it. Values only.

It is stored when the change is, so every attempt to send it says the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from model.alert import LIVE_STATES, AlertState


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingState:
    """A finding of an alert; `current` is False for one that the alert no longer rests on."""

    rule: str
    rule_version: int
    key: str
    tier: str
    at_ms: int
    sentence: str
    evidence: Mapping[str, Any]
    current: bool = True
    session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSnapshot:
    """An alert after a change. Instants are epoch ms; `patient` is the pseudonym.

    `withdrawn` are findings as an earlier event gave them, which have changed since, and
    `retraction` says why the alert is withdrawn, by `WithdrawalReason`. `owner` is the subject of
    the clinician who took it, "" for nobody. `prescriptions` are the versions that it is about, as
    ID/VERSION.
    """

    alert: str
    patient: str
    family: str
    rule: str
    rule_version: int
    tier: str
    state: str
    raised_ms: int
    changed_ms: int
    sentence: str
    resolution: str = ""
    retraction: str = ""
    snoozed_until_ms: int | None = None
    findings: tuple[FindingState, ...] = ()
    withdrawn: tuple[FindingState, ...] = field(default=())
    owner: str = ""
    owner_name: str = ""
    prescriptions: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Return whether the alert waits for a person."""
        return AlertState(self.state) in LIVE_STATES


def snapshot_json(snapshot: AlertSnapshot) -> dict[str, Any]:
    """Return an alert as JSON values."""
    return asdict(snapshot)


def read_snapshot(value: Mapping[str, Any]) -> AlertSnapshot:
    """Return an alert from its JSON values; raises `TypeError` for others."""
    lists = {name: _findings(value.get(name, [])) for name in ("findings", "withdrawn")}
    return AlertSnapshot(
        **{**value, **lists, "prescriptions": tuple(value.get("prescriptions", ()))}
    )


def _findings(values: list[dict[str, Any]]) -> tuple[FindingState, ...]:
    return tuple(FindingState(**value) for value in values)
