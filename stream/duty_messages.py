"""Tells people of alerts that came to them by no judgement: handed over, or while they cover.

A message says "open the worklist" and nothing else. No alert is changed.
"""

from collections.abc import Collection

from alerts.announcing import Announcing, announcements_of, cover_notices, digest_times
from alerts.lifecycle import hours_of
from model.calendar import DAY_MS
from model.messages.alert_move import DutyRoster
from model.messages.outgoing import ONLY_MAIL
from storage.alerts import duty, outbox
from storage.alerts.moves import last_hand_overs
from storage.alerts.store import WORKLIST, contacts
from storage.pg.pool import Connection
from stream.collaborators import Collaborators


async def tell_handed_over(
    conn: Connection,
    patients: Collection[str],
    now_ms: int,
    *,
    link: str = WORKLIST,
    ways: frozenset[str] = ONLY_MAIL,
) -> None:
    """Write the messages to those to whom alerts of patients (pseudonyms) were handed over.

    The same move makes the same message, so judging again tells nobody twice. `link` and `ways` are
    as for `apply_judgements`.
    """
    handed = await last_hand_overs(conn, patients, now_ms - DAY_MS) if patients else []
    if not handed:
        return
    rosters = await duty.load_rosters(conn, [hand_over.number for hand_over in handed], now_ms)
    for hand_over in handed:
        by = _announcing(rosters[hand_over.number], link, ways, now_ms)
        people = await contacts(conn, hand_over.number)
        messages = announcements_of(hand_over.move, hand_over.number, people, by, hand_over.rule)
        await outbox.put_all(conn, messages, now_ms)


async def tell_covers(parts: Collaborators) -> None:
    """Write the messages to those who act now for absent clinicians, as `cover_absences` does."""
    async with parts.pool.connection() as conn:
        await cover_absences(conn, parts.now(), link=parts.link, ways=parts.ways)


async def cover_absences(
    conn: Connection, now_ms: int, *, link: str = WORKLIST, ways: frozenset[str] = ONLY_MAIL
) -> None:
    """Write the messages to those who act for absent clinicians with whom alerts are, once each."""
    covered = await duty.covered_alerts(conn, now_ms)
    if not covered:
        return
    rosters = await duty.load_rosters(conn, [alerts.patient for alerts in covered], now_ms)
    for alerts in covered:
        roster = rosters[alerts.patient]
        by = _announcing(roster, link, ways, now_ms)
        people = await contacts(conn, alerts.patient)
        await outbox.put_all(conn, cover_notices(alerts, roster, people, by, now_ms), now_ms)


def _announcing(roster: DutyRoster, link: str, ways: frozenset[str], now_ms: int) -> Announcing:
    hours = hours_of(roster)
    digests = digest_times(hours, now_ms)
    return Announcing(ways=ways, link=link, zone=hours.zone, digest_ms=digests)
