"""Messages that must leave this system, and who receives them. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from model.calendar import DAY_MS

MAIL = "email"  # the channel that needs no receiver but a mail server
ONLY_MAIL = frozenset({MAIL})  # the ways of a system without other receivers
MUTED = "no consent to the channel"  # why a message to a patient is not sent
ALERTS = "alerts"  # the channel of alerts' changes, which are spread to those who get them


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A message before it is stored.

    `channel` is the name of the way on which it leaves, and `key` names it there: the same key is
    stored once, and goes out with each attempt. `patient` is the database's number of the patient
    whom it is about, None for none: messages about one patient reach a recipient in the order in
    which they were stored. It is sent at `not_before_ms` (epoch ms) at the earliest. With
    `to_patient` the patient is whom it is for: it is sent only while the patient consents to the
    channel.
    """

    channel: str
    key: str
    recipient: str
    body: Mapping[str, Any]
    patient: int | None = None
    not_before_ms: int = 0
    to_patient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """What came of an attempt to send a message.

    `why` is "" for a message that was taken, and names the kind of failure otherwise: it contains
    no address and no value. `wait_ms` is how long the receiver wants to be left alone. `refused`
    says that the receiver looked at the message and does not want it; otherwise it is the receiver
    that fails, and other messages would fail as well.
    """

    why: str = ""
    wait_ms: int = 0
    refused: bool = False


class ReceiverKind(StrEnum):
    """What a receiver outside takes: texts to phones, nudges to patients, or changes of alerts."""

    SMS = "sms"
    NUDGE = "nudge"
    WEBHOOK = "webhook"
    FHIR = "fhir"


# The ways to a patient, each of which is consented to by itself. A nudge is a push of the app.
PATIENT_CHANNELS = (MAIL, ReceiverKind.SMS.value, ReceiverKind.NUDGE.value)
# Each of them gets every change of an alert.
ALERT_KINDS = frozenset({ReceiverKind.WEBHOOK, ReceiverKind.FHIR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A receiver outside: where it is, and how it knows that a message is ours.

    `name` is the name of its channel. `keys` sign, by Standard Webhooks; while they are rotated
    there are two. `token` is sent as a bearer token. `form` is what a webhook for alerts gets, a
    FHIR bundle (`fhir`) or a pseudonymous document (`json`). With `units` it gets what belongs to
    those care units only. `is_internal` says that its address is private. A message is given up
    `give_up_ms` after its first attempt.
    """

    name: str
    kind: ReceiverKind
    url: str = field(repr=False)
    keys: tuple[str, ...] = field(default=(), repr=False)
    token: str = field(default="", repr=False)
    form: str = "json"
    units: tuple[str, ...] = ()
    is_internal: bool = False
    give_up_ms: int = 3 * DAY_MS
