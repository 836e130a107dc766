"""The steps of linking an account, each with one transaction: nothing is ever half done.

Every step writes its line in the audit log. No page is made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from fetcher.parts import FetchedVendor
from model.keyring import KeyRing
from patient.config import OpenPatientDoor
from patient.linking.backfill import backfill_fetches, wanted_since_ms
from patient.linking.binding import Binding, secret_digest
from patient.linking.exchange import (
    Exchange,
    GrantedAccount,
    RefusedClientError,
    RefusedGrantError,
    VendorAwayError,
)
from runtime.log_lines import get_logger
from storage import audit
from storage.audit_actions import AuditAction
from storage.fetching.announced_fetches import NoticedFetch, put_fetches
from storage.fetching.connections import put_tokens
from storage.people import accounts, consents, invitations, patients
from storage.people.errors import AccountClosedError, TakenError, UnknownNameError
from storage.people.invitations import Invitation
from storage.pg.pool import Connection
from storage.pg.row_security import set_owner_of
from storage.prescribing.versions import prescriptions_of
from storage.rights.consent_texts import ConsentText, keep_text
from storage.rights.stopping import stop_source

_log = get_logger(__name__)
TEXT_VERSION = "2026-11-28"  # of what the page says before a patient agrees; see its test


class LinkOutcome(StrEnum):
    """What a patient's step came to; the words are labels of the metrics and names of texts."""

    INVITED = "invited"  # the page on which the patient agrees or declines
    ONWARD = "onward"  # to the vendor's page
    DECLINED = "declined"
    CONNECTED = "connected"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"  # no such link
    EXPIRED = "expired"
    USED = "used"
    DENIED = "denied"  # at the vendor's page
    STRANGE = "strange"  # a state that is not under way
    BROWSER = "browser"  # not the browser that began
    LATE = "late"
    REFUSED = "refused"  # the vendor does not take its own code
    AWAY = "away"  # the vendor does not answer
    UNSET = "unset"  # the vendor does not take our application
    TAKEN = "taken"  # the account is another patient's
    CLOSED = "closed"  # this installation has no client at the vendor
    FOREIGN = "foreign"  # another site sent the form


