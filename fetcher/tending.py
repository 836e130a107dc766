"""What an account needs besides fetches: its registration, and subscriptions of its own.

It is registered once after it was linked. Subscriptions that a vendor keeps for each account are
reconciled once a day. The account is held meanwhile, as for a fetch.
"""

import uuid
from http import HTTPStatus

from fetcher.answers import Meaning
from fetcher.asking import RequestResult, ask_for_account
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.single import LEASE_MS
from fetcher.subscribing import RETRY_MS, AskVendor, has_worked, reconcile
from model.calendar import DAY_MS
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api, Permission
from storage.fetching.connections import mark_broken
from storage.fetching.tending import TakenAccount, finish_account, take_account


async def tend_accounts(parts: FetcherParts) -> None:
    """Tend every account that is due."""
    for vendor in parts.vendors.values():
        if vendor.api.register is None and not _subscribes(vendor):
            continue
        while (taken := await _take(parts, vendor)) is not None:
            with parts.attempts.running(taken.lease):
                await _tend(parts, vendor, taken)


async def _take(parts: FetcherParts, vendor: FetchedVendor) -> TakenAccount | None:
    now_ms = parts.now()
    async with parts.pool.connection() as conn:
        return await take_account(
            conn, parts.wrapping_key, vendor.name, uuid.uuid4(), now_ms, now_ms + LEASE_MS
        )


async def _tend(parts: FetcherParts, vendor: FetchedVendor, taken: TakenAccount) -> None:
    ask = _as_account(parts, vendor, taken)
    # before its subscriptions: a vendor refuses what is asked for a user it does not know
    is_registered = taken.is_registered or await _registered(vendor, taken.account, ask)
    is_done = is_registered
    if is_registered and _subscribes(vendor):
        is_done = await reconcile(parts, vendor, taken.account, ask)
    pause_ms = DAY_MS if is_done else RETRY_MS
    async with parts.pool.connection() as conn:
        await finish_account(
            conn, taken.held, is_registered=is_registered, again_ms=parts.now() + pause_ms
        )


def _subscribes(vendor: FetchedVendor) -> bool:
    own = vendor.api.subscriptions
    return own is not None and own.permission is Permission.ACCOUNT and bool(vendor.callback)


async def _registered(vendor: FetchedVendor, account: str, ask: AskVendor) -> bool:
    """Return whether an account is registered at a vendor by now."""
    request = _registration(vendor.api, account)
    if request is None:
        return True
    result = await ask(request)
    # it is registered already: an answer may have been lost on its way
    is_known = result.response.status == HTTPStatus.CONFLICT
    return is_known or has_worked(vendor, request, result)


def _registration(api: Api, account: str) -> ApiRequest | None:
    return None if api.register is None else api.register(account)


def _as_account(parts: FetcherParts, vendor: FetchedVendor, taken: TakenAccount) -> AskVendor:
    async def ask(request: ApiRequest) -> RequestResult:
        result = await ask_for_account(parts, vendor, taken.held, taken.tokens, request)
        if result.verdict.meaning is Meaning.UNAUTHORISED:
            async with parts.pool.connection() as conn:
                await mark_broken(conn, taken.held, parts.now())
        return result

    return ask
