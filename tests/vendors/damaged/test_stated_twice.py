"""Bodies in which an object states a member twice: it is refused with its path, and the rest read.

The last of two values would count unseen, and which of them that is depends on the parser: a proof
over fields could be made with another value than the one that is read.
"""

from typing import NamedTuple

import orjson
import pytest

from kadens.fact_lines import lines_of
from kadens.payload_formats import items_of
from model.received import Context, Fetch, Part

_RECEIVED = 1_800_000_000_000  # 2027-01-15: later than everything below
_WHY = "stated twice, with different values"
_DAY = (
    b'"summaryId":"%s","calendarDate":"2026-11-20","startTimeInSeconds":1795132800,'
    b'"startTimeOffsetInSeconds":0,"durationInSeconds":86400'
)
_LINK = b"https://apis.garmin.com/wellness-api/rest/%s"


class _Body(NamedTuple):
    """A body, the paths of what it states twice, the records and keys that are read, and notices.

    `resource` is that of an answer, "" for what is pushed.
    """

    connector: str
    body: bytes
    twice: tuple[str, ...]
    read: tuple[str, ...] = ()
    resource: str = ""


_BODIES = [
    _Body(
        "garmin",
        b'{"dailies":[{"userId":"u1",%s,"steps":100,"steps":200,"distanceInMeters":5,'
        b'"distanceInMeters":5.0},{"userId":"u1","userId":"u2",%s,"steps":7},'
        b'{"userId":"u1","user\\u0049d":"u3",%s,"steps":7}]}'
        % (_DAY % b"a", _DAY % b"b", _DAY % b"c"),
        ("dailies[0].steps", "dailies[1].userId", "dailies[2].userId"),
        ("a",),
    ),
    _Body(
        "garmin",
        b'{"deregistrations":[{"userId":"u1","userId":"u4"}],"activityFiles":[{"userId":"u1",'
        b'"summaryId":"q","callbackURL":"%s","callbackURL":"%s"}]}' % (_LINK % b"x", _LINK % b"y"),
        ("activityFiles[0].callbackURL", "deregistrations[0].userId"),
    ),
    _Body(
        "google_health",
        b'[{"data":{"healthUserId":"a","operation":"UPSERT","operation":"DELETE",'
        b'"dataType":"steps","intervals":[]}},{"data":{"healthUserId":"b","operation":"DELETE",'
        b'"dataType":"steps","intervals":[{"physicalTimeInterval":{"startTime":'
        b'"2026-11-20T18:20:00Z","startTime":"2026-11-20T18:21:00Z"}},{"physicalTimeInterval":'
        b'{"startTime":"2026-11-20T18:20:00Z"}}]}}]',
        ("[0].data.operation", "[1].data.intervals[0].physicalTimeInterval.startTime"),
        ("deleted steps 1795198800000-1795198800001", "p1795198800000-1795285200000d500000"),
    ),
    _Body(
        "strava",
        b'{"object_type":"activity","object_id":1,"aspect_type":"create","aspect_type":"delete",'
        b'"owner_id":1,"subscription_id":1,"event_time":1516126040}',
        ("body.aspect_type",),
    ),
    _Body(
        "health_auto_export",
        b'{"data":{"metrics":[{"name":"weight_body_mass","units":"kg","data":[{"date":'
        b'"2026-11-21 00:05:00 +0545","qty":60,"qty":90}]}]}}',
        ("data.metrics[0].data[0].qty",),
    ),
    _Body(
        "hc_webhook",
        b'{"heart_rate":[{"bpm":60,"bpm":90,"time":"2026-11-20T18:20:00Z"}]}',
        ("heart_rate[0].bpm",),
    ),
    _Body("terra", b'{"type":"deauth","user":{"user_id":"1"},"user":{"user_id":"2"}}', ("user",)),
    _Body(
        "withings",
        b'{"status":0,"body":{"activities":[{"date":"2026-11-20","steps":1,"steps":2,'
        b'"distance":4}]}}',
        ("body.activities[0].steps",),
        ("activity:2026-11-20",),
        "getactivity",
    ),
    _Body(
        "huawei",
        b'{"openId":"h1","openId":"h2","eventType":"USER_EVENT$REVOKE_ALL","eventTime":1}',
        ("openId",),
    ),
    _Body(
        "coros",
        b'{"sportDataList":[{"openId":"c1","openId":"c2","labelId":1,"fitUrl":'
        b'"https://oss.coros.com/a"},{"openId":"c2","labelId":2,"fitUrl":'
        b'"https://oss.coros.com/a"}]}',
        ("sportDataList[0].openId",),
        ("2",),
    ),
    _Body(
        "oura",
        b'{"event_type":"update","event_type":"delete","data_type":"workout","object_id":"abc",'
        b'"event_time":"2026-10-25T01:30:00+01:00","user_id":"o1"}',
        ("event_type",),
    ),
    _Body(
        "whoop",
        b'{"user_id":1,"user_id":1,"id":"a","type":"workout.updated","trace_id":"t1","id":"b"}',
        ("id",),
    ),
    _Body(
        "suunto",
        b'{"type":"WORKOUT_CREATED","username":"s1","username":"s2","workout":{}}',
        ("username",),
    ),
    _Body(
        "junction",
        b'{"event_type":"provider.connection.error","client_user_id":"a","client_user_id":"b"}',
        ("client_user_id",),
    ),
]


