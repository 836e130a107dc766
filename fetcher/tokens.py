"""Exchanges a refresh token for new tokens (RFC 6749, section 6), under the lock of its row.

A vendor that rotates refresh tokens takes each once. The row stays locked from before the vendor is
asked until its answer is committed, so no other fetcher sends the same token meanwhile. The answer
is on this machine's disk before it is in the database (`fetcher.token_spool`).
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import quote_plus

from fetcher.addresses import api_host
from fetcher.answers import VendorResponse
from fetcher.client import Question, VendorClient
from fetcher.token_spool import LeftRefresh, RefreshFile, TokenSpool, taken_up
from model.keyring import KeyRing
from model.vendors.sign_in import ClientAuth, OAuth
from model.vendors.tokens import ClientRefusedError, GrantEndedError, TokenAnswer
from runtime.log_lines import get_logger
from storage.fetching.connections import (
    HeldAccount,
    SealedTokens,
    Tokens,
    hold_again,
    hold_longer,
    let_account_go,
    locked_tokens,
    mark_broken,
    recover_tokens,
    renew_tokens,
)
from storage.people.errors import UnknownNameError
from storage.pg.outages import is_outage
from storage.pg.pool import Pool

_log = get_logger(__name__)
_MOST = 64 * 1024  # bytes of an answer with tokens
# The row is locked meanwhile, and the database ends a transaction that is idle for two minutes.
_WITHIN_S = 45.0
_HELD_AFTER_MS = 120_000  # until the attempt prolongs its lease by itself
_HELD_MS = 3_600_000  # an account after a process was killed while it asked for new tokens
_STORE_TRIES, _STORE_PAUSE_S = 300, 1.0
_READ = frozenset({200, 400, 401, 403})  # of other answers not even the error is believed


class Refreshed(StrEnum):
    """What came of a refresh; the words are outcomes in the metrics."""

    NEW = "new"  # there are new tokens
    BROKEN = "broken"  # the vendor does not take the token: a person has to connect again
    LATER = "later"  # the vendor did not answer, or not as it should
    LOST = "lost"  # this attempt does not hold the account any more


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """Our application at a vendor.

    `api` is the address that is asked in host of the vendor's own, or "".
    """

    oauth: OAuth
    client_id: str
    client_secret: str = field(repr=False)
    api: str = ""


def log_refused_client(host: str) -> None:
    """Say in the log that a vendor does not take our application: no patient can mend that."""
    _log.warning(
        "a vendor does not take our application: look at its client_id and client_secret", host=host
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshMeans:
    """What a refresh needs: without an application of ours (`ours` is None) nothing is renewed."""

    pool: Pool
    client: VendorClient
    spool: TokenSpool
    wrapping_key: KeyRing
    ours: OAuthClient | None = None


async def refresh_tokens(
    means: RefreshMeans, held: HeldAccount, spent: Tokens, now_ms: int
) -> tuple[Refreshed, Tokens]:
    """Return new tokens for those that ended (`spent`), and what came of it.

    Where the row has other tokens by now, these are returned and the vendor is not asked. The
    account is held for an hour from before the vendor is asked: if this process is killed, nobody
    sends the same token before its file is taken up (`take_up_refreshes`).
    """
    file = await asyncio.to_thread(means.spool.begin, held)
    try:
        async with means.pool.connection() as conn:
            await hold_longer(conn, held, now_ms + _HELD_MS)
        result = await _refreshed(means, file, held, spent, now_ms)
        if result is not None:
            # the long hold was for the refresh alone: a kill from here on costs minutes
            async with means.pool.connection() as conn:
                await hold_again(conn, held, now_ms + _HELD_AFTER_MS)
    except BaseException:
        file.leave()  # a fetcher takes it up
        raise
    if result is None:
        file.leave()
        return Refreshed.LOST, spent
    file.remove()
    return result


async def _refreshed(
    means: RefreshMeans, file: RefreshFile, held: HeldAccount, spent: Tokens, now_ms: int
) -> tuple[Refreshed, Tokens] | None:
    """Return what came of a refresh; None for tokens that no database took, but the file has."""
    # a list, because the handler below has to see it after the block with the row has ended
    received: list[tuple[Tokens, SealedTokens]] = []  # what the vendor gave, before it is stored
    try:
        async with (
            means.pool.connection() as conn,
            locked_tokens(conn, means.wrapping_key, held) as locked,
        ):
            # another fetcher was first: a second exchange would spend the token that it stored
            if locked.tokens.access != spent.access:
                return Refreshed.NEW, locked.tokens
            outcome, fresh = await _exchanged(means, locked.tokens, now_ms)
            if outcome is Refreshed.NEW:
                # before anything else: from here on nothing is lost by a kill
                sealed = locked.replaced_by(fresh)
                await asyncio.to_thread(file.keep, sealed)
                received.append((fresh, sealed))
                await renew_tokens(conn, held, sealed, now_ms)
            if outcome is Refreshed.BROKEN:
                await mark_broken(conn, held, now_ms)
            return outcome, fresh
    # the lease went to another attempt, or a person connected anew: the vendor was not asked
    except UnknownNameError:
        return Refreshed.LOST, spent
    except Exception as error:
        if not (received and is_outage(error)):
            raise
    # the old token is spent: what the vendor gave in exchange must not be lost with the database
    return await _stored_late(means, held, *received[0], now_ms)


async def _stored_late(
    means: RefreshMeans, held: HeldAccount, fresh: Tokens, sealed: SealedTokens, now_ms: int
) -> tuple[Refreshed, Tokens] | None:
    """Store tokens once the database answers again; None where it does not for minutes."""
    for _ in range(_STORE_TRIES):
        await asyncio.sleep(_STORE_PAUSE_S)
        try:
            async with means.pool.connection() as conn:
                # the first attempt may have been committed before its connection broke
                await renew_tokens(conn, held, sealed, now_ms)
        except Exception as error:
            if not is_outage(error):
                raise
        else:
            return Refreshed.NEW, fresh
    return None


async def take_up_refreshes(means: RefreshMeans, now_ms: int) -> int:
    """Store the tokens that processes of this machine received before they were killed.

    An account whose refresh had no answer yet is let go, and the old token is sent again: the
    sooner, the better, because some vendors take it for a while. Returns how many were saved.
    """
    saved = 0
    for path in means.spool.left_behind():
        with taken_up(path) as left:
            if left is not None:
                saved += await _taken_up(means.pool, left, now_ms)
    return saved


async def _taken_up(pool: Pool, left: LeftRefresh, now_ms: int) -> bool:
    async with pool.connection() as conn:
        # nobody knows whether the vendor took the old token, and only sending it again tells
        if left.sealed is None:
            await let_account_go(conn, left.held)
            return False
        return await recover_tokens(conn, left.held, left.sealed, now_ms)


async def _exchanged(means: RefreshMeans, tokens: Tokens, now_ms: int) -> tuple[Refreshed, Tokens]:
    ours = means.ours
    # without a refresh token no wait helps: only a person can give a new grant
    if not tokens.refresh:
        return Refreshed.BROKEN, tokens
    if ours is None:
        return Refreshed.LATER, tokens
    response = await means.client.ask(refresh_question(ours, tokens.refresh))
    try:
        answer = token_answer(ours.oauth, response)
    except GrantEndedError:
        return Refreshed.BROKEN, tokens
    except ClientRefusedError:
        log_refused_client(ours.oauth.host)
        return Refreshed.LATER, tokens
    except ValueError:
        return Refreshed.LATER, tokens
    return Refreshed.NEW, stored_tokens(answer, tokens.refresh, now_ms)


def refresh_question(ours: OAuthClient, refresh: str) -> Question:
    """Return the request that exchanges a refresh token."""
    return token_question(ours, {"grant_type": "refresh_token", "refresh_token": refresh})


def basic(ours: OAuthClient) -> Mapping[str, str]:
    """Return the header with our client's id and secret (RFC 6749, section 2.3.1)."""
    # id and secret are form-encoded before Basic encodes them
    pair = f"{quote_plus(ours.client_id)}:{quote_plus(ours.client_secret)}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}


