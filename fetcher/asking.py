"""One request of a held account: budget, token, answer, once more after a refresh.

Whoever asks holds the account, so that no other request of it runs. Nothing is asked for beyond a
budget, and what a vendor says of its rates closes it for all fetchers.
"""

from dataclasses import dataclass, replace

from fetcher.answers import Judged, Meaning, VendorResponse, meaning_of
from fetcher.client import Question
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.questions import bearer, question_of
from fetcher.rate_waits import slower_ms
from fetcher.spending import BudgetOf
from fetcher.tokens import Refreshed, refresh_tokens
from model.vendors.requests import ApiRequest
from storage.fetching.budgets import close_until
from storage.fetching.connections import HeldAccount, Tokens

_EARLY_MS = 300_000  # a token that ends so soon is refreshed before it is used
_OVER_BUDGET = Judged(meaning=Meaning.SLOWER, why="our budget at the vendor is used up")
_NEW_FIRST = Judged(meaning=Meaning.SLOWER, why="new data have the budget first")
_NO_ANSWER = VendorResponse(headers={})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResult:
    """What came of a request.

    `closed_ms` is for how many ms the vendor is closed, `later_ms` for how many this request alone
    has to wait. `refreshed` is what came of a refresh that did not help, None where none failed.
    """

    verdict: Judged
    response: VendorResponse = _NO_ANSWER
    closed_ms: int = 0
    later_ms: int = 0
    refreshed: Refreshed | None = None


_LATER = Judged(meaning=Meaning.FAILED, why="the token was not renewed")
_BROKEN = Judged(meaning=Meaning.UNAUTHORISED, why="the account needs reconnecting")


async def ask_for_account(
    parts: FetcherParts,
    vendor: FetchedVendor,
    held: HeldAccount,
    tokens: Tokens,
    request: ApiRequest,
    *,
    is_past: bool = False,
) -> RequestResult:
    """Ask a vendor in the name of an account; raises as `question_of` does."""
    if tokens.expires_ms and tokens.expires_ms - _EARLY_MS <= parts.now():
        outcome, tokens = await _refreshed(parts, vendor, held, tokens)
        # early enough, so that the old one still holds when the vendor does not answer
        holds = outcome is Refreshed.LATER and tokens.expires_ms > parts.now()
        if outcome is not Refreshed.NEW and not holds:
            return _without_tokens(outcome)
    question = question_of(vendor, request, bearer(tokens.access))
    result = await ask_within_budget(parts, vendor, request, question, is_past=is_past)
    if result.verdict.meaning is not Meaning.UNAUTHORISED:
        return result
    # once: a token that was just renewed and does not hold will not be better the next time
    outcome, fresh = await _refreshed(parts, vendor, held, tokens)
    if outcome is not Refreshed.NEW:
        return _without_tokens(outcome)
    # the second request counts against the budget like the first: the vendor counts both
    question = question_of(vendor, request, bearer(fresh.access))
    return await ask_within_budget(parts, vendor, request, question, is_past=is_past)


async def ask_within_budget(
    parts: FetcherParts,
    vendor: FetchedVendor,
    request: ApiRequest,
    question: Question,
    *,
    is_past: bool = False,
) -> RequestResult:
    """Ask a vendor if its budget has room, and obey what it says of its rates."""
    budget = BudgetOf(connector=vendor.name, windows=tuple(vendor.budget), is_past=is_past)
    wait_ms = await parts.spending.spend(parts.pool, budget, parts.now)
    if wait_ms:
        parts.metrics.waits.labels(vendor.name).inc()
        # this row alone waits, because the vendor is still open for what is new
        if is_past:
            return RequestResult(verdict=_NEW_FIRST, later_ms=wait_ms)
        return RequestResult(verdict=_OVER_BUDGET, closed_ms=wait_ms)
    with parts.metrics.seconds.labels(vendor.name).time():
        response = await parts.client.ask(question)
    # some vendors answer 200 to everything, and write the status that counts into the body
    status = vendor.api.status_of(response.status, response.body)
    verdict = meaning_of(replace(response, status=status), request)
    parts.metrics.answers.labels(vendor.name, verdict.meaning.value).inc()
    closed_ms = await _obeyed(parts, vendor, verdict, response)
    return RequestResult(verdict=verdict, response=response, closed_ms=closed_ms)


def _without_tokens(outcome: Refreshed) -> RequestResult:
    """Return what is known of a request for which there is no token that holds."""
    verdict = _BROKEN if outcome is Refreshed.BROKEN else _LATER
    return RequestResult(verdict=verdict, refreshed=outcome)


async def _refreshed(
    parts: FetcherParts, vendor: FetchedVendor, held: HeldAccount, spent: Tokens
) -> tuple[Refreshed, Tokens]:
    means = parts.refresh_means(vendor.client)
    outcome, tokens = await refresh_tokens(means, held, spent, parts.now())
    parts.metrics.refreshes.labels(vendor.name, outcome.value).inc()
    return outcome, tokens


async def _obeyed(
    parts: FetcherParts, vendor: FetchedVendor, verdict: Judged, response: VendorResponse
) -> int:
    """Close a vendor for as long as its answer wants; return that time in ms, 0 for none."""
    # read of good answers too: the last request that a window permits is answered with 200
    wait_s, now_ms = vendor.api.rate_wait(response.headers), parts.now()
    closed_ms = wait_s * 1000
    states_wait = verdict.meaning is Meaning.FAILED and "retry-after" in response.headers
    # a 503 with a stated wait is about the vendor as a whole, unlike a failure of one object
    if states_wait or verdict.meaning is Meaning.SLOWER:
        closed_ms = slower_ms(response.headers, wait_s, now_ms)
    if closed_ms:
        async with parts.pool.connection() as conn:
            await close_until(conn, vendor.name, now_ms + closed_ms)
    return closed_ms
