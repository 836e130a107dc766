"""Patients' reports: recorded cases to facts, scales that are never mixed, and refusals."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import encode_fact, loads
from model.errors import BodyError
from model.facts import Deletion, Instrument, OffsetOrigin, Phase, Report
from model.schemas.report_body import SCALES
from parsers.reports import parse_reports
from tests.rows import cells_of, values_of

_AT = "2026-03-02T18:30:00+01:00"
AT_MS = 1_772_472_600_000


def _report(**changes: object) -> dict[str, Any]:
    result = {
        "id": "a1",
        "instrument": "pain",
        "phase": "after",
        "value": 4,
        "scale": "nrs-0-10",
        "answered_at": _AT,
    }
    return {**result, **changes}


def _body(*reports: object, kind: str = "report.created", patient: object = "p1") -> bytes:
    return json.dumps({"type": kind, "patient": patient, "reports": reports}).encode()


@pytest.mark.promise(3)
def test_a_pain_answer() -> None:
    parsed = parse_reports(
        json.dumps(
            {"type": "report.created", "patient": "p1", "report": _report(session="w1")}
        ).encode()
    )
    (fact,) = parsed.facts
    assert isinstance(fact, Report)
    assert parsed.account == "p1"
    assert (fact.instrument, fact.phase, fact.value, fact.scale) == (
        Instrument.PAIN,
        Phase.AFTER,
        4.0,
        "nrs-0-10",
    )
    assert (fact.head.record, fact.head.revision, fact.session) == ("a1", 0, "w1")
    assert (fact.head.start_ms, fact.head.end_ms, fact.head.offset_min) == (AT_MS, AT_MS, 60)
    assert fact.head.offset_origin is OffsetOrigin.SOURCE


def test_a_time_in_z_says_nothing_of_the_offset() -> None:
    (fact,) = parse_reports(_body(_report(answered_at="2026-03-02T17:30:00Z"))).facts
    assert (fact.head.start_ms, fact.head.offset_min) == (AT_MS, None)
    assert fact.head.offset_origin is OffsetOrigin.UNKNOWN


def test_an_amendment_and_a_withdrawal_carry_their_revision() -> None:
    (amended,) = parse_reports(_body(_report(revision=2, value=6), kind="report.amended")).facts
    assert amended.head.revision == 2
    (gone,) = parse_reports(
        _body({"id": "a1", "revision": 3, "answered_at": _AT}, kind="report.withdrawn")
    ).facts
    assert isinstance(gone, Deletion)
    assert (gone.target, gone.head.record, gone.head.revision) == ("a1", "a1", 3)


@pytest.mark.promise(3)
@pytest.mark.parametrize("phase", ["before", "during", "after", "next_morning"])
def test_pain_is_asked_around_the_exercise(phase: str) -> None:
    (fact,) = parse_reports(_body(_report(phase=phase))).facts
    assert isinstance(fact, Report)
    assert (fact.instrument, fact.phase, fact.value) == (Instrument.PAIN, Phase(phase), 4.0)


@pytest.mark.promise(3)
@pytest.mark.parametrize(
    ("instrument", "scale"),
    [("exertion", "borg-cr10"), ("exertion", "borg-6-20"), ("day_form", "form-1-5")],
)
def test_exertion_and_day_form_come_with_their_scale(instrument: str, scale: str) -> None:
    result = _report(instrument=instrument, scale=scale, value=4 if scale != "borg-6-20" else 13)
    (fact,) = parse_reports(_body(result)).facts
    assert isinstance(fact, Report)
    assert (fact.instrument, fact.scale) == (Instrument(instrument), scale)


@pytest.mark.promise(2)
@pytest.mark.promise(3)
def test_a_session_in_the_patients_own_words() -> None:
    result = _report(
        instrument="session",
        activity="walking",
        started_at="2026-03-02T17:00:00+01:00",
        ended_at=_AT,
        equipment=["cane"],
    )
    (fact,) = parse_reports(_body(result)).facts
    assert isinstance(fact, Report)
    assert (fact.type, fact.value, fact.scale, fact.equipment) == ("walking", None, "", ("cane",))
    assert (fact.head.start_ms, fact.head.end_ms) == (AT_MS - 5_400_000, AT_MS)


_MARKED = {"instrument": "not_exercise", "value": None, "scale": None, "phase": "none"}
_FROM, _TO = "2026-03-02T17:00:00+01:00", _AT


def _marked(**changes: object) -> tuple[list[Report], list[str]]:
    parsed = parse_reports(_body(_report(**{**_MARKED, **changes})))
    facts = [fact for fact in parsed.facts if isinstance(fact, Report)]
    return facts, [f"{row.where}: {row.why}" for row in parsed.rejects]


def test_a_mark_names_its_session_by_record_by_time_or_by_both() -> None:
    ((by_name,), _) = _marked(session="w1", reason="illness")
    assert (by_name.instrument, by_name.session) == (Instrument.NOT_EXERCISE, "w1")
    assert (by_name.head.start_ms, by_name.head.end_ms) == (AT_MS, AT_MS)
    assert (by_name.value, by_name.scale, by_name.reason) == (None, "", "illness")
    ((by_time,), _) = _marked(started_at=_FROM, ended_at=_TO)
    assert (by_time.session, by_time.reason) == ("", "")
    assert (by_time.head.start_ms, by_time.head.end_ms) == (AT_MS - 5_400_000, AT_MS)
    ((both,), _) = _marked(started_at=_FROM, ended_at=_TO, session="w1", instrument="exercise")
    assert (both.instrument, both.session) == (Instrument.EXERCISE, "w1")
    assert both.head.end_ms - both.head.start_ms == 5_400_000


@pytest.mark.parametrize(
    ("changes", "kept", "text"),
    [
        ({}, 0, "reports[0].session: "),
        ({"session": ""}, 0, "reports[0].session: "),
        ({"session": 7}, 0, "reports[0].session: "),
        ({"started_at": _FROM}, 0, "reports[0].ended_at: "),
        ({"started_at": _TO, "ended_at": _FROM, "session": "w1"}, 0, "reports[0].ended_at: not"),
        ({"session": "w1", "reason": "a free word"}, 1, "reports[0].reason: not one of its words"),
        ({"session": "w1", "reason": "marked by mistake"}, 1, "reports[0].reason: not one of"),
        ({"session": "w1", "reason": ["illness"]}, 1, "reports[0].reason: not one of its words"),
        ({"session": "w1", "reason": None}, 1, ""),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_a_mark_must_have(changes: dict[str, object], kept: int, text: str) -> None:
    facts, rejects = _marked(**changes)
    assert len(facts) == kept
    assert len(rejects) == bool(text)
    assert all(row.startswith(text) for row in rejects)
    assert values_of(facts, "reason") == [""] * kept


@pytest.mark.promise(3)
@pytest.mark.parametrize("scale", SCALES, ids=lambda row: row.id)
def test_the_ends_of_every_scale(scale: Any) -> None:  # noqa: ANN401 - a row of the table
    def why(value: float) -> list[str]:
        result = _report(instrument=scale.instrument, scale=scale.id, value=value)
        return values_of(parse_reports(_body(result)).rejects, "why")

    assert why(scale.low) == why(scale.high) == []
    assert why(scale.low - 1) == why(scale.high + 1) == [f"not on {scale.id}"]
    assert why(scale.low + 0.5) == (
        [f"{scale.id} has whole numbers only"] if scale.integers_only else []
    )


_BAD: list[tuple[str, dict[str, Any], str]] = [
    ("6-20 on CR10", {"instrument": "exertion", "scale": "borg-cr10", "value": 13},
     "value: not on borg-cr10"),
    ("CR10 on 6-20", {"instrument": "exertion", "scale": "borg-6-20", "value": 3},
     "value: not on borg-6-20"),
    ("no scale", {"scale": None}, "scale: not a scale for pain"),
    ("a scale of another instrument", {"scale": "borg-cr10"}, "scale: not a scale for pain"),
    ("a scale that is a list", {"scale": []}, "scale: not a scale for pain"),
    ("exertion on the pain scale", {"instrument": "exertion"}, "scale: not a scale for exertion"),
    ("half a point of pain", {"value": 4.5}, "value: nrs-0-10 has whole numbers only"),
    ("11", {"value": 11}, "value: not on nrs-0-10"),
    ("true", {"value": True}, "value: not a number"),
    ("no value", {"value": None}, "value: not a number"),
    ("an unknown instrument", {"instrument": "mood"}, "instrument: not one of its words"),
    ("an instrument that is a list", {"instrument": []}, "instrument: not one of its words"),
    ("no id", {"id": ""}, "id: not a text"),
    ("no time", {"answered_at": None}, "answered_at: not an RFC 3339 time with an offset"),
    ("a local time", {"answered_at": "2026-03-02T18:30:00"},
     "answered_at: not an RFC 3339 time with an offset"),
    ("1999", {"answered_at": "1999-12-31T23:59:59Z"},
     "answered_at: not between the years 2000 and 2100"),
    ("a negative revision", {"revision": -1}, "revision: not an integer of at least 0"),
    ("a revision with a fraction", {"revision": 1.5}, "revision: not an integer of at least 0"),
    ("a true revision", {"revision": True}, "revision: not an integer of at least 0"),
    ("a revision beyond all", {"revision": 2**60}, "revision: not an integer of at least 0"),
    ("a session without its times", {"instrument": "session"},
     "started_at: not an RFC 3339 time with an offset"),
    ("a session that ends first",
     {"instrument": "session", "started_at": _AT, "ended_at": _AT, "activity": "walking"},
     "ended_at: not after the start by at most seven days"),
    ("an unknown activity", {"activity": "quidditch"}, "activity: not a known activity"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "expected"), _BAD, ids=cells_of(_BAD, 0))
def test_a_bad_report_is_a_reject_and_the_others_are_kept(
    what: str, changes: dict[str, Any], expected: str
) -> None:
    parsed = parse_reports(_body(_report(**changes), _report(id="a2")))
    assert [f"{r.where}: {r.why}" for r in parsed.rejects] == [f"reports[0].{expected}"], what
    assert values_of(parsed.facts, "head.record") == ["a2"]


_LOST_ALONE: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown phase", {"phase": "soon"}, "phase: not one of its words"),
    ("a long site", {"site": "k" * 65}, "site: longer than 64 characters"),
    ("a session that is a number", {"session": 7}, "session: not a text"),
    ("equipment that is no list", {"equipment": "cane"}, "equipment: not a list"),
    ("equipment that is no text", {"equipment": ["cane", 1]}, "equipment[1]: not a text"),
    ("much equipment", {"equipment": ["x"] * 21}, "equipment: more than 20 pieces"),
]


@pytest.mark.parametrize(("what", "changes", "expected"), _LOST_ALONE, ids=cells_of(_LOST_ALONE, 0))
def test_a_field_beside_the_answer_costs_itself_alone(
    what: str, changes: dict[str, Any], expected: str
) -> None:
    parsed = parse_reports(_body(_report(**changes), _report(id="a2")))
    assert [f"{r.where}: {r.why}" for r in parsed.rejects] == [f"reports[0].{expected}"], what
    assert values_of(parsed.facts, "head.record", "value") == [("a1", 4.0), ("a2", 4.0)]


@pytest.mark.parametrize("kind", ["report.amended", "report.withdrawn"])
@pytest.mark.parametrize("revision", [None, 0])
def test_a_change_must_say_that_it_is_newer(kind: str, revision: int | None) -> None:
    (reject,) = parse_reports(_body(_report(revision=revision), kind=kind)).rejects
    assert (reject.where, reject.why) == ("reports[0].revision", "not an integer of at least 1")


_BAD_BODIES: list[tuple[str, bytes, str]] = [
    ("not JSON", b"pain: 4", "@0"),
    ("no patient", _body(_report(), patient=None), "patient"),
    ("a patient of 10 kB", _body(_report(), patient="p" * 10_000), "patient"),
    ("an unknown event", _body(_report(), kind="report.deleted"), "type"),
    ("an event that is a list", b'{"patient":"p","type":[],"reports":[]}', "type"),
    ("no report", b'{"patient":"p","type":"report.created"}', "report"),
    (
        "reports that are no list",
        b'{"patient":"p","type":"report.created","reports":{}}',
        "reports",
    ),
    ("too many reports", _body(*[0] * 100_001), "reports"),
]


@pytest.mark.parametrize(("what", "body", "where"), _BAD_BODIES, ids=cells_of(_BAD_BODIES, 0))
def test_an_unreadable_body_is_an_error_with_its_place(what: str, body: bytes, where: str) -> None:
    with pytest.raises(BodyError) as caught:
        parse_reports(body)
    assert caught.value.where == where, what


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
_KEYS = sorted(
    [*_report(), "revision", "session", "site", "activity", "started_at", "ended_at", "equipment"]
)


@given(
    changes=st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=4),
    kind=st.sampled_from(["created", "amended"]),
)
def test_any_field_of_a_report(changes: dict[str, Any], kind: str) -> None:
    _never_raises(_body({**_report(), **changes}, kind=f"report.{kind}"))


@given(value=_JSON)
def test_any_json(value: object) -> None:
    _never_raises(json.dumps(value).encode())


@given(value=st.binary(max_size=100))
def test_any_bytes(value: bytes) -> None:
    _never_raises(value)


def _never_raises(data: bytes) -> None:
    try:
        parsed = parse_reports(data)
    except BodyError:
        return
    for fact in parsed.facts:
        loads(encode_fact(fact))
        assert fact.head.start_ms <= fact.head.end_ms


_WEEK = {"instrument": "week", "value": 3, "scale": "sessions-this-week"}


@pytest.mark.parametrize(
    ("until", "at_ms"),
    [
        (None, AT_MS),
        (_AT, AT_MS),
        ("2026-03-01T23:59:59+01:00", AT_MS - (18 * 3_600 + 30 * 60 + 1) * 1_000),
    ],
)
def test_an_answer_about_a_week_is_about_the_time_before(until: str | None, at_ms: int) -> None:
    (fact,) = parse_reports(_body(_report(**_WEEK, ended_at=until))).facts
    assert isinstance(fact, Report)
    assert (fact.instrument, fact.value) == (Instrument.WEEK, 3.0)
    assert (fact.head.start_ms, fact.head.end_ms) == (at_ms, at_ms)


@pytest.mark.parametrize(
    "changes",
    [
        {"value": -1},
        {"value": 43},
        {"value": 2.5},
        {"scale": "form-1-5"},
        {"ended_at": "2026-03-02T18:30:01+01:00"},  # after it was given
        {"ended_at": "on Sunday"},
    ],
)
def test_what_answers_nothing_about_a_week_is_refused(changes: dict[str, Any]) -> None:
    parsed = parse_reports(_body(_report(**{**_WEEK, **changes})))
    assert (len(parsed.facts), len(parsed.rejects)) == (0, 1)


@pytest.mark.parametrize(
    ("body", "kept", "where"),
    [
        # of two answers nobody guesses which was meant, and the other reports are kept
        (b'"reports":[{%s},{%s,"value":9}]', 1, "reports[1].value"),
        (b'"reports":[{%s,"value":4},{%s,"equipment":[{"a":1,"a":2}]}]', 0, "reports[0].value"),
        (b'"report":{%s,"value":4},"x":[%s]', 0, "report.value"),
    ],
)
def test_an_answer_that_stands_twice_is_no_answer(body: bytes, kept: int, where: str) -> None:
    fields = json.dumps(_report()).encode().strip(b"{}")
    second = fields.replace(b"a1", b"a2") if b"reports" in body else b""
    event = b'{"type":"report.created","patient":"p1",' + body % (fields, second) + b"}"
    parsed = parse_reports(event)
    assert len(parsed.facts) == kept
    assert (parsed.rejects[0].where, parsed.rejects[0].why) == (where, "stands twice")


@pytest.mark.parametrize("member", ["patient", "type", "report"])
def test_an_event_with_a_member_twice_is_refused(member: str) -> None:
    event = {"type": "report.created", "patient": "p1", "report": _report()}
    again = json.dumps({member: event[member]})[1:-1]
    with pytest.raises(BodyError) as caught:
        parse_reports(f"{json.dumps(event)[:-1]}, {again}}}".encode())
    assert (caught.value.where, caught.value.why) == (member, "stands twice")


def test_a_report_that_is_too_deep_for_a_reader_is_refused() -> None:
    deep = "[" * 1000 + "]" * 1000
    body = json.dumps({"type": "report.created", "patient": "p1", "report": _report()})
    with pytest.raises(BodyError):
        parse_reports(f'{body[:-1]}, "x": {deep}}}'.encode())
