"""How long values hold: by what the app says, and by what the times show."""

import pytest

from parsers.local_times.moments import moment_of
from parsers.phone.grids import (
    DAYS,
    HOURS,
    LONGER,
    MINUTES,
    UNGROUPED,
    Grouping,
    grid_of,
    stated_grid,
)


@pytest.mark.parametrize(
    ("times", "stated", "grid"),
    [
        (["07:57:00", "08:01:00"], None, MINUTES),
        (["07:57:11", "08:01:00"], None, UNGROUPED),
        (["07:57:06", "07:58:06", "08:01:06"], None, MINUTES),
        (["08:00:00", "09:00:00"], None, HOURS),
        (["08:00:00"], None, MINUTES),
        (["08:00:00"], HOURS, HOURS),
        (["00:00:00"], None, DAYS),
        (["00:00:00"], MINUTES, MINUTES),
        (["07:57:06", "07:58:06"], MINUTES, MINUTES),
        (["07:57:06", "07:57:11"], MINUTES, UNGROUPED),
        (["08:00:00", "08:05:00"], DAYS, MINUTES),
        (["07:57:00"], UNGROUPED, UNGROUPED),
        ([], DAYS, DAYS),
        ([], None, UNGROUPED),
    ],
)
def test_a_grid_holds_unless_the_times_contradict_it(
    times: list[str], stated: Grouping | None, grid: Grouping
) -> None:
    moments = [moment_of(f"2026-10-05 {time} +0200", "") for time in times]
    assert grid_of(moments, stated) is grid


def test_days_of_23_hours_are_days() -> None:
    spring = ["2026-03-29 00:00:00 +0100", "2026-03-30 00:00:00 +0200"]
    assert grid_of([moment_of(time, "") for time in spring], None) is DAYS
    in_utc = ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]
    assert grid_of([moment_of(time, "") for time in in_utc], DAYS) is DAYS


@pytest.mark.parametrize(
    ("word", "grid"),
    [
        ("Days", DAYS),
        (" minutes ", MINUTES),
        ("Months", LONGER),
        ("none", UNGROUPED),
        ("Default", HOURS),
        ("fortnights", None),
        ("", None),
    ],
)
def test_a_header_names_a_grid(word: str, grid: Grouping | None) -> None:
    assert stated_grid(word, HOURS) is grid
