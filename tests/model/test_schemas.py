"""The published JSON Schemas accept and refuse what the code accepts and refuses.

Each field of a good document is replaced by each of many odd values, in turn: schema and code must
agree every time, but for the rules that no schema can say, which are listed.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, make_dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import jsonschema_rs
import orjson
import pytest

from alerts.prescribing import prescribing_problems, published_prescription
from kadens.json_files import read_json_file
from model.codec import decode_attributed, encode_attributed
from model.derived.changes import DerivedChange
from model.envelope import Envelope
from model.errors import BodyError
from model.facts import AttributedFact
from model.intensity import HeartProfile, profile_problems
from model.prescription import Prescription
from model.received import Fetch
from model.schemas.documents import SCHEMAS, published
from model.schemas.from_types import JsonSchema, schema_of
from model.schemas.report_body import EXAMPLE, SCALES
from model.storable import fact_refusal
from parsers.reports import parse_reports
from stream.deriving.derive_batch import event
from tests.clinic_world import clinic_facts

_T = TypeVar("_T")
Accepts: TypeAlias = Callable[[Any], bool]
ABSENT = object()
ODD: tuple[Any, ...] = (
    ABSENT, None, True, -1, 0, 1, 5, 6, 10, 11, 20, 21, 4.5, 99, 100, 101, 250, 251, 841, 2_501,
    2**31, 2**53, 2**53 + 1, 2**63, 4_102_444_800_000, -(10**13), "", "x", "pain", "session",
    "hrr", "female", "walking", "nrs-0-10", "borg-6-20", "form-1-5", "heart_rate", "after",
    "x" * 64, "x" * 65, "x" * 256, "x" * 257, "x" * 512, "x" * 513, "a\nb", "a" * 64,
    "2026-06-11", "2026-02-30", "1899-12-31", "2199-12-31", "2200-01-01",
    "2026-06-11T08:20:15+02:00", "1999-06-11T08:20:15Z", "2100-06-11T08:20:15Z",
    "2026-06-11T08:20:15", "2026-06-11T25:20:15Z", "2026-06-11T08:20:15+14:30",
    [], ["walking"], ["x" * 64], ["x" * 65], ["x"] * 20, ["x"] * 21, [1, 2], {}, {"x": 1},
    {"heart_rate": 60.0},
)  # fmt: skip

_PRESCRIPTION = {
    "id": "rx-1",
    "version": 1,
    "valid_from": "2026-06-01",
    "valid_to": "2026-09-01",
    "sessions_per_week": 3,
    "minutes_per_session": 30,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
    "types": ["walking"],
    "pauses": [{"first": "2026-07-01", "last": "2026-07-08", "why": "holiday"}],
    "pain_limit": 6,
    "dose_min_per_week": 150.0,
    "strength_days": 2,
    "max_per_day": 2,
    "cardiac": False,
    "prescriber": "dr-1",
    "reason": "after surgery",
    "weekdays": ["mon", "wed", "fri"],
    "most_minutes_per_session": 45,
    "hr_ceiling": 150.0,
    "rpe_ceiling": 6.0,
    "rpe_scale": "borg-cr10",
    "progression": [
        {
            "from_week": 3,
            "sessions_per_week": 4,
            "weekdays": ["mon", "wed", "fri", "sun"],
            "minutes_per_session": 40,
            "most_minutes_per_session": 60,
            "dose_min_per_week": 160.0,
            "intensity": {"method": "hrr", "low": 0.5, "high": 0.7},
        }
    ],
    "progression_from": "2026-06-01",
    "diagnoses": ["M17.1"],
    "function": "walks without aids",
    "balance": "steady",
    "activity": "Nordic walking",
    "form": "far-1",
    "follow_up": {"who": "Karin Lind", "how": "by telephone", "on": "2026-07-01"},
    "renews": "rx-0/2",
    "sha256": "",
    "rules": {"P1": {"high": 7}},
}
_PROFILE = {
    "valid_from": "2026-06-01",
    "birth_year": 1961,
    "hr_rest": 60.0,
    "hr_max": 170.0,
    "vt1_bpm": 110.0,
    "vt2_bpm": 140.0,
    "threshold_hr": 135.0,
    "ftp_w": 180.0,
    "clinician_bpm": [90.0, 100.0, 120.0, 150.0],
    "sex": "female",
}
_SESSION = {
    "type": "report.created",
    "patient": "app-user-17",
    "report": {
        "id": "ans-2",
        "instrument": "session",
        "activity": "walking",
        "started_at": "2026-06-11T07:20:15+02:00",
        "ended_at": "2026-06-11T08:00:15+02:00",
        "answered_at": "2026-06-11T08:20:15+02:00",
        "equipment": ["poles"],
    },
}
_WEEKLY = {
    **EXAMPLE,
    "report": {
        "id": "ans-3",
        "instrument": "week",
        "value": 3,
        "scale": "sessions-this-week",
        "answered_at": "2026-06-14T20:20:15+02:00",
        "ended_at": "2026-06-14T20:00:00+02:00",
    },
}
_MARK = {
    "type": "report.created",
    "patient": "app-user-17",
    "report": {
        "id": "ans-3",
        "instrument": "not_exercise",
        "session": "w-1",
        "answered_at": "2026-06-11T08:20:15+02:00",
        "reason": "everyday activity",
    },
}
_MARKED_BY_TIME = {
    "type": "report.created",
    "patient": "app-user-17",
    "report": {
        "id": "ans-4",
        "instrument": "exercise",
        "started_at": "2026-06-11T07:20:15+02:00",
        "ended_at": "2026-06-11T08:00:15+02:00",
        "answered_at": "2026-06-11T08:20:15+02:00",
        "reason": "marked by mistake",
    },
}
WITHDRAWN = {
    "type": "report.withdrawn",
    "patient": "app-user-17",
    "report": {"id": "ans-1", "revision": 1, "answered_at": "2026-06-11T08:20:15+02:00"},
}
AMENDED = {**EXAMPLE, "type": "report.amended", "report": {**EXAMPLE["report"], "revision": 2}}


def _read(document: Any, cls: type[_T], folder: Path) -> _T:  # noqa: ANN401 - JSON
    """Return what the commands read from a file with this document."""
    path = folder / "value.json"
    path.write_bytes(orjson.dumps(document))
    return read_json_file(path, cls)


def accepts_prescription(folder: Path) -> Accepts:
    return lambda document: not prescribing_problems(_read(document, Prescription, folder))


def accepts_profile(folder: Path) -> Accepts:
    return lambda document: not profile_problems(_read(document, HeartProfile, folder))


def accepts_report(document: Any) -> bool:  # noqa: ANN401 - JSON
    return not parse_reports(orjson.dumps(document)).rejects


def accepts_fact(document: Any) -> bool:  # noqa: ANN401 - JSON
    return fact_refusal(decode_attributed(orjson.dumps(document)).fact) == ""


def paths(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the way to each value of a document, without the document itself."""
    pairs = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in pairs:
        yield (*way, key)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*way, key))


