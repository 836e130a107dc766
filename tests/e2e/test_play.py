"""A cohort goes through the doors of a running system, and what was interrupted is continued."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.calendar import monday
from simulate.population.directory import CohortPlan, write_cohort
from simulate.population.people import Course
from tests.e2e.conftest import Running

_BODIES = 12
_LAST = monday(datetime.now(UTC).date()) - timedelta(days=8)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the first bodies of a person who exercises, by file, webhook and report."""
    folder = tmp_path_factory.mktemp("play") / "cohort"
    plan = CohortPlan(patients=1, weeks=6, seed=77, last=_LAST, courses=(Course.TWICE,))
    for _ in write_cohort(plan, folder):
        pass
    lines = (folder / "deliveries.jsonl").read_text().splitlines(keepends=True)[:_BODIES]
    assert {json.loads(line)["connector"] for line in lines} >= {"files", "open_wearables"}
    (folder / "deliveries.jsonl").write_text("".join(lines))
    return folder


def _played(running: Running, folder: Path) -> dict[str, Any]:
    done: dict[str, Any] = json.loads(running.kadens("play", str(folder), "--json"))
    done.pop("seconds")
    return done


def test_a_cohort_is_enrolled_sent_and_worked_on_and_not_sent_twice(
    running: Running, cohort: Path
) -> None:
    assert _played(running, cohort) == {"enrolled": 1, "sent": _BODIES, "sent_before": 0}
    record = json.loads(running.kadens("patient", "show", "--patient", "sim-77-0001", "--json"))
    assert (len(record["prescriptions"]), len(record["accounts"])) == (1, 2)
    first = (_LAST - timedelta(weeks=7)).isoformat()
    words = ("--patient", "sim-77-0001", "--from", first, "--format", "json")
    assert '"running"' in running.kadens("query", "sessions", *words)
    assert _played(running, cohort) == {"enrolled": 0, "sent": 0, "sent_before": _BODIES}
    sent = json.loads((cohort / "played.json").read_text())
    (cohort / "played.json").write_text(json.dumps({**sent, "bodies": 5}))
    assert _played(running, cohort) == {"enrolled": 0, "sent": _BODIES - 5, "sent_before": 5}


def test_a_cohort_that_lies_ahead_is_refused(running: Running, cohort: Path) -> None:
    head = (cohort / "cohort.json").read_text()
    later = {"version": 1, "begins": "2999-01-01T00:00:00Z", "ends": "2999-02-01T00:00:00Z"}
    (cohort / "cohort.json").write_text(json.dumps(later))
    try:
        assert running.kadens("play", str(cohort), code=2) == ""
    finally:
        (cohort / "cohort.json").write_text(head)
