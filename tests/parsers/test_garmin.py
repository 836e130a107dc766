"""Garmin's payloads of many users: which part belongs to whom, and what is kept of it.

Also how far a payload is read.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from model.codec import encode_fact
from model.columns.window import SampleColumn
from model.facts import Fact, Reject, RejectKind, SampleBlock, Workout
from model.received import Context, Fetch, Notice, Part, ReaderItem
from model.storable import fact_refusal
from parsers.formats import read_items, version_of
from parsers.json_records import MOST_LISTED_OBJECTS
from parsers.vendors.garmin import reader as garmin
from stream.compute.series.counts import spread_counts
from tests.rooms import SHARED
from tests.rows import matching, of_type, values_of, without

CONTEXT = Context(connector="garmin")
_START_S = 1_763_974_800
_VENDORS = SHARED / "vendors"


def daily(user: str, steps: int, name: str = "d") -> dict[str, Any]:
    return {
        "userId": user,
        "summaryId": f"{name}-{user}",
        "calendarDate": "2025-11-24",
        "startTimeInSeconds": _START_S - 36_000,
        "startTimeOffsetInSeconds": 3_600,
        "durationInSeconds": 60_300,
        "steps": steps,
    }


def _read(document: object) -> list[ReaderItem]:
    return list(read_items("garmin", json.dumps(document).encode(), CONTEXT))


def encoded(facts: Sequence[Fact]) -> list[bytes]:
    return list(map(encode_fact, facts))


def test_each_user_gets_a_part_with_that_users_records_alone() -> None:
    body = {
        "dailies": [daily("a", 1), daily("b", 2), daily("a", 3, "e"), daily("c", 4)],
        "mct": [{"userId": "a", "summaryId": "secret"}],
        "activities": [{"userId": "b", "summaryId": "w", "startTimeInSeconds": _START_S}],
    }
    parts = of_type(Part, _read(body))
    assert values_of(parts, "account") == ["a", "b", "c"]
    assert list(map(len, values_of(parts, "facts"))) == [2, 1, 1]
    assert [json.loads(part.kept or b"") for part in parts] == [
        {"dailies": [daily("a", 1), daily("a", 3, "e")]},
        {"dailies": [daily("b", 2)], "activities": body["activities"]},
        {"dailies": [daily("c", 4)]},
    ]


def test_what_is_kept_of_a_user_reads_as_the_part_did() -> None:
    for part in _read({"dailies": [daily("a", 1), daily("b", 2)]}):
        assert isinstance(part, Part)
        assert part.kept is not None
        (again,) = read_items("garmin", part.kept, CONTEXT)
        assert isinstance(again, Part)
        assert (again.account, again.kept) == (part.account, part.kept)
        assert encoded(again.facts) == encoded(part.facts)


def test_what_is_kept_of_an_answer_without_users_names_the_user() -> None:
    requested = Fetch(account="a", resource="dailies", key="k", path="/x")
    answer = Context(connector="garmin", requested=requested)
    unnamed = {**daily("", 7), "userId": None}
    answers: tuple[list[dict[str, Any]], ...] = ([unnamed], [without(unnamed, "userId")], [{}])
    for records in answers:
        payload = json.dumps(records, indent=1).encode()
        (part,) = of_type(Part, read_items("garmin", payload, answer))
        (again,) = of_type(Part, read_items("garmin", part.kept or b"", CONTEXT))
        assert (again.account, encoded(again.facts)) == ("a", encoded(part.facts))


def test_parts_come_one_by_one() -> None:
    items = garmin.read_garmin(
        json.dumps({"dailies": [daily("a", 1), daily("b", -1)]}).encode(), CONTEXT
    )
    first = next(items)
    assert isinstance(first, Part)
    assert first.account == "a"


def test_summary_and_details_of_an_activity_are_one_workout() -> None:
    activity = {
        "startTimeInSeconds": _START_S,
        "durationInSeconds": 600,
        "activityType": "WALKING",
        "deviceName": "Watch",
    }
    summary = {"userId": "a", "summaryId": "9", "activityId": 9, **activity}
    sample = {"startTimeInSeconds": _START_S, "heartRate": 90}
    details = {"userId": "a", "summaryId": "9-detail", "activityId": 9, "summary": activity}
    (alone,) = _read({"activities": [summary]})
    (both,) = _read({"activityDetails": [{**details, "samples": [sample]}]})
    assert isinstance(alone, Part)
    assert isinstance(both, Part)
    workout, samples = both.facts
    assert isinstance(workout, Workout)
    assert isinstance(samples, SampleBlock)
    assert encoded(alone.facts) == encoded([workout])
    assert samples.head.record == f"{workout.head.record}:samples"


@pytest.mark.parametrize(("length_s", "held_s"), [(0, 1), (1, 1), (61, 61), (900, 900)])
def test_a_slot_is_one_count_over_its_interval(length_s: int, held_s: int) -> None:
    """A count without an end would hold for ten minutes, so there is always one."""
    (block,) = _slots((length_s, 450, "WALKING"))
    assert block.until is not None
    assert (block.t.tolist(), block.v.tolist()) == ([_START_S * 1000], [450.0])
    assert block.until.tolist() == [(_START_S + held_s) * 1000]
    assert (block.head.start_ms, block.head.end_ms) == (block.t[0], block.until[0])


def test_the_types_of_a_slot_add_up_and_the_slot_again_under_another_id_does_not() -> None:
    blocks = _slots(
        (600, 300, "WALKING"), (900, 450, "WALKING"), (900, 15, "SEDENTARY"), (900, 0, "")
    )
    assert len({(block.head.source, block.head.record) for block in blocks}) == 3
    assert blocks[0].head.record == blocks[1].head.record
    assert blocks[0].head.revision < blocks[1].head.revision
    columns: list[SampleColumn] = []
    for block in blocks[1:]:
        of = SampleColumn(
            metric=block.metric,
            source=block.head.source,
            record=block.head.record,
            t=block.t,
            v=block.v,
            until=block.until,
        )
        columns.append(of)
    spread = spread_counts(columns)
    assert spread.t.tolist() == [_START_S * 1000 + n * 60_000 for n in range(15)]
    assert spread.v.tolist() == [31.0] * 15


@pytest.mark.parametrize("kind", ["x" * 4_000, "a\0b"])
def test_a_slot_of_an_odd_type_can_be_stored(kind: str) -> None:
    (block,) = _slots((900, 450, kind))
    assert fact_refusal(block) == ""


def _slots(*slots: tuple[int, float, str]) -> list[SampleBlock]:
    """Return the counts of slots that begin at one time: (length in s, steps, type)."""
    records = []
    for number, (length_s, steps, kind) in enumerate(slots):
        epoch = {"userId": "a", "summaryId": f"e{number}", "startTimeInSeconds": _START_S}
        own = {"durationInSeconds": length_s, "steps": steps, "activityType": kind}
        records.append({**epoch, **own})
    blocks: list[SampleBlock] = []
    for part in _read({"epochs": records}):
        assert isinstance(part, Part)
        blocks += of_type(SampleBlock, part.facts)
    return blocks


@pytest.mark.parametrize(
    ("written", "ours", "refused"),
    [
        ("WALKING", "walking", []),
        ("walking", "walking", []),
        ("SAILING", "other", []),
        ("OTHER", "other", []),
        ("QUIDDITCH", "other", ["activities[0].activityType"]),
    ],
)
def test_an_unknown_type_is_told_and_the_activity_stays(
    written: str, ours: str, refused: list[str]
) -> None:
    activity = {"userId": "a", "summaryId": "9", "startTimeInSeconds": _START_S}
    (part,) = _read(
        {"activities": [{**activity, "durationInSeconds": 600, "activityType": written}]}
    )
    assert isinstance(part, Part)
    (workout,) = part.facts
    assert isinstance(workout, Workout)
    assert (workout.type, workout.vendor_type) == (ours, written)
    assert values_of(part.rejects, "where") == refused


@pytest.mark.parametrize(
    ("summary", "refused"),
    [
        (None, "summary"),
        ({"activityType": "WALKING"}, "startTimeInSeconds"),
        ({"activityType": "WALKING", "startTimeInSeconds": _START_S}, "durationInSeconds"),
    ],
)
def test_details_without_a_usable_summary_make_a_workout(
    summary: dict[str, object] | None, refused: str
) -> None:
    seconds = [*range(600), *range(901, 1200)]
    samples = [{"startTimeInSeconds": _START_S + s, "heartRate": 90} for s in seconds]
    details = {"userId": "a", "summaryId": "9-detail", "activityId": 9, "summary": summary}
    (part,) = _read({"activityDetails": [{**details, "samples": samples}]})
    assert isinstance(part, Part)
    workout, block = part.facts
    assert isinstance(workout, Workout)
    assert isinstance(block, SampleBlock)
    begin_ms = _START_S * 1000
    assert (workout.head.start_ms, workout.head.end_ms) == (begin_ms, begin_ms + 1_200_000)
    assert workout.pauses == ((begin_ms + 600_000, begin_ms + 901_000),)
    assert workout.type == ("walking" if summary else "other")
    assert (len(block.t), workout.head.record) == (899, "activity:9")
    assert refused in part.rejects[0].where
    assert part.rejects[-1].why == "no usable summary: made from samples"
    (alone,) = _read({"activityDetails": [{**details, "samples": samples[:1]}]})
    assert isinstance(alone, Part)
    assert alone.facts == ()


def test_an_edit_stands_over_what_the_watch_measured() -> None:
    activity = {
        "userId": "a",
        "summaryId": "9",
        "activityId": 9,
        "startTimeInSeconds": _START_S,
        "durationInSeconds": 604_800,
    }
    revisions = []
    for name in ("activities", "manuallyUpdatedActivities"):
        (part,) = read_items(
            "garmin", json.dumps({name: [activity]}).encode(), Context(connector="garmin")
        )
        assert isinstance(part, Part)
        revisions.append(part.facts[0].head.revision)
    assert revisions == [0, 2]


def test_an_unknown_list_is_one_notice() -> None:
    assert _read({"jetLag": [{"userId": "a"}] * 3}) == [
        Notice(account="", kind="unknown")  # type: ignore[arg-type]  # a StrEnum's value
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", RejectKind.DAMAGED),
        (b"[]", RejectKind.DAMAGED),
        (b"\xff{}", RejectKind.DAMAGED),
        (b'{"dailies": [NaN}', RejectKind.DAMAGED),
        (b'{"dailies": []} x', RejectKind.DAMAGED),
        (b'{"dailies": ' + b"[" * 100_000, RejectKind.TOO_MUCH),
        (b'{"a": [' + b"{}," * (MOST_LISTED_OBJECTS) + b"{}]}", RejectKind.TOO_MUCH),
    ],
)
def test_a_body_that_is_no_object_of_lists_is_refused(body: bytes, kind: RejectKind) -> None:
    items = list(read_items("garmin", body, CONTEXT))
    assert [getattr(item, "kind", None) for item in items] == [kind]


@pytest.mark.skipif(
    not _VENDORS.exists(), reason="the vendors' samples are not beside this checkout"
)
def test_samples_of_others_are_read() -> None:
    rows = json.loads((_VENDORS / "garmin" / "garmin_webhook_task.payloads.json").read_bytes())
    kinds = {row["from"].partition(".")[2]: kinds_of(row["payload"]) for row in rows}
    assert kinds["test_push_webhook_success"] == ["Part"]
    assert kinds["test_push_webhook_multiple_activities"] == ["Part", "Part"]
    assert kinds["test_push_webhook_permissions_invalid_entries"] == ["Reject", "Reject"]
    assert kinds["test_push_webhook_sleeps_data"] == ["Part"]
    pushed = json.loads((_VENDORS / "synthetic" / "garmin_push_dailies.json").read_bytes())
    (part,) = _read(pushed)
    assert isinstance(part, Part)
    assert (len(part.facts), part.rejects) == (2, ())


def kinds_of(payload: object) -> list[str]:
    return values_of(map(type, _read(payload)), "__name__")


def _activity(user: str, **changes: object) -> dict[str, Any]:
    own = {"userId": user, "summaryId": f"s-{user}", "activityId": 9}
    return {**own, "startTimeInSeconds": _START_S, "durationInSeconds": 600, **changes}


@pytest.mark.parametrize("link", [None, ""])
def test_a_record_whose_link_is_empty_holds_its_data(link: str | None) -> None:
    run, day = _activity("a"), daily("b", 7)
    plain = of_type(Part, _read({"activities": [run], "dailies": [day]}))
    for record in (run, day):
        record["callbackURL"] = link
    linked = of_type(Part, _read({"activities": [run], "dailies": [day]}))
    assert list(map(encoded, values_of(linked, "facts"))) == list(
        map(encoded, values_of(plain, "facts"))
    )
    assert list(map(len, values_of(linked, "facts"))) == [1, 1]


@pytest.mark.parametrize("written", ["9" * 5_000, "1e999", "NaN", "-Infinity", "[NaN]"])
@pytest.mark.parametrize("listed", ["activities", "userPermissionsChange"])
def test_what_is_no_number_costs_its_own_record(listed: str, written: str) -> None:
    records = [_activity(user, steps=7 if user != "b" else "?") for user in "abc"]
    body = json.dumps({listed: records}).replace('"?"', written)
    items = list(read_items("garmin", body.encode(), CONTEXT))
    lost = matching(of_type(Part, items), facts=())
    refused = lost[0].rejects if lost else of_type(Reject, items)
    assert values_of(refused, "where", "why") == [(f"{listed}[1]", "not JSON that can be read")]
    assert {item.account for item in items if not isinstance(item, Reject)} - {"b"} == {"a", "c"}


def test_a_record_that_is_no_number_is_refused_alone() -> None:
    body = json.dumps({"dailies": [daily("a", 7), "?"]}).replace('"?"', "NaN")
    part, reject = sorted(read_items("garmin", body.encode(), CONTEXT), key=repr)
    assert isinstance(part, Part)
    assert len(part.facts) == 1
    assert isinstance(reject, Reject)
    assert (reject.where, reject.why) == ("dailies[1]", "not an object")


def test_a_file_is_fetched_whatever_its_declared_type_is() -> None:
    link = "https://apis.garmin.com/wellness-api/rest/activityFile?id=1&token=x"
    record = {"userId": "a", "summaryId": "s", "callbackURL": link}
    for stated in (4, True, ["FIT"]):
        fetch, reject = _read({"activityFiles": [{**record, "fileType": stated}]})
        assert [fetch] == _read({"activityFiles": [record]})
        assert isinstance(reject, Reject)
        assert reject.where == "activityFiles[0].fileType"


def test_of_permissions_those_that_can_be_read_stay() -> None:
    changed = {"userId": "a", "permissions": ["ACTIVITY_EXPORT", None, "HEALTH_EXPORT", 7]}
    notice, reject = _read({"userPermissionsChange": [changed]})
    assert isinstance(notice, Notice)
    assert notice.scopes == ("ACTIVITY_EXPORT", "HEALTH_EXPORT")
    assert isinstance(reject, Reject)
    assert (reject.where, reject.count) == ("userPermissionsChange[0].permissions", 2)


def test_a_null_beside_an_id_or_an_offset_hides_neither() -> None:
    sample = {"startTimeInSeconds": _START_S, "heartRate": 90}
    inner = _activity("a", activityId=2**55 + 7)
    details = {"userId": "a", "summaryId": "x-detail", "activityId": None, "samples": [sample]}
    (part,) = of_type(Part, _read({"activityDetails": [{**details, "summary": inner}]}))
    assert part.facts[0].head.record == f"activity:{2**55 + 7}"
    stated = _activity("a", startTimeOffsetInSeconds=None, offsetInSeconds=3_600)
    (moved,) = of_type(Part, _read({"moveIQActivities": [stated]}))
    assert moved.facts[0].head.offset_min == 60


def test_the_format_has_a_version_of_its_own() -> None:
    assert version_of("garmin") == 8


_LOST_ALONE: list[tuple[str, str, dict[str, Any], str]] = [
    ("an offset in words", "activities", {"startTimeOffsetInSeconds": "CET"}, "startTimeOffset"),
    ("an offset of a day", "activities", {"startTimeOffsetInSeconds": 86_400}, "startTimeOffset"),
    ("a type that is a number", "activities", {"activityType": 7}, "activityType"),
    ("a device that is a list", "activities", {"deviceName": []}, "deviceName"),
    ("an offset of a slot", "epochs", {"startTimeOffsetInSeconds": []}, "startTimeOffset"),
    ("a type of a slot", "epochs", {"activityType": {}}, "activityType"),
    ("a date that is none", "dailies", {"calendarDate": "today"}, "calendarDate"),
]


@pytest.mark.parametrize(
    ("what", "listed", "changes", "field"), _LOST_ALONE, ids=[row[0] for row in _LOST_ALONE]
)
def test_a_field_that_names_and_dates_nothing_costs_itself_alone(
    what: str, listed: str, changes: dict[str, Any], field: str
) -> None:
    record = {
        **daily("a", 40),
        "startTimeInSeconds": _START_S,
        "durationInSeconds": 600,
        "timeOffsetHeartRateSamples": {"15": 90},
        **changes,
    }
    (part,) = _read({listed: [record]})
    assert isinstance(part, Part)
    assert len(part.facts) == 1, what
    (reject,) = part.rejects
    assert field in reject.where
