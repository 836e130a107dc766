"""What is asked for of the time before an account was linked. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from model.calendar import DAY_MS, local_date, midnight
from model.prescription import Prescription
from model.received import Fetch
from model.vendors.vendor_api import Backfill

WITHOUT_PRESCRIPTION_DAYS = 28  # for a patient without a prescription


def wanted_since_ms(prescriptions: Sequence[Prescription], now_ms: int) -> int:
    """Return since when the past is wanted, in epoch ms.

    That is a day before the first prescription that is not over, so that the zone of the patient
    does not matter. Without one it is four weeks ago.
    """
    today = local_date(now_ms, "UTC")
    begins = [row.valid_from for row in prescriptions if row.valid_to >= today]
    if not begins:
        return now_ms - WITHOUT_PRESCRIPTION_DAYS * DAY_MS
    return min(now_ms, midnight(min(begins), "UTC") - DAY_MS)


def backfill_fetches(
    backfill: Backfill | None, account: str, since_ms: int, now_ms: int
) -> tuple[Fetch, ...]:
    """Return the fetches of the past of an account, those of the newest days first.

    Each is due a moment after the one before. Steps begin at fixed days, so that an account that is
    linked again has the same keys.
    """
    if backfill is None:
        return ()
    step_ms = backfill.step_days * DAY_MS
    first_ms = max(since_ms, now_ms - backfill.most_days * DAY_MS) // DAY_MS * DAY_MS
    end_ms = (now_ms // DAY_MS + 1) * DAY_MS
    fetches: list[Fetch] = []
    start_ms = now_ms // step_ms * step_ms
    while end_ms > first_ms:
        start_ms = max(start_ms, first_ms)
        fetches.extend(backfill.fetches(account, start_ms, end_ms))
        start_ms, end_ms = start_ms - step_ms, start_ms
    return tuple(
        replace(fetch, not_before_ms=now_ms + position) for position, fetch in enumerate(fetches)
    )
