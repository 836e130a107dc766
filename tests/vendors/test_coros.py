"""COROS played without processes: a link that is pushed becomes a file, and its workout."""

import numpy as np
import pytest

from fetcher.addresses import RefusedAddressError
from fetcher.parts import FetchedVendor
from fetcher.questions import request_of
from ingest.proving.evidence import Evidence
from ingest.proving.verify import Verdict
from ingest.vendors.coros import COROS
from model.received import NoticeKind
from model.vendors.vendor_api import Api
from simulate.fit_writer import Recording, write_activity
from simulate.vendors.coros import CorosServer, coros_activity, coros_headers, coros_push
from tests.vendors.reading import (
    ArrivedBody,
    account_facts,
    answer_to,
    facts_that_hold,
    fetches_of,
    notices_and_rejects,
)
from tests.vendors.views import points_held, workouts_held

_USER, _LABEL = "open-1", 418_173_315_956_375_553
_START_MS = 1_792_917_000_000  # 2026-10-25T08:30:00Z
_NOW_MS = _START_MS + 86_400_000
_SECONDS = 1_200


def _file(start_ms: int = _START_MS) -> bytes:
    t = start_ms + np.arange(_SECONDS, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(_SECONDS, 131.0), "cadence": np.full(_SECONDS, 80.0)}
    end_ms = start_ms + _SECONDS * 1000
    return write_activity(Recording(start_ms=start_ms, end_ms=end_ms, t=t, columns=columns))


def _pushed(*files: str) -> ArrivedBody:
    activities = [coros_activity(_USER, _LABEL + n, file) for n, file in enumerate(files)]
    return ArrivedBody(body=coros_push(activities), received_ms=_NOW_MS)


def test_a_link_that_comes_later_is_fetched_once_and_gives_the_workout() -> None:
    server = CorosServer(now_s=lambda: _NOW_MS / 1000, files={"/fit/a.fit": _file()})
    empty, filled = _pushed(""), _pushed("/fit/a.fit")
    notices, rejects = notices_and_rejects(COROS, empty)
    assert ([notice.kind for notice in notices], rejects) == ([NoticeKind.PROGRESS], ())
    (fetch,) = fetches_of(COROS, [empty, filled, filled])
    assert (fetch.account, fetch.key, fetch.host) == (_USER, str(_LABEL), "oss.coros.com")
    reply = answer_to(COROS, server, fetch, "")
    answer = ArrivedBody(body=reply.body, received_ms=_NOW_MS, requested=fetch)
    facts = account_facts(COROS, answer, "") or account_facts(COROS, answer, _USER)
    held = facts_that_hold([*facts, *facts])
    ((start_ms, end_ms, _),) = workouts_held(held)
    assert (start_ms, end_ms) == (_START_MS, _START_MS + _SECONDS * 1000)
    assert len(points_held(held, "heart_rate")) == _SECONDS


def test_a_file_is_asked_for_on_pinned_hosts_alone() -> None:
    body = coros_push([{**coros_activity(_USER, 1, ""), "fitUrl": "https://d1.cloudfront.net/a"}])
    (fetch,) = fetches_of(COROS, [ArrivedBody(body=body, received_ms=_NOW_MS)])
    assert COROS.api is not None
    with pytest.raises(RefusedAddressError, match="another host"):
        request_of(FetchedVendor(name="coros", api=COROS.api), fetch)
    # what the deployer adds in the secrets file
    pinned = Api(
        host=COROS.api.host,
        hosts=("d1.cloudfront.net",),
        budget=COROS.api.budget,
        request=COROS.api.request,
    )
    request = request_of(FetchedVendor(name="coros", api=pinned), fetch)
    assert (request.host, request.path) == ("d1.cloudfront.net", "/a")


def test_the_partners_own_credentials_are_the_proof() -> None:
    for secret, verdict in (("s:1", Verdict.OK), ("guess", Verdict.FORGED)):
        headers = coros_headers("partner", secret)
        lowered = {name.lower(): value for name, value in headers.items()}
        evidence = Evidence(
            headers=lowered,
            segment="",
            patient="",
            secrets=("partner:s:1",),
            now_ms=_NOW_MS,
            window_ms=1,
        )
        assert COROS.proof.begin(evidence) is verdict
