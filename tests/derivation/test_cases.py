"""The shared field cases, read in place: each readable case gives what its `expected.json` says.

A case whose kind of fault is not mended yet is expected to fail, and the mend must remove it from
`NOT_YET`. To look at a case by hand, `kadens derive` takes the manifest that `case_manifest`
returns.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kadens.derivation.derivation import derive_manifest
from tests.derivation.outcome import CHECKS, UNCHECKED, CaseOutcome
from tests.rooms import SHARED
from tests.rows import entries_of, values_of

_CASES = SHARED / "cases"
JUDGED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)  # later than everything that the cases hold
CASE_PROFILE = {"valid_from": "2020-01-01", "hr_rest": 60, "hr_max": 190}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A shared case, and how it is run.

    `files` are received in this order, a minute apart, the first at `received`. `expected` leads to
    the expectation within `expected.json`; with `more` it is extended. `svix` has the times that
    the sender signed, by file.
    """

    id: str
    files: tuple[str, ...]
    connector: str = "files"
    received: str = "2026-10-31T08:00:00Z"
    expected: tuple[str, ...] = ()
    more: Mapping[str, Any] | None = None
    again: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "/".join((self.id, *self.expected))


def _vendor(key: str, count: int, **how: Any) -> Case:  # noqa: ANN401 - the fields of a case
    files = tuple(f"{number + 1}.json" for number in range(count))
    return Case(id=key, files=files, connector="open_wearables", **how)


READABLE: Sequence[Case] = (
    Case(id="F01", files=("power-up-time.fit",)),
    Case(id="F02", files=("stale-first-records.fit",)),
    Case(id="F03", files=("resume-later.fit",)),
    Case(id="F04", files=("records-only.fit",), expected=("files", "records-only.fit")),
    Case(id="F04", files=("laps-only.fit",), expected=("files", "laps-only.fit")),
    Case(id="F05", files=("no-records.fit",)),
    Case(id="F06", files=("hr-messages.fit",)),
    Case(id="F07", files=("native-override.fit",)),
    Case(id="F08", files=("late-description.fit",)),
    Case(id="F11", files=("zero-and-255.fit",)),
    Case(id="F12", files=("clock-back.fit",)),
    Case(id="F15", files=("elapsed-zero.fit",)),
    Case(id="F17", files=("same-file-id-1.fit", "same-file-id-2.fit")),
    Case(id="F18", files=("battery-died.fit",)),
    Case(id="F19", files=("no-start-time.fit",)),
    Case(id="F21", files=("two-a-second.fit",)),
    Case(id="F22", files=("two-zones-chained.fit",)),
    # both as the file inside them: a run of 10 min
    Case(
        id="F23",
        files=("activity.fit.gz",),
        more={"sessions": 1, "session_min": 10, "type": "running", "heart_n": 600},
    ),
    Case(
        id="F23",
        files=("original.zip",),
        more={"sessions": 1, "session_min": 10, "type": "running", "heart_n": 600},
    ),
    Case(id="F24", files=("timestamp16-back.fit",)),
    Case(id="F25", files=("noise-2062.fit",), received="2026-10-05T08:00:00Z"),
    Case(id="F26", files=("course.fit",)),
    _vendor("O01", 3),
    _vendor("O02", 2, again=("1.json",)),
    _vendor("O03", 2),
    _vendor("O04", 2),
    _vendor("O05", 2),
    _vendor("O06", 1),
    _vendor("O07", 2),
    _vendor("O08", 2),
    _vendor("O09", 1),
    _vendor("O10", 2),
    _vendor("O13", 2),
    # told, not counted, and no proof that anything was delivered
    _vendor(
        "O15",
        1,
        received="2026-10-05T06:00:00Z",
        more={"sessions_counted": 0, "reason": True, "watermark": "2026-10-05T06:05:00Z at most"},
    ),
    _vendor("O19", 3),
    Case(id="C01", files=("health_connect_export.db",)),
    Case(id="G01", files=("namespaces.gpx",)),
    Case(id="A01", files=("export.xml",)),
    Case(id="A02", files=("export.xml",)),
    Case(id="H02", files=("body.json",)),
    Case(id="H02", files=("body.json",), connector="health_auto_export"),
    Case(id="GO01", files=("notifications.json", "points.json"), connector="google_health"),
    Case(id="P01", files=("exercise.json",)),
    Case(
        id="SU01",
        files=("webhook.json", "list.json"),
        connector="suunto",
        more={"record": "6aa10da139e69418a2fa8db1"},
    ),
    Case(id="T01", files=("mapmy.tcx",)),
    Case(id="T03", files=("no-track.tcx",), expected=("no_track",)),
    Case(id="T03", files=("course.tcx",), expected=("course",)),
)
# The kind of fault (`truth.md` section 1) of each case that is not mended yet.
NOT_YET: Mapping[str, str] = {}
NOT_READABLE: Mapping[str, str] = {
    "S01": "signatures are proved at the door, which `derive` does not have",
    "OU01": "signatures and a handshake, which `derive` does not have: tests/vendors/test_oura.py",
    "ST01": "its events hold no data: tests/vendors/test_strava.py takes each of them",
}
pytestmark = pytest.mark.skipif(not _CASES.exists(), reason="the shared cases are not there")


