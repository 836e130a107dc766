"""A cohort is divided by clinician, and no alert depends on how it is divided."""

from dataclasses import replace
from datetime import date

import pytest

from kadens.scoring.cohort_files import CohortDelivery, CohortFiles
from kadens.scoring.cohort_reading import read_cohort
from kadens.scoring.dividing import divide
from kadens.scoring.playing import PlayedCohort
from kadens.scoring.side_by_side import play_parts
from model.calendar import DAY_MS
from simulate.population.directory import CohortPlan, write_cohort
from simulate.population.people import Course

_LAST = date(2026, 10, 18)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> CohortFiles:
    """Give the first 16 days of two people, of whom the second never begins."""
    folder = tmp_path_factory.mktemp("dividing") / "cohort"
    courses = (Course.STEADY, Course.NEVER)
    plan = CohortPlan(patients=2, weeks=6, seed=4, last=_LAST, courses=courses)
    for _ in write_cohort(plan, folder):
        pass
    full = read_cohort(folder)
    ends_ms = full.head.begins_ms + 16 * DAY_MS
    head = full.head.model_copy(update={"ends_ms": ends_ms})
    early = tuple(item for item in full.deliveries if item.received_ms < ends_ms)
    return replace(full, head=head, deliveries=early)


def _bodies(part: CohortFiles) -> set[tuple[int, str]]:
    return {(item.received_ms, item.body) for item in part.deliveries}


def _by_link_only(item: CohortDelivery) -> CohortDelivery:
    # `patient` is ignored where the body names its account
    return item if item.connector == "files" else item.model_copy(update={"patient": ""})


def test_each_part_has_its_patients_and_all_that_arrives_of_them(cohort: CohortFiles) -> None:
    nameless = replace(cohort, deliveries=tuple(map(_by_link_only, cohort.deliveries)))
    parts = divide(nameless, each=1)
    for number, part in enumerate(parts):
        own = cohort.patients[number]
        assert part.patients == (own,)
        assert _bodies(part) == {
            (item.received_ms, item.body)
            for item in cohort.deliveries
            if item.patient == own.patient
        }
        assert part.deliveries
    assert len(parts) == 2


def test_a_body_of_nobody_is_in_the_first_part(cohort: CohortFiles) -> None:
    (body, *_) = cohort.deliveries
    stray = body.model_copy(update={"patient": "somebody-else", "received_ms": 1})
    parts = divide(replace(cohort, deliveries=(stray, *cohort.deliveries)), each=1)
    assert [(1, stray.body) in _bodies(part) for part in parts] == [True, False]


def test_a_cohort_of_a_single_clinician_is_not_divided(cohort: CohortFiles) -> None:
    assert divide(cohort) == (cohort,)


def _rows(played: PlayedCohort) -> list[str]:
    return sorted(map(str, [*played.alerts, *played.sessions]))


def test_the_result_does_not_depend_on_the_division(cohort: CohortFiles) -> None:
    together = play_parts(divide(cohort), 1)
    apart = play_parts(divide(cohort, each=1), 2)
    assert [alert.rule for alert in together.alerts] == ["A2"]
    assert together.sessions
    assert _rows(apart) == _rows(together)
