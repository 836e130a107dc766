"""Writes bodies of patients' reports, in the native JSON that `parsers.reports` reads. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from model.calendar import utc
from model.codec import dumps
from model.facts import Instrument, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer:
    """An answer of a patient; `key` is its id in the app.

    `answered_ms` is epoch ms. `span` is [start, end) in epoch ms, and only a manual session has it.
    """

    key: str
    instrument: Instrument
    answered_ms: int
    phase: Phase = Phase.NONE
    value: float | None = None
    scale: str = ""
    session: str = ""
    type: str = ""
    span: tuple[int, int] | None = None
    reason: str = ""


def report_body(account: str, zone: str, answers: Sequence[ReportAnswer]) -> bytes:
    """Return a body with the answers of a patient, whose id in the app is `account`.

    Times are local to `zone` with their offset.
    """
    result = [_answer(zone, answer) for answer in answers]
    return dumps({"type": "report.created", "patient": account, "reports": result})


def _answer(zone: str, answer: ReportAnswer) -> dict[str, object]:
    values: dict[str, object] = {
        "id": answer.key,
        "instrument": answer.instrument.value,
        "answered_at": _local(answer.answered_ms, zone),
        "phase": answer.phase.value,
    }
    if answer.span is not None:
        start, end = (_local(ms, zone) for ms in answer.span)
        values |= {"started_at": start, "ended_at": end, "activity": answer.type}
    if answer.value is not None:
        values |= {"value": answer.value, "scale": answer.scale}
    if answer.reason:
        values |= {"reason": answer.reason}
    return values | ({"session": answer.session} if answer.session else {})


def _local(ms: int, zone: str) -> str:
    return utc(ms).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