def expected_of(case: Case) -> dict[str, Any]:
    """Return the expectation of a case by key."""
    path = _CASES / case.id / "expected.json"
    value: Any = json.loads(path.read_text(encoding="utf-8"))
    for name in case.expected:
        value = value[name]
    return {**value, **(case.more or {})}


def case_manifest(case: Case, zone: str, order: Sequence[int] = ()) -> dict[str, Any]:
    """Return the manifest of a case with its bodies in some order, each at its time of receipt."""
    received = datetime.fromisoformat(case.received)
    bodies = []
    for number, file in enumerate((*case.files, *case.again)):
        at = received + timedelta(minutes=number)
        path = str(_CASES / case.id / file)
        body = {"path": path, "connector": case.connector, "received": at.isoformat()}
        bodies.append(body)
    return {
        "zone": zone,
        "now": JUDGED_AT.isoformat(),
        "profiles": [CASE_PROFILE],
        "bodies": [bodies[number] for number in order or range(len(bodies))],
    }


def outcomes(case: Case, expected: Mapping[str, Any], folder: Path) -> Iterator[CaseOutcome]:
    """Yield the outcome of a case for every order of its bodies."""
    zone = expected.get("zone", "Europe/Stockholm")
    for order in permutations(range(len(case.files) + len(case.again))):
        path = folder / "manifest.json"
        path.write_text(json.dumps(case_manifest(case, zone, order)), encoding="utf-8")
        yield CaseOutcome(derive_manifest(path))


def marked(case: Case) -> Any:  # noqa: ANN401 - pytest does not export the type
    """Return a case as a parameter; one that is not mended yet must fail."""
    kind = NOT_YET.get(case.name) or NOT_YET.get(case.id)
    marks = [pytest.mark.xfail(reason=kind, strict=True)] if kind else []
    return pytest.param(case, id=f"{case.name} {case.files[0]}", marks=marks)


@pytest.mark.parametrize("case", list(map(marked, READABLE)))
def test_a_case_gives_what_is_right(case: Case, tmp_path: Path) -> None:
    expected = expected_of(case)
    names = [name for name in expected if name not in UNCHECKED and name in CHECKS]
    assert names, "a case without a check proves nothing"
    for outcome in outcomes(case, expected, tmp_path):
        wrong = {
            name: expected[name] for name in names if not CHECKS[name](outcome, expected[name])
        }
        shown = entries_of(outcome.json, ("sessions", "refused"))
        assert wrong == {}, json.dumps(shown)


def test_every_case_is_listed_and_every_key_is_checked() -> None:
    folders = {path.name for path in _CASES.iterdir() if path.is_dir()}
    assert folders == set(values_of(READABLE, "id")) | set(NOT_READABLE)
    unknown = {}
    for case in READABLE:
        left = set(expected_of(case)) - set(CHECKS) - UNCHECKED
        if left:
            unknown[case.name] = left
    assert unknown == {}


def test_what_is_not_mended_is_a_case() -> None:
    names = set(values_of(READABLE, "name")) | set(values_of(READABLE, "id"))
    assert set(NOT_YET) - names == set()
