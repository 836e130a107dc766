"""Spreads changes of alerts to the receivers that get them: one message a change and receiver.

A change is written once, where it is made; who receives it is decided here, so the doors need to
know no receiver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from model.messages.alert_event import AlertSnapshot, FindingState, read_snapshot, snapshot_json
from model.messages.outgoing import ALERT_KINDS, ALERTS, OutboxMessage, Receiver
from model.prescribing.implicated import implicated_versions
from storage.alerts import outbox
from storage.alerts.alert_events import former_event, owner_of
from storage.alerts.outbox import Waiting
from storage.people.patients import zone_of
from storage.pg.pool import Connection, Pool
from storage.prescribing.versions import prescriptions_of

_SPREAD = 50  # changes in one transaction


async def spread_changes(pool: Pool, receivers: Sequence[Receiver], link: str, now_ms: int) -> int:
    """Make the messages of the changes that wait, and return how many changes there were.

    `link` is the address of the clinician door, to which an alert's address is added.
    """
    async with pool.connection() as conn:
        changes = await outbox.take_messages(conn, ALERTS, now_ms, _SPREAD)
        for change in changes:
            await _spread(conn, change, receivers, link, now_ms)
        await outbox.sent(conn, [change.id for change in changes], now_ms)
    return len(changes)


async def _spread(
    conn: Connection, change: Waiting, receivers: Sequence[Receiver], link: str, now_ms: int
) -> None:
    chosen = [receiver for receiver in receivers if gets(receiver, str(change.body["unit"]))]
    if not chosen or change.patient is None:
        return
    snapshot = await _completed(conn, read_snapshot(change.body["alert"]))
    former = await former_event(conn, change.patient, snapshot.alert, change.id)
    body = event_body(change.body, corrected(snapshot, former), link)
    messages = [_message(change, receiver, body) for receiver in chosen]
    await outbox.put_all(conn, messages, now_ms)


async def _completed(conn: Connection, snapshot: AlertSnapshot) -> AlertSnapshot:
    """Return an alert with what its event does not hold: who took it, and what it is about."""
    owner = await owner_of(conn, snapshot.alert)
    stored = (await prescriptions_of(conn, [snapshot.patient])).get(snapshot.patient, ())
    zone = await zone_of(conn, snapshot.patient)
    return replace(
        snapshot,
        owner=owner.subject,
        owner_name=owner.name,
        prescriptions=implicated_versions(snapshot.family, snapshot.findings, stored, zone),
    )


def _message(change: Waiting, receiver: Receiver, body: Mapping[str, Any]) -> OutboxMessage:
    return OutboxMessage(
        channel=receiver.name,
        key=f"{change.key}/{receiver.name}",
        recipient=receiver.name,
        body=body,
        patient=change.patient,
    )


def gets(receiver: Receiver, unit: str) -> bool:
    """Return whether a receiver gets the changes of alerts of a care unit."""
    return receiver.kind in ALERT_KINDS and (not receiver.units or unit in receiver.units)


def event_body(change: Mapping[str, Any], snapshot: AlertSnapshot, link: str) -> dict[str, Any]:
    """Return what is sent: what happened, the alert after it, and where a person looks at it."""
    address = f"{link.rstrip('/')}/alerts/{snapshot.alert}"
    return {"type": change["type"], "alert": snapshot_json(snapshot), "url": address}


def corrected(snapshot: AlertSnapshot, former: Mapping[str, Any] | None) -> AlertSnapshot:
    """Return an alert with the findings that its former event gave and that have changed since."""
    if former is None:
        return snapshot
    present = [_content(finding) for finding in snapshot.findings if finding.current]
    given = filter(_is_current, read_snapshot(former["alert"]).findings)
    withdrawn = [finding for finding in given if _content(finding) not in present]
    return replace(snapshot, withdrawn=tuple(withdrawn))


def _is_current(finding: FindingState) -> bool:
    return finding.current


def _content(finding: FindingState) -> tuple[str, str, Mapping[str, Any]]:
    return finding.rule, finding.key, finding.evidence
