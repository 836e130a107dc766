"""Tells a vendor that an account was withdrawn, and tries again for a week until it answers.

The row of the account is locked meanwhile, so no other fetcher uses the same refresh token. No
data are asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from fetcher.addresses import RefusedAddressError
from fetcher.attempts import PATIENCE_MS, retry_pause_ms
from fetcher.client import Question
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.questions import bearer, question_of
from fetcher.tokens import OAuthClient, refresh_question, stored_tokens, token_answer
from model.vendors.sign_in import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, OAuth
from model.vendors.tokens import GrantEndedError
from storage.fetching.budgets import spend_request
from storage.fetching.connections import Tokens
from storage.fetching.withdrawals import (
    Withdrawal,
    end_withdrawal,
    keep_renewed,
    next_withdrawal,
    retry_withdrawal,
)

_WITHIN_S = 45.0  # the database ends a transaction that is idle for two minutes
# The vendor knows of no such account, or of no such token: there is nothing left to withdraw.
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_MULTIPLE_CHOICES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of an attempt: whether it is over, why, and the tokens that the account has.

    `is_renewed` says that the tokens are new and nothing else was done yet.
    """

    is_over: bool = False
    tokens: Tokens
    reason: str = ""
    wait_ms: int = 0
    is_renewed: bool = False


async def withdraw_next(parts: FetcherParts) -> bool:
    """Tell a vendor of the account that is due, or renew its tokens; return whether there was any.

    With new tokens the account is still due: the next call tells the vendor.
    """
    async with parts.pool.connection() as conn:
        taken = await next_withdrawal(conn, parts.wrapping_key, parts.now())
        if taken is None:
            return False
        outcome = await _attempted(parts, taken)
        if outcome.is_renewed:
            # committed before the vendor is told: a kill meanwhile would lose what replaced them
            await keep_renewed(conn, taken, outcome.tokens)
        elif outcome.is_over:
            await end_withdrawal(conn, taken, is_done=not outcome.reason, reason=outcome.reason)
        elif parts.now() - taken.withdrawn_ms >= PATIENCE_MS:
            reason = f"given up after a week: {outcome.reason}"
            await end_withdrawal(conn, taken, is_done=False, reason=reason)
        else:
            pause_ms = retry_pause_ms(taken.attempts + 1, parts.chance())
            await retry_withdrawal(
                conn,
                taken,
                tokens=outcome.tokens,
                reason=outcome.reason,
                # the budget may be closed for longer than our own pause
                again_ms=parts.now() + max(pause_ms, outcome.wait_ms),
            )
    return True


async def _attempted(parts: FetcherParts, taken: Withdrawal) -> _Outcome:
    vendor = parts.vendors.get(taken.connector)
    auth = vendor.api.auth if vendor is not None else None
    if vendor is None or auth is None or auth.revoke is None:
        return _Outcome(is_over=True, tokens=taken.tokens, reason="the vendor takes no withdrawal")
    if vendor.client is None:
        reason = "the secrets file has no client of this vendor"
        return _Outcome(is_over=False, tokens=taken.tokens, reason=reason)
    tokens = taken.tokens
    # renewed only where it has ended: a vendor that rotates would spend a token for nothing
    if not tokens.refresh or not tokens.expires_ms or tokens.expires_ms > parts.now():
        return await _withdrawn_upstream(parts, vendor, auth, taken, tokens)
    # most vendors take a withdrawal only with a token that still opens the account
    return await _renewed(parts, vendor.client, tokens)


async def _renewed(parts: FetcherParts, ours: OAuthClient, tokens: Tokens) -> _Outcome:
    response = await parts.client.ask(refresh_question(ours, tokens.refresh))
    try:
        answer = token_answer(ours.oauth, response)
    except GrantEndedError:
        return _Outcome(is_over=True, tokens=tokens)  # the vendor has ended it by itself
    except ValueError as error:
        return _Outcome(tokens=tokens, reason=str(error))
    fresh = stored_tokens(answer, tokens.refresh, parts.now())
    return _Outcome(tokens=fresh, is_renewed=True)


async def _withdrawn_upstream(
    parts: FetcherParts, vendor: FetchedVendor, auth: OAuth, taken: Withdrawal, tokens: Tokens
) -> _Outcome:
    async with parts.pool.connection() as conn:
        closed_ms = await spend_request(conn, vendor.name, vendor.budget, parts.now())
    if closed_ms:
        reason = "our budget at the vendor is used up"
        return _Outcome(is_over=False, tokens=tokens, reason=reason, wait_ms=closed_ms)
    try:
        question = withdrawal_question(vendor, auth, taken.account, tokens)
    # our own request is at fault, and stays so: a week of trying would change nothing
    except (RefusedAddressError, ValueError) as error:
        return _Outcome(is_over=True, tokens=tokens, reason=str(error))
    response = await parts.client.ask(question)
    is_refused = response.status == HTTPStatus.UNAUTHORIZED
    is_done = HTTPStatus.OK <= response.status < _MULTIPLE_CHOICES or response.status in _GONE
    # without a way to renew it, a token that opens nothing is all that there was of the grant
    if (is_done or (is_refused and not tokens.refresh)) and not response.fault:
        return _Outcome(is_over=True, tokens=tokens)
    # Vendors also end a token before its time, and the grant stays: it is renewed for the next
    # attempt. Where the grant has ended too, the vendor refuses to renew it, which ends this.
    left = replace(tokens, expires_ms=parts.now()) if is_refused else tokens
    return _Outcome(tokens=left, reason=response.fault or f"status {response.status}")


def withdrawal_question(
    vendor: FetchedVendor, auth: OAuth, account: str, tokens: Tokens
) -> Question:
    """Return the request that withdraws an account upstream, with the secrets that it names.

    Raises `RefusedAddressError` and ValueError for a request that must not be sent.
    """
    if auth.revoke is None or vendor.client is None:
        raise ValueError("the vendor takes no withdrawal")
    request = auth.revoke(account)
    values = {
        ACCESS_TOKEN: tokens.access,
        REFRESH_TOKEN: tokens.refresh,
        CLIENT_ID: vendor.client.client_id,
        CLIENT_SECRET: vendor.client.client_secret,
    }
    filled = replace(
        request, query=_filled(request.query, values), form=_filled(request.form, values)
    )
    return replace(question_of(vendor, filled, bearer(tokens.access)), within_s=_WITHIN_S)


def _filled(
    pairs: tuple[tuple[str, str], ...], values: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    return tuple((name, values.get(text, text)) for name, text in pairs)
