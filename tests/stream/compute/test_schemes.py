"""The table of schemes: as printed, ascending.

The same words of Borg's two scales are in the same class.
"""

from itertools import pairwise

import pytest

from model.words.borg_scales import ANCHORS, on_cr10, rpe_6_20, rpe_cr10
from stream.compute.intensity.schemes import CR10, INTENSITY_SCHEMES, RPE_6_20
from tests.rows import cells_of


def test_acsm_as_printed() -> None:
    assert INTENSITY_SCHEMES["acsm2011"].names == (
        "very_light",
        "light",
        "moderate",
        "vigorous",
        "near_max",
    )
    assert INTENSITY_SCHEMES["acsm2011"].edges == {
        "hrr": (30, 40, 60, 90),
        "hrmax": (57, 64, 77, 96),
        "vo2max": (37, 46, 64, 91),
        "borg-6-20": (9, 12, 14, 18),
        "borg-cr10": (1, 3, 4.5, 8.5),
        "mets": (2, 3, 6, 8.8),
    }


def test_esc_as_printed() -> None:
    assert INTENSITY_SCHEMES["esc2020"].names == ("low", "moderate", "high", "very_high")
    assert INTENSITY_SCHEMES["esc2020"].edges == {
        "hrr": (40, 70, 85),
        "hrmax": (55, 75, 90),
        "vo2max": (40, 70, 85),
        "borg-6-20": (12, 14, 17),
        "borg-cr10": (3, 4.5, 7),
    }


def test_schemes_of_sport() -> None:
    edges = {
        name: dict(INTENSITY_SCHEMES[name].edges)
        for name in ("coaching5", "threshold5", "power7", "cadence", "prescribed")
    }
    assert edges == {
        "coaching5": {"hrmax": (50, 60, 70, 80, 90)},
        "threshold5": {"threshold_hr": (68, 83, 94, 105)},
        "power7": {"ftp": (55, 75, 90, 105, 120, 150)},
        "cadence": {"steps": (100, 130)},
        "prescribed": {},
    }


@pytest.mark.parametrize("name", INTENSITY_SCHEMES)
def test_edges_ascend_and_are_one_fewer_than_names(name: str) -> None:
    for edges in INTENSITY_SCHEMES[name].edges.values():
        assert len(edges) == len(INTENSITY_SCHEMES[name].names) - 1
        for low, high in pairwise(edges):
            assert low < high


@pytest.mark.parametrize("name", ["acsm2011", "esc2020"])
def test_both_scales_of_exertion_say_the_same(name: str) -> None:
    edges = INTENSITY_SCHEMES[name].edges
    assert tuple(map(rpe_6_20, edges[CR10])) == edges[RPE_6_20]


def test_the_anchors_are_met_and_the_ends_are_flat() -> None:
    assert [rpe_6_20(cr10) for cr10, _ in ANCHORS] == cells_of(ANCHORS, 1)
    assert (rpe_6_20(0.25), rpe_6_20(6), rpe_6_20(11)) == (6.5, 16, 19)


def test_every_grade_comes_back_from_the_other_scale() -> None:
    grades = range(6, 20)
    assert [rpe_6_20(rpe_cr10(grade)) for grade in grades] == list(grades)
    assert [rpe_cr10(grade) for grade in (5, 12, 13, 15, 20)] == [0, 3, 4, 5, 10]
    assert (on_cr10(13, "borg-6-20"), on_cr10(13, "borg-cr10"), on_cr10(1, "yes-no")) == (
        4,
        13,
        None,
    )
