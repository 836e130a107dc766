"""What leaves for a person, byte by byte: it says which page to open, and nothing of why."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.announcing import NUDGE_TEXTS, Announcing, announcements_of
from alerts.delivery.mail import Mail, message
from alerts.delivery.receivers import post_of
from alerts.registry import RULES
from model.alert import Action, AlertState, Tier
from model.messages.alert_move import AlertMove
from model.messages.contact import Contact, Digest
from model.messages.outgoing import MAIL, OutboxMessage, Receiver, ReceiverKind
from storage.alerts.outbox import Waiting

_NOW = 1_792_587_600_000
_LINK = "https://clinic.example/"
_BY = Announcing(
    ways=frozenset({MAIL, "sms", "nudge"}),
    link=_LINK,
    zone="Europe/Stockholm",
    digest_ms={Digest.DAILY: _NOW, Digest.WEEKLY: _NOW},
)
# What a message could let out: the alert, who is behind it, how grave it is, and why.
_MARKERS = ("zqalert", "zqactor", "zqreason", "zqpseudonym", "zqsubject", "review", "digest", "day")
_MAIL, _PHONE, _PATIENT = "post@clinic.example", "+46700000000", "zqpseudonym"
_CONTACTS = (
    Contact(email=_MAIL, responsible=True, subject="zqsubject"),
    Contact(email="b@clinic.example", responsible=True, subject="s2", way="sms", phone=_PHONE),
)
_MOVE = AlertMove(
    id=7,
    alert="zqalert",
    patient=_PATIENT,
    at_ms=_NOW,
    actor="zqactor",
    kind=Action.RAISE,
    from_state=None,
    to_state=AlertState.OPEN,
    tier=Tier.A,
    reason="zqreason 9 of 10",
    responsible=("zqsubject", "s2"),
)


def _made() -> Iterator[OutboxMessage]:
    """Yield the messages of every rule, tier and change that people are told of."""
    for rule in RULES:
        for tier in Tier:
            for kind in (Action.RAISE, Action.WORSEN, Action.ESCALATE):
                move = replace(_MOVE, tier=tier, kind=kind, reason=f"zqreason {rule.title}")
                yield from announcements_of(move, 1, _CONTACTS, _BY, rule.id)


def _outgoing(row: OutboxMessage) -> bytes:
    """Return a message as it leaves: headers and body."""
    if row.channel == MAIL:
        made = Mail(
            recipient=row.recipient,
            subject=row.body["subject"],
            text=row.body["text"],
            key=row.key,
            at_ms=_NOW,
        )
        return message(made, "kadens@clinic.example").as_bytes()
    receiver = Receiver(
        name=row.channel, kind=ReceiverKind(row.channel), url="https://gateway.example/v1"
    )
    waiting = Waiting(
        id=1,
        key=row.key,
        recipient=row.recipient,
        body=row.body,
        created_ms=_NOW,
        tried_ms=None,
        attempts=0,
    )
    question = post_of(receiver, waiting, _NOW)
    headers = "\n".join(f"{name}: {value}" for name, value in question.headers.items())
    return headers.encode() + b"\n" + question.body


@pytest.mark.promise(24)
def test_every_way_out_is_walked() -> None:
    assert {row.channel for row in _made()} == {MAIL, "sms", "nudge"}


def test_no_byte_tells_more_than_which_page_to_open() -> None:
    titles = [rule.title.lower() for rule in RULES]
    for row in _made():
        text = _outgoing(row).decode().lower()
        # whoever nudges a patient must know whom, by pseudonym
        allowed = {_PATIENT} if row.channel == "nudge" else set()
        shown = [word for word in (*_MARKERS, *titles) if word in text]
        assert set(shown) <= allowed, row.channel


def test_all_messages_of_a_way_are_the_same_but_for_the_receiver() -> None:
    """So that neither rule, tier nor change can be read from which text was sent."""
    texts = {str(row.body["text"]) for row in _made()}
    assert texts == {f"Open the worklist: {_LINK}\n", str(dict(NUDGE_TEXTS))}


def test_a_text_message_has_a_number_and_the_text_and_nothing_else() -> None:
    bodies = {_outgoing(row).partition(b"{")[2] for row in _made() if row.channel == "sms"}
    assert bodies == {
        b'"text":"Open the worklist: https://clinic.example/\\n","to":"+46700000000"}'
    }