def _changed(document: Any, way: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 - JSON
    made = copy.deepcopy(document)
    owner = made
    for key in way[:-1]:
        owner = owner[key]
    if value is ABSENT:
        del owner[way[-1]]
    else:
        owner[way[-1]] = value
    return made


def code_takes(accepts: Accepts, document: Any) -> bool:  # noqa: ANN401 - JSON
    try:
        return accepts(document)
    except (BodyError, ValueError, TypeError, KeyError, AttributeError):
        return False


# No schema can say that one of two fields must be the greater.
ORDERED = {
    "valid_from", "valid_to", "low", "high", "clinician_bpm", "started_at", "first", "last",
    "sessions_per_week", "max_per_day", "pain_limit", "answered_at", "weekdays", "pauses",
    "most_minutes_per_session", "minutes_per_session", "progression", "progression_from",
    "from_week", "on", "sha256", "rpe_ceiling", "rpe_scale",
}  # fmt: skip


def _differences(schema: JsonSchema, document: Any, accepts: Accepts) -> list[str]:  # noqa: ANN401
    """Return every change of a document on which schema and code disagree."""
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert validator.is_valid(document), list(validator.iter_errors(document))
    assert code_takes(accepts, document)
    wrong = []
    for way in paths(document):
        for value in ODD:
            made = _changed(document, way, value)
            by_schema, by_code = validator.is_valid(made), code_takes(accepts, made)
            out_of_order = by_schema and bool(ORDERED & set(way))
            if by_schema != by_code and not out_of_order:
                shown = "absent" if value is ABSENT else json.dumps(value)[:40]
                wrong.append(f"{'.'.join(map(str, way))} = {shown}: schema {by_schema}")
    return wrong


@pytest.mark.slow
def test_a_prescription(tmp_path: Path) -> None:
    assert _PRESCRIPTION.keys() == {field.name for field in fields(Prescription)}
    assert (
        _differences(published_prescription(), _PRESCRIPTION, accepts_prescription(tmp_path)) == []
    )


def test_a_profile(tmp_path: Path) -> None:
    """Each figure alone, so that none contradicts another."""
    for name, value in _PROFILE.items():
        document = {"valid_from": "2026-06-01", name: value}
        assert _differences(published("profile"), document, accepts_profile(tmp_path)) == []


@pytest.mark.parametrize(
    "document",
    [EXAMPLE, AMENDED, _SESSION, _WEEKLY, WITHDRAWN, _MARK, _MARKED_BY_TIME],
    ids=["pain", "amended", "session", "week", "withdrawn", "mark", "marked by time"],
)
def test_a_report(document: Any) -> None:  # noqa: ANN401 - JSON
    assert _differences(published("report"), document, accepts_report) == []


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.id)
def test_a_scale(scale: Any) -> None:  # noqa: ANN401 - a row
    report = {
        **EXAMPLE["report"],
        "instrument": scale.instrument,
        "scale": scale.id,
        "value": scale.high,
    }
    assert _differences(published("report"), {**EXAMPLE, "report": report}, accepts_report) == []


