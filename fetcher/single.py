"""One fetch from the table to the log: consent, request, answer.

The answer is on the log before its row is done, so a crash in between fetches once more, and the
worker recognises the same bytes. Whatever happens, the row says why it is as it is.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fetcher import attempts
from fetcher.addresses import RefusedAddressError
from fetcher.answers import Meaning, VendorResponse
from fetcher.asking import RequestResult, ask_for_account
from fetcher.log import LogAwayError
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.questions import request_of
from fetcher.tokens import Refreshed
from model.received import Notice, NoticeKind
from storage.fetching.announced_fetches import PatientNotice, put_notices
from storage.fetching.connections import mark_broken
from storage.fetching.queue import Became, TakenFetch, finish_fetch, take_fetches
from storage.people import consents, patients

# Short, so that what a killed fetcher held is soon taken up; a living one prolongs it.
LEASE_MS = 60_000
_NO_CONSENT = "no consent covers it any more"
# Every other meaning is a failure that may end by itself.
_ENDS: Mapping[Meaning, Callable[[TakenFetch, str], Became]] = {
    Meaning.NOTHING: attempts.after_success,
    Meaning.GONE: attempts.after_success,
    Meaning.SLOWER: attempts.untried,
    Meaning.UNAUTHORISED: attempts.untried,
    Meaning.FORBIDDEN: attempts.after_refusal,
    Meaning.REFUSED: attempts.after_refusal,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of an attempt: until when a vendor is closed, in epoch ms.

    `closed` names the vendor, "" where none is.
    """

    closed: str = ""
    closed_until_ms: int = 0


async def take_ready(
    parts: FetcherParts, connectors: Sequence[str], most: int
) -> Sequence[TakenFetch]:
    """Take the fetches that are due the longest, at most one of an account."""
    now_ms = parts.now()
    leases = [uuid.uuid4() for _ in range(most)]
    async with parts.pool.connection() as conn:
        return await take_fetches(
            conn, parts.wrapping_key, connectors, leases, now_ms, now_ms + LEASE_MS
        )


async def attempt(parts: FetcherParts, taken: TakenFetch) -> Done:
    """Ask for a fetch that was taken, and write what became of it."""
    vendor = parts.vendors[taken.connector]
    with parts.attempts.running(taken.lease):
        closed_ms, became = await _worked_off(parts, vendor, taken)
        async with parts.pool.connection() as conn:
            await finish_fetch(conn, taken, became, parts.now())
    if not closed_ms:
        return Done()
    return Done(closed=vendor.name, closed_until_ms=parts.now() + closed_ms)


async def _worked_off(
    parts: FetcherParts, vendor: FetchedVendor, taken: TakenFetch
) -> tuple[int, Became]:
    """Return for how many ms the vendor is closed (0: it is open), and what became of a fetch."""
    if not await _is_covered(parts, taken):
        return 0, attempts.after_refusal(taken, _NO_CONSENT)
    try:
        request = request_of(vendor, taken.fetch)
    except RefusedAddressError as error:
        return 0, attempts.after_refusal(taken, str(error))
    result = await ask_for_account(
        parts, vendor, taken.held, taken.tokens, request, is_past=taken.is_past
    )
    return result.closed_ms, await _became(parts, taken, result)


async def _became(parts: FetcherParts, taken: TakenFetch, result: RequestResult) -> Became:
    """Return what becomes of a fetch by its answer; data are on the log when this returns."""
    meaning, why = result.verdict.meaning, result.verdict.why
    if meaning in {Meaning.HERE, Meaning.PARTIAL}:
        return await _kept(parts, taken, result.response, why)
    # past data wait for new ones, which is no failure and must not use up its attempts
    if result.later_ms:
        return attempts.untried(taken, why, parts.now() + result.later_ms)
    if meaning is Meaning.UNAUTHORISED:
        await _note_broken(parts, taken, result)
    # a person has to look: a scope was taken away, and no refresh brings it back
    if meaning is Meaning.FORBIDDEN:
        await _tell(parts, taken, NoticeKind.PERMISSIONS)
    if meaning in _ENDS:
        return _ENDS[meaning](taken, why)
    return attempts.after_failure(taken, why, parts.now(), parts.chance())


async def _note_broken(parts: FetcherParts, taken: TakenFetch, result: RequestResult) -> None:
    """Note that a person has to connect the account again."""
    if result.refreshed is Refreshed.BROKEN:  # and the account was marked with it
        await _tell(parts, taken, NoticeKind.BROKEN)
        return
    async with parts.pool.connection() as conn:
        await mark_broken(conn, taken.held, parts.now())


async def _kept(
    parts: FetcherParts, taken: TakenFetch, response: VendorResponse, partial: str
) -> Became:
    """Append an answer to the log; `partial` says why it is only a beginning, "" for all of it."""
    content_type = response.headers.get("content-type", "")
    try:
        await parts.log.append_answer(taken, response.body, content_type, parts.now())
    # the answer is thrown away and asked for again: a row that is done without it would lose data
    except LogAwayError:
        why = "the log did not take the answer"
        return attempts.after_failure(taken, why, parts.now(), parts.chance())
    if partial:
        return attempts.after_partial(taken, partial, parts.now(), parts.chance())
    return attempts.after_success(taken)


async def _tell(parts: FetcherParts, taken: TakenFetch, kind: NoticeKind) -> None:
    """Write a notice of an account, in a transaction that holds its patient and nothing else."""
    notice = PatientNotice(
        connector=taken.connector,
        notice=Notice(account=taken.fetch.account, kind=kind),
        patient=taken.patient,
        received_ms=parts.now(),
    )
    async with parts.pool.connection() as conn:
        await put_notices(conn, [notice])


async def _is_covered(parts: FetcherParts, taken: TakenFetch) -> bool:
    """Return whether the patient consents to this vendor's data now."""
    async with parts.pool.connection() as conn:
        # held, so that a withdrawal that is under way is waited for, and then seen
        await patients.hold_patients(conn, [taken.patient])
        return await consents.consented(conn, taken.patient, taken.connector, parts.now())
