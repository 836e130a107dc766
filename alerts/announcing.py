"""Who is told of a move of an alert, how and when: messages and the times of digests. Pure.

Nothing is sent here. Tier A goes out at once. Tier B waits for the end of a person's quiet hours.
Tier C waits for the person's digest: one message a digest, however many alerts it is about. No
message has a health value or a name: it says that the worklist or the app is to be opened, and
where.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from alerts.lifecycle.duty import acting_for, recipients
from alerts.registry import RULE
from alerts.wording import mail
from alerts.working_hours import WorkingHours
from model.alert import Action, Tier
from model.calendar import local_date, local_instant, midnight, monday
from model.messages.alert_move import AlertMove, CoveredAlerts, DutyRoster
from model.messages.contact import Contact, Digest, QuietHours
from model.messages.outgoing import MAIL, OutboxMessage, ReceiverKind
from model.privacy.requests import OpenDue

# What people are told of; of everything else the worklist shows it, and EHRs get it.
# Of what is restored only what is news is announced: `alerts.lifecycle.is_news`.
ANNOUNCED = frozenset(
    {
        Action.RAISE,
        Action.WORSEN,
        Action.ESCALATE,
        Action.RESTORE,
        Action.PROMOTE,
        # the colleague who gets an alert knows of it from nobody else
        Action.HAND_OVER,
    }
)
_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """What a message depends on beside the move: the ways that exist, the link and the times.

    `zone` is the care unit's time zone. `digest_ms` says when the next digest of each kind goes out
    (epoch ms).
    """

    ways: frozenset[str]
    link: str
    zone: str
    digest_ms: Mapping[Digest, int] = field(default_factory=dict)


def digest_times(hours: WorkingHours, at_ms: int) -> dict[Digest, int]:
    """Return when the next digests go out (epoch ms): at an opening, after the day or the week.

    Neither goes out on a day on which nobody works.
    """
    day = local_date(at_ms, hours.zone)
    starts: dict[Digest, date] = {
        Digest.DAILY: day + timedelta(days=1),
        Digest.WEEKLY: monday(day) + timedelta(days=_DAYS),
    }
    times: dict[Digest, int] = {}
    for kind, start in starts.items():
        times[kind] = hours.add_working_ms(midnight(start, hours.zone), 0)
    return times


def announcements_of(
    move: AlertMove, patient: int, contacts: Sequence[Contact], by: Announcing, rule: str
) -> tuple[OutboxMessage, ...]:
    """Return the messages of a move about a patient (by the database's number).

    `contacts` are the clinicians who could be told; `rule` is the rule that the alert rests on. The
    same move makes the same messages, and each has the same key.
    """
    if move.kind not in ANNOUNCED:
        return ()
    reachable = [_at_address(contact, by.ways) for contact in contacts]
    by_address = {contact.email: contact for contact in reachable}
    made: list[OutboxMessage] = []
    for address in recipients(reachable, move.responsible):
        made.extend(_to_person(move, patient, by_address[address], by))
    return (*made, *_nudge(move, patient, rule, by))


def quiet_until(quiet: QuietHours | None, zone: str, at_ms: int) -> int:
    """Return when quiet hours end that an instant lies in (epoch ms), else the instant itself.

    Hours that begin later than they end go over midnight.
    """
    if quiet is None:
        return at_ms
    today = local_date(at_ms, zone)
    for day in (today - timedelta(days=1), today):
        start_ms = local_instant(day, _clock(quiet.from_min), zone)
        last = day if quiet.from_min < quiet.until_min else day + timedelta(days=1)
        end_ms = local_instant(last, _clock(quiet.until_min), zone)
        if start_ms <= at_ms < end_ms:
            return end_ms
    return at_ms


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _at_address(contact: Contact, ways: frozenset[str]) -> Contact:
    """Return a contact whose address is that of the way on which it is reached, "" for none.

    A phone without a gateway is no way: then it is the mail address.
    """
    if contact.way == ReceiverKind.SMS and contact.phone and ReceiverKind.SMS in ways:
        return replace(contact, email=contact.phone)
    # Who wants no message is asked for by nobody, and those of the unit who do are.
    way = "" if contact.way == "none" else MAIL
    return replace(contact, way=way, email=contact.email if way else "")


def _to_person(
    move: AlertMove, patient: int, contact: Contact, by: Announcing
) -> Sequence[OutboxMessage]:
    if move.tier is Tier.C:
        return _digest(contact, by)
    first_ms = _first_ms(contact, move.tier, by, move.at_ms)
    # the key holds move and address: a transition is announced once, however often it is judged
    return [_to_open(contact, f"{move.alert}/{move.id}/{contact.email}", by, first_ms, patient)]


def _first_ms(contact: Contact, tier: Tier, by: Announcing, at_ms: int) -> int:
    """Return when a person is told at the earliest (epoch ms): of tier A in quiet hours, too."""
    return at_ms if tier is Tier.A else quiet_until(contact.quiet, by.zone, at_ms)


def _to_open(
    contact: Contact, key: str, by: Announcing, first_ms: int, patient: int | None = None
) -> OutboxMessage:
    """Return the message that asks a person to open the worklist, and says nothing else."""
    text = mail(by.link)
    return OutboxMessage(
        channel=contact.way,
        key=key,
        recipient=contact.email,
        body={"subject": text.subject, "text": text.text},
        patient=patient,
        not_before_ms=first_ms,
    )


def _digest(contact: Contact, by: Announcing) -> Sequence[OutboxMessage]:
    """Return the message of a person's next digest, which is the same for all of its alerts."""
    at_ms = by.digest_ms.get(contact.digest)
    if at_ms is None:
        return []
    key = f"digest/{local_date(at_ms, by.zone)}/{contact.email}"
    return [_to_open(contact, key, by, _first_ms(contact, Tier.C, by, at_ms))]


def cover_notices(
    covered: CoveredAlerts,
    roster: DutyRoster,
    contacts: Sequence[Contact],
    by: Announcing,
    now_ms: int,
) -> list[OutboxMessage]:
    """Return what tells who acts for an absent clinician that alerts wait, once an absence."""
    reachable = [_at_address(contact, by.ways) for contact in contacts]
    by_address = {contact.email: contact for contact in reachable}
    made: list[OutboxMessage] = []
    for address in recipients(reachable, acting_for(roster, [covered.subject], now_ms)):
        first_ms = _first_ms(by_address[address], covered.tier, by, now_ms)
        key = f"cover/{covered.subject}/{covered.from_ms}/{address}"
        made.append(_to_open(by_address[address], key, by, first_ms))
    return made


def _nudge(move: AlertMove, patient: int, rule: str, by: Announcing) -> Sequence[OutboxMessage]:
    """Return the nudge for the patient, where the rule has one and somebody delivers it."""
    nudges = rule in RULE and RULE[rule].nudges
    if move.kind is not Action.RAISE or not nudges or ReceiverKind.NUDGE not in by.ways:
        return []
    return [
        nudge_message(patient, move.patient, f"{move.alert}/{move.id}/{move.patient}"),
    ]


def closing_nudge(patient: int, pseudonym: str, last: date) -> OutboxMessage:
    """Return the nudge that warns a patient whose account is open until `last`: it says no more."""
    # a warning of another day is another message; the same one goes out once
    return nudge_message(patient, pseudonym, f"closing/{patient}/{last}")


def nudge_message(patient: int, pseudonym: str, key: str) -> OutboxMessage:
    """Return a nudge to a patient (by the database's number and by pseudonym), once for each key.

    It says that the app should be opened, and nothing of why.
    """
    return OutboxMessage(
        channel=ReceiverKind.NUDGE.value,
        key=key,
        recipient=pseudonym,
        body=nudge_body(pseudonym),
        patient=patient,
        to_patient=True,
    )


def request_notices(
    request: OpenDue, near: str, contacts: Sequence[Contact], by: Announcing, now_ms: int
) -> list[OutboxMessage]:
    """Return what tells a unit's people that a patient's request is nearly late (`near`) or late.

    It says that the worklist is to be opened, and nothing else. Each goes out once.
    """
    made: list[OutboxMessage] = []
    at_hand = [_at_address(contact, by.ways) for contact in contacts]
    reachable = {contact.email: contact for contact in at_hand}
    for address in sorted(reachable.keys() - {""}):
        contact = reachable[address]
        # a longer time is another last date, of which people are told anew
        key = f"request/{request.number}/{request.due}/{near}/{address}"
        first_ms = quiet_until(contact.quiet, by.zone, now_ms)
        made.append(_to_open(contact, key, by, first_ms, request.patient))
    return made


def nudge_body(patient: str) -> dict[str, Any]:
    """Return a nudge: for whom, and the text in each language. It says nothing about why."""
    return {"type": "patient.nudge", "patient": patient, "text": dict(NUDGE_TEXTS)}


NUDGE_TEXTS: Mapping[str, str] = {
    "en": "There is something for you in the app. Open the app.",
    "sv": "Det finns något till dig i appen. Öppna appen.",
}
