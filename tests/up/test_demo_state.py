"""An interrupted demo continues where it was; a complete demo is not sent again."""

from pathlib import Path

import pytest

from kadens.local.demo_state import STATE, DemoState, begin, read_state, write_state
from simulate.cohort import Cohort
from simulate.deliveries import history

_NOW_MS = 1_763_974_800_000  # 2025-11-24T09:00:00Z
_DAY_MS = 86_400_000
_FIRST = DemoState(now_ms=_NOW_MS, seed=7, weeks=3)
_LATER = DemoState(now_ms=_NOW_MS + _DAY_MS, seed=1, weeks=12)


def enrolled(_cohort: Cohort) -> bool:
    return True


def taken(_cohort: Cohort) -> bool:
    return False


def test_a_first_demo_is_remembered_before_anybody_is_enrolled(tmp_path: Path) -> None:
    seen: list[DemoState | None] = []

    def enrol(_cohort: Cohort) -> bool:
        seen.append(read_state(tmp_path))
        return True

    assert begin(tmp_path, _FIRST, enrol) is _FIRST
    assert seen == [_FIRST]


@pytest.mark.parametrize("enrol", [enrolled, taken])
def test_an_interrupted_demo_goes_on_as_it_began(tmp_path: Path, enrol: object) -> None:
    begin(tmp_path, _FIRST, enrolled)
    assert callable(enrol)
    assert begin(tmp_path, _LATER, enrol) == _FIRST


def test_what_is_sent_again_is_the_same_to_the_byte(tmp_path: Path) -> None:
    write_state(tmp_path, _FIRST)
    again = begin(tmp_path, _LATER, taken)
    bodies = [delivery.make() for delivery in history(_FIRST.cohort())]
    assert [delivery.make() for delivery in history(again.cohort())] == bodies


def test_a_complete_demo_stays_complete(tmp_path: Path) -> None:
    complete = DemoState(now_ms=_NOW_MS, seed=7, weeks=3, complete=True)
    write_state(tmp_path, complete)
    assert begin(tmp_path, _LATER, taken) == complete


def test_patients_of_a_demo_elsewhere_count_as_complete(tmp_path: Path) -> None:
    assert begin(tmp_path, _FIRST, taken).complete
    assert read_state(tmp_path) == DemoState(now_ms=_NOW_MS, seed=7, weeks=3, complete=True)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"now_ms": 1}', '{"now_ms": null}'])
def test_a_damaged_state_is_no_state(tmp_path: Path, text: str) -> None:
    (tmp_path / STATE).write_text(text, encoding="utf-8")
    assert read_state(tmp_path) is None
