"""What a reader yields, as plain JSON objects for facts, fetches, notices and rejects. Pure.

The form is public: `kadens inspect --facts` prints it, and recorded cases keep it. An object has
only the keys that apply to its fact.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, TypeAlias

from model.calendar import DAY_MS, rfc3339, zone_offset_min
from model.codec import dumps, kind_of, loads
from model.facts import (
    DaySummary,
    Deletion,
    Fact,
    Joining,
    OffsetOrigin,
    Reject,
    Report,
    SampleBlock,
    Workout,
)
from model.received import Fetch, Notice, Part, ReaderItem, ReaderItems

FactLine: TypeAlias = dict[str, Any]


def lines_of(items: ReaderItems, zone: str = "") -> Iterator[FactLine]:
    """Yield an object for each fact as it is read, then those of fetches, notices and rejects.

    A fact without an offset from UTC gets that of the IANA zone, when one is given.
    """
    # A payload may hold many facts, so they are yielded at once. The others are few and wait.
    others: list[FactLine] = []
    for item in items:
        if isinstance(item, Part):
            for fact in item.facts:
                yield fact_line(item.account, fact, zone)
            others += [_reject(reject, item.account) for reject in item.rejects]
        else:
            others.append(_other(item))
    for wanted in ("fetch", "notice", "reject"):
        for line in others:
            if wanted in line:
                yield line


def fact_line(account: str, fact: Fact, zone: str = "") -> FactLine:
    """Return a fact as an object: times in RFC 3339, samples as columns `t` (epoch ms) and `v`.

    Where samples hold over intervals, `until` has the ends (epoch ms).
    """
    head = fact.head
    offset, origin = head.offset_min, head.offset_origin
    if offset is None and zone:
        offset, origin = zone_offset_min(head.start_ms, zone), OffsetOrigin.PATIENT_ZONE
    line: FactLine = {
        "account": account,
        "kind": kind_of(fact),
        "metric": getattr(fact, "metric", None) or None,
        "source": loads(dumps(head.source)),
        "record": head.record,
        "revision": head.revision,
        "start": rfc3339(head.start_ms),
        "end": rfc3339(head.end_ms),
        "offset_min": offset,
        "offset_origin": origin.value,
        "local_date": _local_date(fact, offset),
        **_content(fact),
    }
    return {name: value for name, value in line.items() if value is not None}


def _local_date(fact: Fact, offset_min: int | None) -> str | None:
    """Return the date of a total, or the date on which a fact begins by its own offset."""
    if isinstance(fact, DaySummary):
        return fact.local_date.isoformat()
    if offset_min is None:
        return None
    local_ms = fact.head.start_ms + offset_min * 60_000
    return (date(1970, 1, 1) + timedelta(days=local_ms // DAY_MS)).isoformat()


def _content(fact: Fact) -> FactLine:
    match fact:
        case SampleBlock():
            return _samples(fact)
        case Workout():
            return {
                "type": fact.type,
                "said": fact.vendor_type or None,
                "moving_ms": fact.moving_ms,
                "pauses": fact.pauses or None,
                "exertion_cr10": fact.exertion_cr10,
                "effort_stated": fact.effort_stated or None,
                "summary": fact.summary or None,
            }
        case DaySummary():
            return {"summary": fact.values}
        case Report():
            return _report(fact)
        case Deletion():
            return {"target": fact.target or None}


def _samples(block: SampleBlock) -> FactLine:
    streamed = block.joining is Joining.STREAM
    until = None if block.until is None else block.until.tolist()
    return {
        "joining": block.joining.value if streamed else None,
        "part": block.part or None,
        "t": block.t.tolist(),
        "until": until,
        "v": block.v.tolist(),
    }


def _report(report: Report) -> FactLine:
    return {
        "type": report.type or None,
        "instrument": report.instrument.value,
        "phase": report.phase.value,
        "value": report.value,
        "scale": report.scale or None,
        "session": report.session or None,
        "site": report.site or None,
        "equipment": list(report.equipment) or None,
        "reason": report.reason or None,
    }


def _other(item: ReaderItem) -> FactLine:
    match item:
        case Fetch():
            return {"fetch": _fetch(item)}
        case Notice():
            return {"notice": loads(dumps(item))}
        case Reject():
            return _reject(item)
        case Part():
            raise TypeError("a part has lines of its own")


def _fetch(fetch: Fetch) -> dict[str, object]:
    values: dict[str, object] = loads(dumps(fetch))
    if not fetch.host:  # few vendors name one
        del values["host"]
    return values


def _reject(reject: Reject, account: str = "") -> FactLine:
    content = {"where": reject.where, "why": reject.text, "kind": reject.kind.value}
    if account:
        content["account"] = account
    return {"reject": content}
