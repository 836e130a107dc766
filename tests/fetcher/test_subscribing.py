"""What is to be done so that a vendor's subscriptions are those that are wanted. Pure."""

import pytest

from fetcher.subscribing import SubscriptionPlan, planned, requests_of
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Permission, Subscription, Subscriptions

_HERE, _THERE = "https://hooks.example.org/v1/hooks/v", "https://old.example.org/v1/hooks/v"
_SOON = 1_000


def _row(
    about: str, row_id: str = "", callback: str = _HERE, ends_ms: int = 0, *, active: bool = True
) -> Subscription:
    return Subscription(
        about=about, callback=callback, id=row_id, ends_ms=ends_ms, is_active=active
    )


_WANTED = [_row("create workout"), _row("update workout")]
_C, _U = _row("create workout", "1"), _row("update workout", "2")
_ENDING = _row("update workout", "2", ends_ms=_SOON)
_LASTING = _row("update workout", "3", ends_ms=_SOON + 1)
_OFF = _row("update workout", "2", active=False)
_OTHER, _ELSEWHERE = _row("sleep", "4"), _row("create workout", "5", _THERE)
_NEW = _row("update workout")
_PLANS = [
    ("nothing is there", [], True, SubscriptionPlan(create=tuple(_WANTED))),
    ("all is there", [_C, _U], True, SubscriptionPlan()),
    ("one ends soon", [_C, _ENDING], True, SubscriptionPlan(renew=(_ENDING,))),
    ("it lasts long enough", [_C, _LASTING], True, SubscriptionPlan()),
    ("it is switched off", [_C, _OFF], True, SubscriptionPlan(renew=(_OFF,))),
    (
        "the vendor cannot renew",
        [_C, _ENDING],
        False,
        SubscriptionPlan(create=(_NEW,), delete=(_ENDING,)),
    ),
    ("nobody wants it", [_C, _U, _OTHER], True, SubscriptionPlan(delete=(_OTHER,))),
    ("another address", [_ELSEWHERE, _C, _U], True, SubscriptionPlan(delete=(_ELSEWHERE,))),
    ("twice", [_C, _ENDING, _LASTING], True, SubscriptionPlan(delete=(_ENDING,))),
    ("twice, one is off", [_C, _OFF, _LASTING], True, SubscriptionPlan(delete=(_OFF,))),
]


@pytest.mark.parametrize(("listed", "renews", "plan"), [row[1:] for row in _PLANS])
def test_a_plan_leads_to_what_is_wanted(
    listed: list[Subscription], renews: object, plan: SubscriptionPlan
) -> None:
    assert planned(_WANTED, listed, renew_until_ms=_SOON, renews=bool(renews)) == plan


def _own(*, creates: bool) -> Subscriptions:
    return Subscriptions(
        wanted=("a",),
        permission=Permission.BASIC,
        listing=lambda _account: ApiRequest(path="/s"),
        read=lambda _body: (),
        delete=lambda row: ApiRequest(path=f"/s/{row.id}", method="DELETE"),
        create=_create if creates else None,
        renew=lambda row: ApiRequest(path=f"/s/{row.id}", method="PUT"),
    )


def _create(row: Subscription, word: str) -> ApiRequest:
    return ApiRequest(path="/s", method="POST", json=f'["{row.about}","{word}"]')


_ALL = SubscriptionPlan(create=(_NEW,), renew=(_C,), delete=(_OTHER,))


def test_deletions_come_first_and_creations_last() -> None:
    requests = list(requests_of(_own(creates=True), _ALL, "word"))
    assert [(item.method, item.path) for item in requests] == [
        ("DELETE", "/s/4"),
        ("PUT", "/s/1"),
        ("POST", "/s"),
    ]
    assert requests[2].json == '["update workout","word"]'


def test_where_a_person_creates_nothing_is_created_or_deleted() -> None:
    requests = requests_of(_own(creates=False), _ALL, "word")
    assert [item.method for item in requests] == ["PUT"]
