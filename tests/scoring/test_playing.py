"""A cohort is played from its beginning to its end, and no further."""

import asyncio
import json
from pathlib import Path

from kadens.scoring.cohort_reading import read_cohort
from kadens.scoring.playing import play_inline
from model.calendar import HOUR_MS, MINUTE_MS, rfc3339

_BEGINS = 1_773_162_000_000  # 2026-03-10T17:00:00Z
_ENDS = _BEGINS + HOUR_MS
_ANNA = {
    "patient": "anna",
    "zone": "Europe/Stockholm",
    "accounts": [{"connector": "reports", "account": "a-1"}],
    "consents": [{"source": "reports", "from": 0}],
}


def _answer(record: str, at_ms: int) -> bytes:
    report = {
        "id": record,
        "answered_at": rfc3339(at_ms),
        "instrument": "pain",
        "phase": "after",
        "value": 9,
        "scale": "nrs-0-10",
    }
    return json.dumps({"type": "report.created", "patient": "a-1", "report": report}).encode()


def _cohort(folder: Path, *received: int) -> Path:
    head = {"version": 1, "begins": _BEGINS, "ends": _ENDS}
    (folder / "cohort.json").write_text(json.dumps(head))
    (folder / "patients.jsonl").write_text(json.dumps(_ANNA))
    (folder / "truth.jsonl").write_text("")
    lines = []
    for number, at_ms in enumerate(received):
        (folder / str(number)).write_bytes(_answer(f"r{number}", at_ms - MINUTE_MS))
        lines.append(json.dumps({"received": at_ms, "connector": "reports", "body": str(number)}))
    (folder / "deliveries.jsonl").write_text("\n".join(lines))
    return folder


def test_the_clock_stops_at_the_end(tmp_path: Path) -> None:
    """The clock moves in steps of six hours, and the cohort lasts for one."""
    reached: list[tuple[int, int]] = []
    cohort = read_cohort(_cohort(tmp_path, _ENDS + HOUR_MS, _ENDS, _BEGINS - HOUR_MS))
    played = asyncio.run(play_inline(cohort, lambda *done: reached.append(done)))
    # what comes an hour after the end is left out
    assert reached == [(_ENDS, 2)]
    assert [(row.rule, row.raised_ms) for row in played.alerts] == [("P1", _ENDS)]
