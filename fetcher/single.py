"""One fetch from the table to the log: consent, budget, token, request, answer.

The answer is on the log before its row is done, so a crash in between fetches once more, and the
worker recognises the same bytes. Whatever happens, the row says why it is as it is.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fetcher import attempts
from fetcher.addresses import RefusedAddressError
from fetcher.answers import Judged, Meaning, VendorResponse, meaning_of, slower_ms
from fetcher.log import LogAwayError
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.questions import bearer, question_of, request_of
from fetcher.tokens import Refreshed, refresh_tokens
from model.received import Notice, NoticeKind
from model.vendor_api import ApiRequest
from storage.fetching.budgets import close_until, spend_request
from storage.fetching.connections import Tokens, mark_broken
from storage.fetching.queue import Became, TakenFetch, finish_fetch, take_fetch
from storage.people import consents, patients
from storage.people.fetches import PatientNotice, put_notices

# Short, so that what a killed fetcher held is soon taken up; a living one prolongs it.
LEASE_MS = 60_000
_EARLY_MS = 300_000  # a token that ends so soon is refreshed before it is used
_RECONNECT = "the account needs reconnecting"
_NO_CONSENT = "no consent covers it any more"
_OVER_BUDGET = Judged(meaning=Meaning.SLOWER, why="our budget at the vendor is used up")
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
    """What came of looking for work: whether there was any, and until when a vendor is closed.

    `closed` names the vendor, "" where none is; `closed_until_ms` is epoch ms.
    """

    worked: bool
    closed: str = ""
    closed_until_ms: int = 0


async def fetch_next(parts: FetcherParts, connectors: Sequence[str]) -> Done:
    """Take the fetch that is due the longest, ask for it, and write what became of it."""
    now_ms = parts.now()
    async with parts.pool.connection() as conn:
        taken = await take_fetch(
            conn, parts.wrapping_key, connectors, uuid.uuid4(), now_ms, now_ms + LEASE_MS
        )
    if taken is None:
        return Done(worked=False)
    with parts.attempts.running(taken.lease):
        return await _attempted(parts, taken)


async def _attempted(parts: FetcherParts, taken: TakenFetch) -> Done:
    vendor = parts.vendors[taken.connector]
    closed_ms, became = await _worked_off(parts, vendor, taken)
    async with parts.pool.connection() as conn:
        await finish_fetch(conn, taken, became, parts.now())
    if not closed_ms:
        return Done(worked=True)
    return Done(worked=True, closed=vendor.name, closed_until_ms=parts.now() + closed_ms)


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
    tokens = taken.tokens
    if tokens.expires_ms and tokens.expires_ms - _EARLY_MS <= parts.now():
        outcome, tokens = await _refreshed(parts, vendor, taken, tokens)
        # refreshed early enough, so that the old one still holds when the vendor does not answer
        holds = outcome is Refreshed.LATER and tokens.expires_ms > parts.now()
        if outcome is not Refreshed.NEW and not holds:
            return 0, await _without_tokens(parts, taken, outcome)
    closed_ms, verdict, response = await _within_budget(parts, vendor, request, tokens)
    if verdict.meaning is Meaning.UNAUTHORISED:
        # once: a token that was just renewed and does not hold will not be better the next time
        outcome, fresh = await _refreshed(parts, vendor, taken, tokens)
        if outcome is not Refreshed.NEW:
            return 0, await _without_tokens(parts, taken, outcome)
        closed_ms, verdict, response = await _within_budget(parts, vendor, request, fresh)
    return closed_ms, await _became(parts, taken, verdict, response)


async def _within_budget(
    parts: FetcherParts, vendor: FetchedVendor, request: ApiRequest, tokens: Tokens
) -> tuple[int, Judged, VendorResponse]:
    """Ask a vendor within its budget; return for how many ms it is closed, and its answer."""
    async with parts.pool.connection() as conn:
        closed_ms = await spend_request(conn, vendor.name, vendor.budget, parts.now())
    if closed_ms:
        parts.metrics.waits.labels(vendor.name).inc()
        return closed_ms, _OVER_BUDGET, VendorResponse(headers={})
    question = question_of(vendor, request, bearer(tokens.access))
    with parts.metrics.seconds.labels(vendor.name).time():
        response = await parts.client.ask(question)
    verdict = meaning_of(response, request)
    parts.metrics.answers.labels(vendor.name, verdict.meaning.value).inc()
    return await _obeyed(parts, vendor, verdict, response), verdict, response


async def _obeyed(
    parts: FetcherParts, vendor: FetchedVendor, verdict: Judged, response: VendorResponse
) -> int:
    """Close a vendor for as long as its answer wants; return that time in ms, 0 for none."""
    wait_s, now_ms = vendor.api.rate_wait(response.headers), parts.now()
    closed_ms = wait_s * 1000
    states_wait = verdict.meaning is Meaning.FAILED and "retry-after" in response.headers
    if states_wait or verdict.meaning is Meaning.SLOWER:
        closed_ms = slower_ms(response.headers, wait_s, now_ms)
    if closed_ms:
        async with parts.pool.connection() as conn:
            await close_until(conn, vendor.name, now_ms + closed_ms)
    return closed_ms


async def _became(
    parts: FetcherParts, taken: TakenFetch, verdict: Judged, response: VendorResponse
) -> Became:
    """Return what becomes of a fetch by its answer; data are on the log when this returns."""
    meaning, why = verdict.meaning, verdict.why
    if meaning is Meaning.HERE:
        return await _kept(parts, taken, response)
    if meaning is Meaning.UNAUTHORISED:
        async with parts.pool.connection() as conn:
            await mark_broken(conn, taken.held, parts.now())
    if meaning is Meaning.FORBIDDEN:
        await _tell(parts, taken, NoticeKind.PERMISSIONS)
    if meaning in _ENDS:
        return _ENDS[meaning](taken, why)
    return attempts.after_failure(taken, why, parts.now(), parts.chance())


async def _kept(parts: FetcherParts, taken: TakenFetch, response: VendorResponse) -> Became:
    content_type = response.headers.get("content-type", "")
    try:
        await parts.log.append_answer(
            taken.connector, taken.fetch, response.body, content_type, parts.now(), taken.zone
        )
    except LogAwayError:
        why = "the log did not take the answer"
        return attempts.after_failure(taken, why, parts.now(), parts.chance())
    return attempts.after_success(taken)


async def _refreshed(
    parts: FetcherParts, vendor: FetchedVendor, taken: TakenFetch, spent: Tokens
) -> tuple[Refreshed, Tokens]:
    means = parts.refresh_means(vendor.client)
    outcome, tokens = await refresh_tokens(means, taken.held, spent, parts.now())
    parts.metrics.refreshes.labels(vendor.name, outcome.value).inc()
    return outcome, tokens


async def _without_tokens(parts: FetcherParts, taken: TakenFetch, outcome: Refreshed) -> Became:
    """Return what becomes of a fetch whose account has no token that holds."""
    if outcome is Refreshed.BROKEN:
        await _tell(parts, taken, NoticeKind.REVOKED)
        return attempts.untried(taken, _RECONNECT)
    why = "the token was not renewed"
    return attempts.after_failure(taken, why, parts.now(), parts.chance())


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
        await patients.hold_patients(conn, [taken.patient])
        return await consents.consented(conn, taken.patient, taken.connector, parts.now())
