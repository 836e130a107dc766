"""What clinicians did about the alerts of a period: a part of the follow-up summary. Pure.

What the rules and the time do to an alert is its state, and no deed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from clinic.actions import ActionName
from clinic.language.vocabulary import MOVES
from clinic.pages import words
from model.words.language import _, ngettext, translated
from storage.reads.shown_values import AlertBrief, MoveRow

MOST_DEEDS = 3  # of an alert, on the one page of the summary
_OF_CLINICIANS = frozenset(get_args(ActionName))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDeed:
    """What a clinician (`who`) did about an alert (id), with the reason that was given."""

    alert: str
    at_ms: int
    kind: str
    who: str
    reason: str


def alert_deeds(
    alerts: Iterable[AlertBrief], moves: Mapping[str, Sequence[MoveRow]]
) -> tuple[AlertDeed, ...]:
    """Return what was done about some alerts, alert by alert, the oldest first.

    `moves` has the moves of each alert by its id.
    """
    deeds: list[AlertDeed] = []
    for alert in alerts:
        key = str(alert.id)
        own = [move for move in moves.get(key, ()) if move.kind in _OF_CLINICIANS]
        deeds += (_deed(key, move) for move in own)
    return tuple(deeds)


def _deed(alert: str, move: MoveRow) -> AlertDeed:
    return AlertDeed(
        alert=alert,
        at_ms=move.at_ms,
        kind=move.kind,
        who=move.actor_name or move.actor,
        reason=move.reason,
    )


def deeds_in_words(deeds: Sequence[AlertDeed], zone: str) -> str:
    """Return what was done about an alert, when and by whom, the latest last."""
    done = [_worded(deed, zone) for deed in deeds[-MOST_DEEDS:]]
    more = len(deeds) - MOST_DEEDS
    if more > 0:
        done.append(ngettext("and %(num)s earlier action", "and %(num)s earlier actions", more))
    return "; ".join(done)


def _worded(deed: AlertDeed, zone: str) -> str:
    did = translated(MOVES[deed.kind])
    if deed.reason:
        did = f"{did}, {words.label(deed.reason).lower()}"
    when = words.day_of(deed.at_ms, zone)
    return _("%(did)s on %(when)s by %(who)s", did=did, when=when, who=deed.who)