@pytest.mark.parametrize("case", _BODIES, ids=lambda case: f"{case.connector} {case.twice[0]}")
def test_what_is_stated_twice_is_told_by_its_path(case: _Body) -> None:
    refused, read = [], []
    for line in lines_of(items_of(case.body, _context(case))):
        assert "notice" not in line
        if "reject" in line:
            assert line["reject"]["why"] == _WHY
            refused.append(line["reject"]["where"])
        else:
            read.append(line["record"] if "record" in line else line["fetch"]["key"])
    assert (sorted(refused), read) == (sorted(case.twice), list(case.read))


def _context(case: _Body) -> Context:
    requested = None
    if case.resource:
        requested = Fetch(
            account="a", resource=case.resource, key="1", path="/x", format=case.connector
        )
    return Context(connector=case.connector, requested=requested, received_ms=_RECEIVED)


def test_what_is_kept_of_two_users_reads_as_before() -> None:
    body = (
        b'[{"data":{"healthUserId":"b","operation":"DELETE","dataType":"steps","intervals":'
        b'[{"physicalTimeInterval":{"startTime":"2026-11-20T18:20:00Z","startTime":"2026-11-20"}},'
        b'{"physicalTimeInterval":{"startTime":"2026-11-20T18:20:00Z"}}]}},{"data":{"healthUserId":'
        b'"c","operation":"DELETE","dataType":"steps","intervals":[{"physicalTimeInterval":'
        b'{"startTime":"2026-11-20T18:20:00Z"}}]}}]'
    )
    context = Context(connector="google_health", received_ms=_RECEIVED)
    parts = [item for item in items_of(body, context) if isinstance(item, Part)]
    assert len(parts) == 2
    for part in parts:
        assert part.kept is not None
        again = [item for item in items_of(part.kept, context) if isinstance(item, Part)]
        assert [item.facts for item in again] == [part.facts]


@pytest.mark.parametrize("depth", [250, 300, 600])
def test_what_lies_deep_in_one_notice_upsets_no_other(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    notice = (
        b'{"data":{"healthUserId":"%s","operation":"DELETE","dataType":"steps","intervals":'
        b'[{"physicalTimeInterval":{"startTime":"2026-11-20T18:20:00Z"}}],"x":%s}}'
    )
    body = b"[%s,%s]" % (notice % (b"a", b"1"), notice % (b"b", deep))
    context = Context(connector="google_health", received_ms=_RECEIVED)
    parts = [item for item in items_of(body, context) if isinstance(item, Part)]
    assert [(part.account, len(part.facts), part.rejects) for part in parts] == [
        ("a", 1, ()),
        ("b", 1, ()),
    ]


def test_a_user_of_null_beside_the_user_of_the_fetch_is_none() -> None:
    # an answer may leave its user out or write null: what is kept of it names the user
    body = b'[{"userId":null,%s,"steps":7}]' % (_DAY % b"a")
    requested = Fetch(account="u9", resource="dailies", key="k", path="/x", format="garmin")
    context = Context(connector="garmin", requested=requested, received_ms=_RECEIVED)
    (part,) = items_of(body, context)
    assert isinstance(part, Part)
    assert part.kept is not None
    (again,) = items_of(part.kept, Context(connector="garmin", received_ms=_RECEIVED))
    assert isinstance(again, Part)
    assert (again.account, again.facts) == ("u9", part.facts)
    assert orjson.loads(part.kept)["dailies"][0]["userId"] == "u9"