def token_question(ours: OAuthClient, grant: Mapping[str, str]) -> Question:
    """Return the request that exchanges a grant: a code or a refresh token, with its fields."""
    headers = {"accept": "application/json"}
    form = {**dict(ours.oauth.token_form), **grant}
    if ours.oauth.client_auth is ClientAuth.BODY:
        form |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
    else:
        headers |= basic(ours)
    return Question(
        host=api_host(ours.oauth.host, ours.api),
        target=ours.oauth.path,
        headers=headers,
        most=_MOST,
        within_s=_WITHIN_S,
        method="POST",
        form=tuple(form.items()),
    )


def token_answer(oauth: OAuth, response: VendorResponse) -> TokenAnswer:
    """Return the tokens of an answer.

    Raises `GrantEndedError` where the vendor will never take the grant again, `ClientRefusedError`
    where it does not take our application, and ValueError where it did not answer, or not as it
    should.
    """
    if response.fault or response.status not in _READ:
        raise ValueError("the vendor did not answer")
    try:
        answer = oauth.read(response.body)
    except GrantEndedError:
        raise
    except ValueError as error:
        # some vendors say so by the status alone (RFC 6749, section 5.2)
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise ClientRefusedError("the vendor does not take our application") from error
        raise
    if response.status != HTTPStatus.OK:
        raise ValueError("the vendor refused, and its answer has tokens")
    return answer


def stored_tokens(answer: TokenAnswer, refresh: str, now_ms: int) -> Tokens:
    """Return the tokens of an answer as they are kept; `now_ms` is epoch ms.

    A vendor that does not rotate leaves the refresh token out: `refresh` holds on then.
    """
    # 0 means that the vendor named no end: such a token is used until it is refused
    expires_ms = now_ms + answer.expires_s * 1000 if answer.expires_s else 0
    return Tokens(access=answer.access, refresh=answer.refresh or refresh, expires_ms=expires_ms)
