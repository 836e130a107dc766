"""The JSON codec (orjson): it turns facts and events into bytes and back.

Every event carries its schema version `v`. `encode_fact` is canonical (sorted keys), so equal facts
give equal bytes. Decoding is written by hand because a typed decoder would first build Python
lists; here the columns of samples go from parsed JSON to numpy arrays.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
import orjson

from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Joining,
    Method,
    OffsetOrigin,
    Phase,
    Report,
    SampleBlock,
    Source,
    Workout,
)

SCHEMA_VERSION = 1  # an event of another version is refused, never guessed at
# Sorted keys make the bytes canonical: equal facts must have equal bytes and hashes.
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS

FACT_KINDS: dict[str, type[Any]] = {
    "samples": SampleBlock,
    "workout": Workout,
    "day": DaySummary,
    "report": Report,
    "deletion": Deletion,
}
_KIND_OF: dict[type[Any], str] = dict(zip(FACT_KINDS.values(), FACT_KINDS, strict=True))

# Most members of a fact are one of these; they are looked for first because that is quick.
_SCALARS = frozenset((int, float, str, bool, type(None)))


class UnknownSchemaError(ValueError):
    """The schema version or the kind of an event is unknown to this program."""


def kind_of(fact: Fact) -> str:
    """Return the name of a fact's kind: samples, workout, day, report or deletion.

    The name is stored and sent, so it must not change.
    """
    return _KIND_OF[type(fact)]


def dumps(value: object) -> bytes:
    """Return `value` as canonical JSON.

    Keys are sorted; numpy arrays become lists, dataclasses become objects.
    """
    return orjson.dumps(value, option=_OPTIONS)


def loads(data: bytes | memoryview | str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Parse JSON.

    Raises `orjson.JSONDecodeError`, a ValueError, for anything that is not JSON.
    """
    return orjson.loads(data)


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a dataclass as a dict of JSON values.

    Numpy arrays stay as they are, because orjson writes them itself.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if is_dataclass(kind):
        return {name: plain(getattr(value, name)) for name in _field_names(kind)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def encode_fact(fact: Fact) -> bytes:
    """Return the canonical bytes of a fact."""
    return dumps(_fact_members(fact))


def encode_attributed(attributed_fact: AttributedFact) -> bytes:
    """Return an attributed fact as the bytes of a `kadens.facts` event."""
    fact = _fact_members(attributed_fact.fact)
    envelope = {
        "patient": attributed_fact.patient,
        "connector": attributed_fact.connector,
        "received_ms": attributed_fact.received_ms,
    }
    return dumps(
        {
            "v": SCHEMA_VERSION,
            **envelope,
            "body": attributed_fact.body,
            "parser": attributed_fact.parser,
            "stated_ms": attributed_fact.stated_ms,
            "fact": fact,
        }
    )


def _fact_members(fact: Fact) -> dict[str, Any]:
    members = {"kind": kind_of(fact), **plain(fact)}
    # Only where it is stated, so that an instant has the same bytes as before there were intervals.
    if isinstance(fact, SampleBlock) and fact.until is None:
        del members["until"]
    return members


def decode_attributed(data: bytes) -> AttributedFact:
    """Return the attributed fact of a `kadens.facts` event.

    Raises `UnknownSchemaError` for another schema version or an unknown kind of fact.
    """
    event = loads(data)
    if event.get("v") != SCHEMA_VERSION:
        raise UnknownSchemaError(f"schema version {event.get('v')!r} is not {SCHEMA_VERSION}")
    return AttributedFact(
        patient=event["patient"],
        connector=event["connector"],
        received_ms=event["received_ms"],
        body=event["body"],
        fact=decode_fact(event["fact"]),
        parser=event.get("parser", 1),  # events from before parsers had versions
        stated_ms=event.get("stated_ms", 0),
    )


def decode_fact(values: dict[str, Any]) -> Fact:
    """Return the fact that `encode_fact` wrote, given its parsed JSON object.

    Raises `UnknownSchemaError` for an unknown kind.
    """
    if values.get("kind") not in FACT_KINDS:
        raise UnknownSchemaError(f"unknown kind of fact {values.get('kind')!r}")
    head = _head(values["head"])
    rest = {key: value for key, value in values.items() if key not in {"kind", "head"}}
    return _READERS[values["kind"]](head, rest)


def _head(values: dict[str, Any]) -> Head:
    source = values["source"]
    return Head(
        source=Source(
            vendor=source["vendor"],
            app=source["app"],
            device=source["device"],
            device_type=DeviceType(source["device_type"]),
            method=Method(source["method"]),
        ),
        record=values["record"],
        revision=values["revision"],
        start_ms=values["start_ms"],
        end_ms=values["end_ms"],
        offset_min=values["offset_min"],
        offset_origin=OffsetOrigin(values["offset_origin"]),
    )


def _samples(head: Head, values: dict[str, Any]) -> SampleBlock:
    until = values.get("until")
    return SampleBlock(
        head=head,
        metric=values["metric"],
        t=np.asarray(values["t"], dtype=np.int64),
        v=np.asarray(values["v"], dtype=np.float64),
        joining=Joining(values["joining"]),
        part=values["part"],
        until=None if until is None else np.asarray(until, dtype=np.int64),
    )


def _workout(head: Head, values: dict[str, Any]) -> Workout:
    # An unknown member is a TypeError: nothing that an event holds is dropped unseen.
    return Workout(head=head, **{**values, "pauses": tuple(map(tuple, values["pauses"]))})


def _day(head: Head, values: dict[str, Any]) -> DaySummary:
    return DaySummary(
        head=head, local_date=date.fromisoformat(values["local_date"]), values=values["values"]
    )


def _report(head: Head, values: dict[str, Any]) -> Report:
    typed = {"instrument": Instrument(values["instrument"]), "phase": Phase(values["phase"])}
    return Report(head=head, **{**values, **typed, "equipment": tuple(values["equipment"])})


def _deletion(head: Head, values: dict[str, Any]) -> Deletion:
    return Deletion(head=head, **values)


_READERS: dict[str, Callable[[Head, dict[str, Any]], Fact]] = {
    "samples": _samples,
    "workout": _workout,
    "day": _day,
    "report": _report,
    "deletion": _deletion,
}
