"""Stops a source at a patient's withdrawal, at once and for good.

What waits in quarantine is deleted, what was to be fetched is given up, and the connections end. A
body that is on the log is stored only if it was received before the withdrawal; the worker looks
at the consent for that.
"""

from storage.bodies.discard import note_discarded
from storage.fetching.withdrawals import withdraw_accounts
from storage.people.consents import withdraw_consent
from storage.people.patients import hold_patient_alone, patient_id
from storage.pg import rows
from storage.pg.pool import Connection

# Bodies of an account that another patient has now are left to that patient, whose rows the patient
# door does not see: the function says whose it is.
_QUARANTINED = """
with held as (
  select q.cluster, q.topic, q.part, q."offset" from quarantine q
  where q.vendor = %(vendor)s and exists (
    select from account a where a.vendor = q.vendor and a.account = q.account
    and a.patient = %(patient)s and (a.unlinked_at is null
      or coalesce(account_holder(a.vendor, a.account), a.patient) = a.patient))
  order by q.cluster, q.topic, q.part, q."offset" for update of q)
delete from quarantine q using held h
where (q.cluster, q.topic, q.part, q."offset") = (h.cluster, h.topic, h.part, h."offset")
returning q.address"""


async def stop_source(
    conn: Connection, patient: str, source: str, *, from_ms: int, now_ms: int
) -> bool:
    """Withdraw the consent to a source from an instant on; return False if there was none.

    A withdrawal that lies ahead changes nothing else yet: the fetcher ends the connections then.
    Whoever withdraws now calls `hold_patient_alone` before reading the clock: what comes later than
    that instant is not looked at before the withdrawal is there. Raises `UnknownNameError`.
    """
    number = await patient_id(conn, patient)
    # the order of locks in `storage`: the patient, quarantine, fetches, and all other rows
    await hold_patient_alone(conn, patient)
    if from_ms <= now_ms:
        row = {"vendor": source, "patient": number}
        # bodies in the store are removed by the sweep, from the addresses that are noted here
        addresses = await rows.fetch_column(conn, _QUARANTINED, row)
        await note_discarded(conn, [address for address in addresses if address])
        await withdraw_accounts(conn, patient, source, now_ms)
    return await withdraw_consent(conn, patient, source, from_ms=from_ms)