_FAILURES: Mapping[type[Exception], LinkOutcome] = {
    VendorAwayError: LinkOutcome.AWAY,
    RefusedClientError: LinkOutcome.UNSET,
    RefusedGrantError: LinkOutcome.REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStep:
    """What became of a step, and the invitation that it belongs to, where there is one."""

    outcome: LinkOutcome
    invitation: Invitation | None = None


async def look_at(door: OpenPatientDoor, link: str) -> LinkStep:
    """Return what stands behind a link; nothing is changed."""
    async with door.pool.connection() as conn:
        await set_owner_of(conn, secret_digest(link))
        invitation = await invitations.invitation_at(conn, secret_digest(link))
    return _standing(door, invitation)


async def begin_linking(
    door: OpenPatientDoor, link: str, language: str, binding: Binding
) -> LinkStep:
    """Note that the patient agrees, and bind the way through the vendor's page to the browser."""
    step = await look_at(door, link)
    if step.outcome is not LinkOutcome.INVITED or step.invitation is None:
        return step
    async with door.pool.connection() as conn:
        await set_owner_of(conn, step.invitation.link)
        agreed = await invitations.agree(
            conn,
            step.invitation,
            text_version=TEXT_VERSION,
            language=language,
            state=secret_digest(binding.state),
            browser=secret_digest(binding.cookie),
            now_ms=door.now(),
        )
        if agreed:
            agreement = replace(step.invitation, text_version=TEXT_VERSION, language=language)
            await _write(conn, agreement, AuditAction.CONSENT_AGREE, door.now())
    # used or over since the look before
    return LinkStep(outcome=LinkOutcome.ONWARD, invitation=step.invitation) if agreed else step


async def take_answer(door: OpenPatientDoor, connector: str, binding: Binding) -> LinkStep:
    """Take the state with which a browser comes back from the vendor's page; it works once."""
    state, browser = secret_digest(binding.state), secret_digest(binding.cookie)
    async with door.pool.connection() as conn:
        await set_owner_of(conn, state)
        invitation = await invitations.invitation_away(conn, state)
        # the address of return names the vendor: the answer of another one is not taken for it
        if invitation is None or invitation.connector != connector:
            return LinkStep(outcome=LinkOutcome.STRANGE)
        if not binding.cookie or invitation.browser != browser:
            return LinkStep(outcome=LinkOutcome.BROWSER, invitation=invitation)
        # taken before the vendor is asked: a page that is reloaded must not send the code again
        if not await invitations.come_back(conn, state, browser):
            return LinkStep(outcome=LinkOutcome.STRANGE)
    # judged after the state was taken: a late way is over, and cannot be tried once more
    if invitation.is_late(door.now()):
        return LinkStep(outcome=LinkOutcome.LATE, invitation=invitation)
    return _standing(door, invitation)


async def connect(
    door: OpenPatientDoor, invitation: Invitation, code: str, binding: Binding, shown: ConsentText
) -> LinkOutcome:
    """Exchange a code, and link the account with all that belongs to it, or do nothing.

    `shown` is what the patient read; it is kept, and the consent names it.
    """
    vendor, now_ms = door.config.vendors[invitation.connector], door.now()
    exchange = Exchange(vendor=vendor, client=door.client, pool=door.pool, now_ms=now_ms)
    try:
        # outside of any transaction: a vendor that takes seconds must not hold locks of a patient
        granted = await exchange.granted(
            code, binding.verifier, door.config.callback(invitation.connector)
        )
    except (VendorAwayError, RefusedClientError, RefusedGrantError) as error:
        # the patient reads that it did not go; why it did not is for whoever runs the installation
        outcome = _FAILURES[type(error)]
        _log.warning("a vendor did not link an account", connector=vendor.name, reason=str(error))
        return outcome
    try:
        async with door.pool.connection() as conn:
            await set_owner_of(conn, invitation.link)
            return await _linked(door, conn, invitation, vendor, granted, shown)
    except TakenError:
        return LinkOutcome.TAKEN
    except (UnknownNameError, AccountClosedError):
        return LinkOutcome.UNKNOWN  # the patient was erased meanwhile, or the account closed


async def _linked(
    door: OpenPatientDoor,
    conn: Connection,
    invitation: Invitation,
    vendor: FetchedVendor,
    granted: GrantedAccount,
    shown: ConsentText,
) -> LinkOutcome:
    patient, connector, now_ms = invitation.patient, invitation.connector, door.now()
    # the order of locks in `storage`: the patient, what waits in quarantine, fetches, connections
    await patients.hold_patients(conn, [patient])
    # the update decides between two browsers that came back with the same link
    if not await invitations.use_invitation(conn, invitation, now_ms):
        return LinkOutcome.USED
    await accounts.link_account(conn, patient, connector, granted.account, now_ms)
    await _agreed(conn, invitation, shown, now_ms)
    await queue_backfill(conn, door.wrapping_key, vendor, patient, granted.account, now_ms)
    await put_tokens(
        conn,
        door.wrapping_key,
        connector=connector,
        account=granted.account,
        patient=patient,
        tokens=granted.tokens,
        now_ms=now_ms,
        # the exchange has registered it already, so that no fetcher does so again
        is_registered=True,
    )
    for action in (AuditAction.CONSENT_GIVE, AuditAction.ACCOUNT_CONNECT):
        await _write(conn, invitation, action, now_ms)
    return LinkOutcome.CONNECTED


async def _agreed(
    conn: Connection, invitation: Invitation, shown: ConsentText, now_ms: int
) -> None:
    """Keep the consent that the patient gave with the link, and the text that they read."""
    # who agreed before this page was changed has read another text, whose words are not here
    is_shown = shown.version == invitation.text_version
    if is_shown:
        await keep_text(conn, shown)
    await consents.give_consent(
        conn,
        invitation.patient,
        invitation.connector,
        from_ms=now_ms,
        now_ms=now_ms,
        text_version=invitation.text_version,
        text_name=shown.name if is_shown else "",
    )


async def queue_backfill(
    conn: Connection,
    wrapping_key: KeyRing,
    vendor: FetchedVendor,
    patient: str,
    account: str,
    now_ms: int,
) -> None:
    """Write what is to be fetched of the time before, as far back as the prescription needs."""
    versions = await prescriptions_of(conn, [patient])
    since_ms = wanted_since_ms(versions.get(patient, ()), now_ms)
    rows = [
        NoticedFetch(
            connector=vendor.name, fetch=fetch, patient=patient, noticed_ms=now_ms, is_past=True
        )
        for fetch in backfill_fetches(vendor.api.backfill, account, since_ms, now_ms)
    ]
    await put_fetches(conn, wrapping_key, rows)


async def withdraw(door: OpenPatientDoor, link: str) -> LinkStep:
    """End the consent that a used link gave, and the connection with it."""
    async with door.pool.connection() as conn:
        await set_owner_of(conn, secret_digest(link))
        invitation = await invitations.invitation_at(conn, secret_digest(link))
        # an unused link gave no consent, so whoever finds it can end nothing with it
        if invitation is None or invitation.used_ms is None:
            return _standing(door, invitation)
        patient, connector = invitation.patient, invitation.connector
        await patients.hold_patient_alone(conn, patient)
        now_ms = door.now()  # after the lock: no body that came later was looked at before
        await stop_source(conn, patient, connector, from_ms=now_ms, now_ms=now_ms)
        await _write(conn, invitation, AuditAction.CONSENT_WITHDRAW, now_ms)
    return LinkStep(outcome=LinkOutcome.WITHDRAWN, invitation=invitation)


def _standing(door: OpenPatientDoor, invitation: Invitation | None) -> LinkStep:
    if invitation is None:
        return LinkStep(outcome=LinkOutcome.UNKNOWN)
    vendor = door.config.vendors.get(invitation.connector)
    outcomes = (
        (invitation.used_ms is not None, LinkOutcome.USED),
        (invitation.has_expired(door.now()), LinkOutcome.EXPIRED),
        (vendor is None or vendor.client is None, LinkOutcome.CLOSED),
    )
    fitting = (outcome for holds, outcome in outcomes if holds)
    return LinkStep(outcome=next(fitting, LinkOutcome.INVITED), invitation=invitation)


async def _write(
    conn: Connection, invitation: Invitation, action: AuditAction, now_ms: int
) -> None:
    entry = audit.AuditEntry(
        at_ms=now_ms,
        actor=audit.PATIENT_ACTOR,
        action=action,
        patient=invitation.patient,
        object=invitation.connector,
        detail={"text": invitation.text_version, "language": invitation.language},
    )
    await audit.write_entry(conn, entry)
