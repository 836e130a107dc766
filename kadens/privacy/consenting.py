"""Commands about a patient's consent to a source, or to messages on a channel."""

from dataclasses import dataclass
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.accounts import NOW
from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, At, Data, Patient, connector_if_any, instant
from kadens.output.terminal import fail, print_note
from model.calendar import DAY_MS, rfc3339
from model.messages.outgoing import PATIENT_CHANNELS
from storage.audit_actions import AuditAction
from storage.people.consents import CONTACT_CHANNEL, SOURCE_FETCH, give_consent, withdraw_consent
from storage.people.errors import RefusedError
from storage.people.patients import hold_patient_alone
from storage.pg.pool import Connection
from storage.rights.consent_texts import consent_text_at
from storage.rights.stopping import stop_source

# Who withdraws for a later day is still known then; a year mistyped would store data for decades.
_MOST_AHEAD_MS = 366 * DAY_MS


def _channel(text: str) -> str:
    if text and text not in PATIENT_CHANNELS:
        raise typer.BadParameter(f"must be one of {', '.join(PATIENT_CHANNELS)}")
    return text


def _given_text(text: str | None) -> str | None:
    # a script whose variable is empty would record a consent without the text that was shown
    if text is not None and not text.partition("/")[0].strip():
        raise typer.BadParameter("must name a text")
    return text


ConsentSource = Annotated[
    str,
    typer.Option(
        "--source",
        callback=connector_if_any,
        help="The connector, such as files; any other text lists them all.",
    ),
]
ConsentChannel = Annotated[
    str,
    typer.Option(
        "--channel",
        callback=_channel,
        help="Messages to the patient by email, sms or nudge, instead of a source.",
    ),
]
ShownText = Annotated[
    str | None,
    typer.Option(
        "--text",
        callback=_given_text,
        help="The consent text that was shown: NAME, or NAME/VERSION.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a consent is to: `name` is the source or the channel."""

    kind: str
    name: str

    @property
    def words(self) -> str:
        """Return the subject as a line names it."""
        return self.name if self.kind == SOURCE_FETCH else f"messages by {self.name}"


def _subject(source: str, channel: str) -> _Subject:
    if bool(source) is bool(channel):
        fail("give either --source or --channel", code=2)
    if source:
        return _Subject(kind=SOURCE_FETCH, name=source)
    return _Subject(kind=CONTACT_CHANNEL, name=channel)


def record_consent(
    *,
    patient: Patient,
    source: ConsentSource = "",
    channel: ConsentChannel = "",
    text: ShownText = None,
    at: At = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Record that a patient consents to a source, or to messages.

    What is received of a source from that instant on is stored. Of a text without a version, it is
    the version that was shown at that instant.
    """
    at_ms, to = instant(at, NOW), _subject(source, channel)

    async def work(conn: Connection, now_ms: int) -> tuple[str, str]:
        from_ms = now_ms if at_ms == NOW else at_ms
        name, _, version = (text or "").partition("/")
        if name:
            shown = await consent_text_at(conn, name, from_ms, version=version, kind=to.kind)
            version = shown.version
        since_ms = await give_consent(
            conn,
            patient,
            to.name,
            from_ms=from_ms,
            now_ms=now_ms,
            kind=to.kind,
            text_name=name,
            text_version=version,
        )
        words = f"holds from {rfc3339(since_ms)} on"
        if since_ms < from_ms:
            words = f"held already since {rfc3339(since_ms)}; nothing was changed"
        return words, f", to the text {name}/{version}" if name else ""

    holds, shown = audited(settings_of(data), work, AuditAction.CONSENT_GIVE, patient, to.name)
    print_note(f"consent to {to.words} {holds}{shown}")


def record_withdrawal(
    *,
    patient: Patient,
    source: ConsentSource = "",
    channel: ConsentChannel = "",
    at: At = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Record that a patient withdrew such a consent.

    What arrives of a source from that instant on is not stored, and what waits in quarantine is
    deleted. The fetcher tells the vendor, and the account's tokens are destroyed. A channel is
    silent from then on, and nothing else changes.
    """
    at_ms, to = instant(at, NOW), _subject(source, channel)
    settings = settings_of(data)

    async def work(conn: Connection, _began_ms: int) -> tuple[bool, int]:
        await hold_patient_alone(conn, patient)
        now_ms = clock(settings.clock)()  # after the lock: no later body was looked at before
        from_ms = now_ms if at_ms == NOW else at_ms
        if from_ms > now_ms + _MOST_AHEAD_MS:
            raise RefusedError("a withdrawal lies at most a year ahead")
        if to.kind == SOURCE_FETCH:
            is_ended = await stop_source(conn, patient, to.name, from_ms=from_ms, now_ms=now_ms)
        else:
            is_ended = await withdraw_consent(conn, patient, to.name, from_ms=from_ms, kind=to.kind)
        return is_ended, from_ms

    is_ended, from_ms = audited(settings, work, AuditAction.CONSENT_WITHDRAW, patient, to.name)
    if not is_ended:
        fail("there is no consent to withdraw")
    then = "what arrives later is not stored" if source else "no message is sent later"
    print_note(f"consent to {to.words} ends at {rfc3339(from_ms)}: {then}")