def fact_events() -> dict[str, Any]:
    """Return an event of each kind that the invented patients have."""
    events: dict[str, Any] = {}
    for fact in clinic_facts()["p-pain"]:
        attributed = AttributedFact(
            patient="p-pain", connector="files", received_ms=1, body="0" * 64, fact=fact
        )
        document = orjson.loads(encode_attributed(attributed))
        for column in ("t", "v"):
            if column in document["fact"]:
                document["fact"][column] = document["fact"][column][:2]
        events[document["fact"]["kind"]] = document
    return events


def test_an_event_has_the_ends_of_its_counts_or_no_word_of_them() -> None:
    document = fact_events()["samples"]
    validator = jsonschema_rs.validator_for(published("event-facts"))
    t = document["fact"]["t"]
    held = _changed(_changed(document, ("fact", "metric"), "steps"), ("fact", "until"), t)
    assert validator.is_valid(held)
    assert accepts_fact(held)
    assert not validator.is_valid(_changed(held, ("fact", "until"), [t[0] + 0.5, t[1]]))


@pytest.mark.parametrize("kind", ["samples", "workout", "report"])
def test_every_fact_that_is_written_keeps_to_its_schema(kind: str) -> None:
    document = fact_events()[kind]
    validator = jsonschema_rs.validator_for(published("event-facts"))
    assert list(validator.iter_errors(document)) == []
    for way in paths(document["fact"]):
        for value in ODD:
            made = _changed(document, ("fact", *way), value)
            if validator.is_valid(made) and not code_takes(accepts_fact, made):
                assert is_out_of_order(made["fact"]), (way, value)


def is_out_of_order(fact: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a fact is refused for what no schema can say: order, lengths, sums."""
    head, t = fact["head"], fact.get("t", [])
    span = head["end_ms"] - head["start_ms"]
    of_instants = "until" in fact and fact["metric"] == "heart_rate"
    ordered = t == sorted(t) and len(t) == len(fact.get("v", []))
    return not 0 <= span <= 31 * 86_400_000 or not ordered or of_instants


def test_a_derived_event_keeps_to_its_schema() -> None:
    change = DerivedChange(what="day.revised", key="2026-06-11", reason="new facts")
    document = orjson.loads(orjson.dumps(event("p-1", [change])))
    validator = jsonschema_rs.validator_for(published("event-derived"))
    assert list(validator.iter_errors(document)) == []
    document["changes"][0]["what"] = "day.renamed"
    assert not validator.is_valid(document)


def test_headers_of_a_raw_event_keep_to_their_schema() -> None:
    fetch = Fetch(account="a", resource="r", key="k", path="/p", query=(("token", "t"),))
    envelope = Envelope(connector="f", received_ms=1, sha256="0" * 64, size=3, requested=fetch)
    headers = {name: value.decode() for name, value in envelope.headers()}
    validator = jsonschema_rs.validator_for(published("event-raw-headers"))
    assert list(validator.iter_errors(headers)) == []
    assert not validator.is_valid({**headers, "size": "three"})
    assert Envelope.read(envelope.headers()).requested == fetch
    # the query of a vendor's own link may hold a credential, and does not travel
    linked = replace(envelope, requested=replace(fetch, host="vendor.example"))
    assert "token" not in dict(linked.headers())["requested"].decode()
    assert Envelope.read(linked.headers()).requested == replace(fetch, query=())
    assert list(validator.iter_errors({k: v.decode() for k, v in linked.headers()})) == []


@pytest.mark.parametrize(
    "schema",
    [published_prescription(), *map(published, SCHEMAS)],
    ids=["prescription", *SCHEMAS],
)
def test_a_description_names_fields_and_topics_and_no_part_of_the_code(schema: JsonSchema) -> None:
    dotted = set(re.findall(r"`(\w+)\.[\w.]+`", json.dumps(schema)))
    assert dotted <= {"head", "intensity", "kadens"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_json_schema(name: str) -> None:
    jsonschema_rs.meta.validate(published(name))


def test_that_of_a_prescription_is_a_json_schema() -> None:
    jsonschema_rs.meta.validate(published_prescription())


def test_a_type_without_a_shape_is_refused() -> None:
    with pytest.raises(TypeError, match="no JSON Schema is known for"):
        schema_of(make_dataclass("Unshaped", [("field", complex)]), {})
