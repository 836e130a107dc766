"""Cuts bodies of several accounts into slices; writes down the fetches and notices of others.

A body of several accounts is divided: each slice goes back on the log as a body of its own. What a
vendor holds ready becomes a fetch, and what it announces becomes a notice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from model.envelope import Envelope
from model.facts import Parsed
from model.received import Fetch, Notice
from model.topics import RAW
from storage.fetching.announced_fetches import NoticedFetch, PatientNotice, put_fetches, put_notices
from storage.people import patients
from storage.people.unconsented import count_unconsented
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.dead.letters import RefusedMessage
from stream.dead.resend import Resent, resend, sealing_keys
from stream.intake.outcomes import Outcome, count_outcome
from stream.intake.owners import Owned, allowed_positions, owners_of, patients_in
from stream.reading import Read, slice_of


async def divide_bodies(
    conn: Connection, reads: Sequence[Read], parts: Collaborators
) -> list[RefusedMessage]:
    """Send each account's slice on as a body of its own; return letters about the rest.

    The rest is what has rejects but no account. Slices of patients who withdrew their consent are
    not sent, so that nothing of theirs is written again.
    """
    slices: list[Read] = []
    for read in reads:
        slices += map(partial(slice_of, read), read.slices)
    owned = await owners_of(conn, slices)
    allowed = await allowed_positions(conn, owned)
    again = []
    keys = await sealing_keys(conn, parts.wrapping_key, patients_in(owned))
    for position, entry in enumerate(owned):
        if entry.patient is None or position in allowed:
            # once read, a slice whose account is linked to no patient goes into quarantine
            again.append(_sent_as_body(entry, keys.get(entry.patient, b"")))
        else:
            count_outcome(entry.read, Outcome(word="no_consent"), parts)
    await resend(parts.producer, parts.bodies, again)
    for read in reads:
        count_outcome(read, Outcome(word="divided"), parts)
    return _letters_on_rejects(reads)


async def record_requests(
    conn: Connection, reads: Sequence[Read], parts: Collaborators
) -> list[RefusedMessage]:
    """Write the fetches and notices of bodies, as far as a consent covers them.

    A fetch of an account that is linked to no patient yet waits for a day. A notice of such an
    account is dropped.
    """
    asking = await _asking(conn, reads)
    allowed = await allowed_positions(conn, [owned for owned, _ in asking])
    fetches, notices = [], []
    dropped: dict[object, tuple[str, str, int]] = {}
    for position, (owned, item) in enumerate(asking):
        patient, envelope = owned.patient, owned.read.envelope
        if patient is not None and position not in allowed:
            # a body counts once for a patient, however much it announces
            body = (owned.read.message.location, patient)
            dropped[body] = (patient, envelope.connector, envelope.received_ms)
            continue
        if isinstance(item, Fetch):
            fetches.append(_noticed_fetch(envelope, item, patient))
        elif patient is not None:
            notices.append(_patient_notice(envelope, item, patient))
    # fetches of unlinked accounts have little room, because anybody may announce them
    beyond = await put_fetches(conn, parts.wrapping_key, fetches)
    parts.metrics.bodies.labels("", "no_room").inc(beyond)
    await put_notices(conn, notices)
    await count_unconsented(conn, dropped.values())
    return _noted(reads, parts)


def _noticed_fetch(envelope: Envelope, fetch: Fetch, patient: str | None) -> NoticedFetch:
    return NoticedFetch(
        connector=envelope.connector,
        fetch=fetch,
        patient=patient,
        noticed_ms=envelope.received_ms,
        answer_to=envelope.requested,
    )


def _patient_notice(envelope: Envelope, notice: Notice, patient: str) -> PatientNotice:
    return PatientNotice(
        connector=envelope.connector,
        notice=notice,
        patient=patient,
        received_ms=envelope.received_ms,
    )


async def _asking(conn: Connection, reads: Sequence[Read]) -> list[tuple[Owned, Fetch | Notice]]:
    """Return every fetch and notice that names an account, with its body and its patient."""
    items: list[tuple[Read, Fetch | Notice]] = []
    for read in reads:
        named: tuple[Fetch | Notice, ...] = (*read.fetches, *read.notices)
        for item in named:
            if item.account:
                # `owners_of` looks up the account in `parsed`, so the item's account goes there
                account = Parsed(account=item.account, facts=())
                items.append((replace(read, parsed=account), item))
    owned = await owners_of(conn, [read for read, _ in items])
    # held as in `stream.normalise`: no patient can be erased before the consents are looked up
    await patients.hold_patients(conn, patients_in(owned))
    return [(entry, item) for entry, (_, item) in zip(owned, items, strict=True)]


def _noted(reads: Sequence[Read], parts: Collaborators) -> list[RefusedMessage]:
    """Count bodies that hold only fetches or notices; return letters about their rejects."""
    alone = [read for read in reads if read.parsed is None and not read.slices]
    for read in alone:
        count_outcome(read, Outcome(word="noted"), parts)
    return _letters_on_rejects(alone)


def _letters_on_rejects(reads: Iterable[Read]) -> list[RefusedMessage]:
    """Return a letter for each body with rejects. It has no body: what was read of it is kept."""
    rejected = [read for read in reads if read.rejects]
    return [RefusedMessage(message=read.message, rejects=read.rejects) for read in rejected]


def _sent_as_body(owned: Owned, public: bytes) -> Resent:
    read = owned.read
    return Resent(
        topic=RAW.name,
        key=read.envelope.sha256.encode(),
        headers=read.message.headers,
        body=read.body,
        patient=owned.patient or "",
        public=public,
    )
