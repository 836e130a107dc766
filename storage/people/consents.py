"""Patients' consents: from when to when the data of a vendor may be stored.

What counts is the consent at the time of receipt. Without it, nothing of a payload is stored.
"""

from collections.abc import Sequence

from model.calendar import MINUTE_MS, epoch_ms, utc
from storage.people.errors import RefusedError
from storage.people.patients import hold_open_patient, patient_id
from storage.pg import rows
from storage.pg.pool import Connection

SOURCE_FETCH, CONTACT_CHANNEL = "source_fetch", "contact_channel"
SKEW_MS = 2 * MINUTE_MS  # by which the clock of whoever records a consent may be ahead

_GIVE = """
insert into consent (patient, vendor, kind, given_at, recorded_at, text_name, text_version)
select p.id, %(vendor)s, %(kind)s, %(at)s, %(now)s, %(text_name)s, %(text)s
from patient p
where p.id = %(patient)s and not exists (
  select from consent c
  where c.patient = p.id and c.vendor = %(vendor)s and c.kind = %(kind)s
    and c.given_at <= %(at)s and (c.withdrawn_at is null or c.withdrawn_at > %(at)s))
on conflict do nothing"""
_SINCE = """
select given_at from consent where patient = %(patient)s and vendor = %(vendor)s and kind = %(kind)s
  and given_at <= %(at)s and (withdrawn_at is null or withdrawn_at > %(at)s) order by given_at"""
# Whoever agrees to another text has a new consent from then on, without a gap: the earlier one
# keeps the text that it was given to.
_END_OF_OTHER_TEXT = """
update consent set withdrawn_at = %(at)s
where patient = %(patient)s and vendor = %(vendor)s and kind = %(kind)s and given_at < %(at)s
  and (withdrawn_at is null or withdrawn_at > %(at)s)
  and (text_name is distinct from %(text_name)s or text_version <> %(text)s)"""
# "greatest": a consent never ends before it was given; withdrawn at once it covers no instant
_WITHDRAW = """
update consent set withdrawn_at = greatest(%(at)s, given_at)
where patient = %(patient)s and vendor = %(vendor)s and kind = %(kind)s
  and (withdrawn_at is null or withdrawn_at > %(at)s)"""
# "with ordinality" counts from 1, an index from 0.
# Nothing can be stored for a patient without a data key, so such a patient has no valid consent.
_COVERED = """
select k.n - 1
from unnest(%s::text[], %s::text[], %s::timestamptz[])
  with ordinality as k (pseudonym, vendor, at, n)
cross join lateral (select p.id from patient p where p.pseudonym = k.pseudonym offset 0) p
cross join lateral (
  select c.kind from consent c
  where c.patient = p.id and c.vendor = k.vendor and c.kind = %s
    and c.given_at <= k.at and (c.withdrawn_at is null or k.at < c.withdrawn_at) offset 0) c
where exists (select from identity.data_key d where d.patient = p.id)"""


async def give_consent(  # noqa: PLR0913 - each names one thing
    conn: Connection,
    patient: str,
    vendor: str,
    *,
    from_ms: int,
    now_ms: int,
    kind: str = SOURCE_FETCH,
    text_version: str = "",
    text_name: str = "",
) -> int:
    """Record a consent from an instant on, unless a consent covers that instant already.

    Returns since when the consent holds that covers the instant, in epoch ms.

    `text_name` and `text_version` name the text that was shown, "" where nobody noted it. Whoever
    agrees to a text has a new consent, even if one to another text covers the instant. Raises
    `UnknownNameError` for an unknown patient, and `RefusedError` for an instant to come
    and for an account that is closed.
    """
    if from_ms > now_ms + SKEW_MS:
        raise RefusedError("a consent cannot be dated in the future")
    row = {
        "patient": await hold_open_patient(conn, patient),
        "vendor": vendor,
        "kind": kind,
        "at": utc(from_ms),
        "now": utc(now_ms),
        "text": text_version,
        "text_name": text_name or None,
    }
    if text_name:
        await conn.execute(_END_OF_OTHER_TEXT, row)
    if (await conn.execute(_GIVE, row)).rowcount:
        return from_ms
    held = await (await conn.execute(_SINCE, row)).fetchone()
    return epoch_ms(held[0]) if held else from_ms


async def withdraw_consent(
    conn: Connection, patient: str, vendor: str, *, from_ms: int, kind: str = SOURCE_FETCH
) -> bool:
    """End the consent from an instant on; return False if there was none to end.

    What was received before that instant is kept. Raises `UnknownNameError` for an unknown patient.
    """
    row = {"patient": await patient_id(conn, patient), "vendor": vendor, "kind": kind}
    return (await conn.execute(_WITHDRAW, {**row, "at": utc(from_ms)})).rowcount > 0


async def consented(
    conn: Connection, patient: str, vendor: str, at_ms: int, kind: str = SOURCE_FETCH
) -> bool:
    """Return whether a consent covers a vendor's data of a patient received at an instant."""
    return bool(await covered(conn, [(patient, vendor, at_ms)], kind))


async def may_contact(conn: Connection, patient: str, channel: str, at_ms: int) -> bool:
    """Return whether a patient consents to messages on a channel at an instant.

    Such a consent has the channel in the place of the vendor. Without it only the channel is
    silent: nothing else depends on it.
    """
    return await consented(conn, patient, channel, at_ms, CONTACT_CHANNEL)


async def covered(
    conn: Connection, receipts: Sequence[tuple[str, str, int]], kind: str = SOURCE_FETCH
) -> set[int]:
    """Return the indexes in `receipts` (patient, vendor, received_ms) that a consent covers."""
    # most batches hold no slice and ask for nothing: they would pay for an answer that is known
    if not receipts:
        return set()
    patients, vendors, received = rows.as_arrays(receipts, 3)
    columns = [patients, vendors, list(map(utc, received)), kind]
    return set(await rows.fetch_column(conn, _COVERED, columns))
