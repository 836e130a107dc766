"""Reconciles what a vendor calls us for with what is wanted: once a day, and at a start.

What is missing is created, what ends soon or is switched off begins anew, what nobody wants is
deleted. Where a person creates subscriptions, because the vendor's answer holds a key for the
secrets file, nothing is created or deleted: what is missing is counted and logged.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from fetcher.answers import Meaning
from fetcher.asking import RequestResult, ask_within_budget
from fetcher.parts import FetchedVendor, FetcherParts
from fetcher.questions import permitted
from model.calendar import DAY_MS
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Permission, Subscription, Subscriptions
from runtime.log_lines import get_logger
from storage.fetching.tending import claim_subscriptions, retry_subscriptions

AskVendor = Callable[[ApiRequest], Awaitable[RequestResult]]
_AT_START_MS = 60_000  # several fetchers that start together reconcile once
RETRY_MS = 600_000
_WORKED = frozenset(range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES))
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPlan:
    """What is to be done so that the subscriptions are those that are wanted."""

    create: tuple[Subscription, ...] = ()
    renew: tuple[Subscription, ...] = ()
    delete: tuple[Subscription, ...] = ()


def planned(
    wanted: Sequence[Subscription],
    listed: Sequence[Subscription],
    *,
    renew_until_ms: int,
    renews: bool,
) -> SubscriptionPlan:
    """Return what is to be done. Pure.

    One that ends by `renew_until_ms` (epoch ms) or is not active begins anew; a vendor that cannot
    renew (`renews` is False) gets it deleted and created.
    """
    create: list[Subscription] = []
    renew: list[Subscription] = []
    keep: list[Subscription] = []
    for row in wanted:
        same = [item for item in listed if (item.about, item.callback) == (row.about, row.callback)]
        # the one that lasts longest: another is the trace of an attempt that was cut off
        best = max(same, key=lambda item: (item.is_active, item.ends_ms or 1 << 62), default=None)
        if best is None:
            create.append(row)
        elif best.is_active and (not best.ends_ms or best.ends_ms > renew_until_ms):
            keep.append(best)
        elif renews:
            keep.append(best)
            renew.append(best)
        else:
            create.append(row)
    delete = [item for item in listed if item not in keep]
    return SubscriptionPlan(create=tuple(create), renew=tuple(renew), delete=tuple(delete))


def requests_of(own: Subscriptions, plan: SubscriptionPlan, word: str) -> Iterator[ApiRequest]:
    """Give the requests of a plan: deletions first, because some vendors take one at a time."""
    if own.create is not None:
        yield from map(own.delete, plan.delete)
    if own.renew is not None:
        yield from map(own.renew, plan.renew)
    if own.create is not None:
        for row in plan.create:
            yield own.create(row, word)


async def reconcile(
    parts: FetcherParts, vendor: FetchedVendor, account: str, ask: AskVendor
) -> bool:
    """Make an account's subscriptions ("": the application's) those that are wanted.

    Returns whether all of it was done.
    """
    own = vendor.api.subscriptions
    assert own is not None  # noqa: S101 - such a vendor is not reconciled
    listing = await ask(own.listing(account))
    listed = _listed(own, listing)
    # a list that could not be read is not empty: creating all of it would make every hook twice
    if listed is None:
        return False
    plan = planned(
        list(map(partial(_wanted, vendor.callback, account), own.wanted)),
        listed,
        renew_until_ms=parts.now() + own.renew_before_s * 1000,
        renews=own.renew is not None,
    )
    missing = len(plan.create) if own.create is None else 0
    parts.metrics.missing.labels(vendor.name).set(missing)
    if missing:
        _log.warning("a person has to create the vendor's subscription", connector=vendor.name)
    is_done = True
    for request in requests_of(own, plan, vendor.word):
        result = await ask(request)
        is_done = is_done and has_worked(vendor, request, result)
        parts.metrics.subscriptions.labels(vendor.name, request.method).inc()
    return is_done


def _wanted(callback: str, account: str, about: str) -> Subscription:
    return Subscription(about=about, callback=callback, account=account)


async def reconcile_applications(parts: FetcherParts, *, at_start: bool) -> None:
    """Reconcile the subscriptions of our application at every vendor that has them."""
    # settings may have changed with the start, so the last day's look does not count for it
    every_ms = _AT_START_MS if at_start else DAY_MS
    for vendor in parts.vendors.values():
        own = vendor.api.subscriptions
        if own is None or own.permission is Permission.ACCOUNT or not vendor.callback:
            continue
        async with parts.pool.connection() as conn:
            is_ours = await claim_subscriptions(conn, vendor.name, parts.now(), every_ms)
        if is_ours and not await reconcile(parts, vendor, "", _as_application(parts, vendor, own)):
            _log.warning("subscriptions are not as wanted yet", connector=vendor.name)
            async with parts.pool.connection() as conn:
                # the table keeps when it was looked at, so a retry is a look of earlier
                await retry_subscriptions(conn, vendor.name, parts.now() + RETRY_MS - DAY_MS)


def has_worked(vendor: FetchedVendor, request: ApiRequest, result: RequestResult) -> bool:
    """Return whether a request that changes something of ours at a vendor did so, or had before."""
    response = result.response
    status = vendor.api.status_of(response.status, response.body)
    # `noted` are refusals that mean "done before", such as 409, where an answer was lost
    return not response.fault and (status in _WORKED or status in request.noted)


def _as_application(parts: FetcherParts, vendor: FetchedVendor, own: Subscriptions) -> AskVendor:
    async def ask(request: ApiRequest) -> RequestResult:
        question = permitted(vendor, own.permission, request)
        return await ask_within_budget(parts, vendor, request, question)

    return ask


def _listed(own: Subscriptions, result: RequestResult) -> Sequence[Subscription] | None:
    """Return what a vendor lists, None where it did not answer as it should."""
    # instead of an empty list some vendors answer without a body
    if result.verdict.meaning in {Meaning.NOTHING, Meaning.GONE}:
        return ()
    if result.verdict.meaning is not Meaning.HERE:
        return None
    try:
        return own.read(result.response.body)
    except ValueError:
        return None
