"""Bodies of patients' own reports, in the native JSON that `parsers.reports` reads. Pure: values to bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from model.calendar import utc
from model.codec import dumps
from model.facts import Instrument, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: `key` is the app's own id of it; `span` [start, end) in epoch ms only for a manual session."""

    key: str
    instrument: Instrument
    answered_ms: int
    phase: Phase = Phase.NONE
    value: float | None = None
    scale: str = ""
    session: str = ""
    type: str = ""
    span: tuple[int, int] | None = None


def report_body(account: str, zone: str, answers: Sequence[Answer]) -> bytes:
    """Return one body with answers of one patient, `account` at the app; times are local with their offset."""
    result = [_answer(zone, answer) for answer in answers]
    return dumps({"type": "report.created", "patient": account, "reports": result})


def _answer(zone: str, answer: Answer) -> dict[str, object]:
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
    return values | ({"session": answer.session} if answer.session else {})


def _local(ms: int, zone: str) -> str:
    return utc(ms).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
