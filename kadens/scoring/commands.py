"""The commands about cohorts of known truth: make one, play it into a fresh system and compare."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from multiprocessing import cpu_count
from pathlib import Path
from typing import Annotated, Any

import typer

from kadens.commands.options import Json
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.scoring.cohort_reading import CohortError, read_cohort
from kadens.scoring.comparing import compare
from kadens.scoring.dividing import divide
from kadens.scoring.side_by_side import play_parts
from model.calendar import monday
from simulate.population.directory import CohortPlan, WrittenCohort, write_cohort
from simulate.population.people import Course

_MOST_PATIENTS, _MOST_WEEKS, _LEAST_WEEKS = 100_000, 520, 6
_MOST_SEED = 2**31 - 1
_MOST_JOBS = 256
_KINDS = ", ".join(Course)
_FIRST_YEAR, _LAST_YEAR = 1990, 2090
# What `--json` prints, in this order; the rest is for people and for `--details`.
_FIGURES = (
    "sensitivity",
    "sensitivity_by_event",
    "false_per_patient_week",
    "false_per_patient_year",
    "from_missing_data",
    "median_delay_days",
    "ppv_by_rule",
    "alerts_per_clinician_day",
)
_OF_SESSIONS = ("found", "boundary_p95_s", "zone_error_minutes_p95")


def _last_sunday() -> date:
    return monday(datetime.now(UTC).date()) - timedelta(days=1)


def _course(text: str) -> str:
    if text not in {*Course, ""}:
        raise typer.BadParameter(f"must be one of {_KINDS}")
    return text


def _sunday(text: str) -> str:
    try:
        day = date.fromisoformat(text) if text else _last_sunday()
    except ValueError:
        raise typer.BadParameter("must be a date, such as 2026-11-22") from None
    # so that the first of the most weeks, and the years of birth, are dates that everything takes
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise typer.BadParameter(f"must be between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return day.isoformat()


def simulate_cohort(
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder.")],
    *,
    patients: Annotated[
        int, typer.Option(min=1, max=_MOST_PATIENTS, help="How many people.")
    ] = 100,
    weeks: Annotated[
        int, typer.Option(min=_LEAST_WEEKS, max=_MOST_WEEKS, help="How many full weeks.")
    ] = 12,
    seed: Annotated[
        int, typer.Option(min=0, max=_MOST_SEED, help="Equal seeds give equal cohorts.")
    ] = 1,
    scenario: Annotated[
        str, typer.Option(callback=_course, help=f"Only people of one course: {_KINDS}.")
    ] = "",
    until: Annotated[
        str,
        typer.Option(
            callback=_sunday,
            metavar="DATE",
            help="A date in the last week; last week unless given.",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Make a cohort of invented people with known truth.

    The folder gets cohort.json, patients.jsonl, deliveries.jsonl, truth.jsonl and the bodies: FIT
    files, webhooks and reports, with late syncs, gaps and repetitions. docs/cohorts.md documents
    the form. Equal options give equal bytes.
    """
    plan = CohortPlan(
        patients=patients,
        weeks=weeks,
        seed=seed,
        last=monday(date.fromisoformat(until)) + timedelta(days=6),
        courses=(Course(scenario),) if scenario else (),
    )
    _print_written(out, _written(plan, out), as_json=as_json)


def _written(plan: CohortPlan, out: Path) -> WrittenCohort:
    """Write a cohort; a folder that cannot be used ends the command."""
    try:
        for written in write_cohort(plan, out):
            done = written
    except FileExistsError:
        is_folder = out.is_dir()
        fail(f"{out} {'is not empty' if is_folder else 'is no folder'}: choose a new one", code=2)
    except OSError as error:
        fail(f"{out}: {error.strerror}", code=2)
    return done


def _print_written(out: Path, done: WrittenCohort, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "folder": str(out),
                "patients": done.patients,
                "bodies": done.bodies,
                "bytes": done.size,
                "sessions": done.sessions,
                "events": done.occasions,
            }
        )
        return
    print_line(
        f"{out}: {done.patients} people, {done.bodies} bodies of {done.size / 1e6:.1f} MB, "
        f"{done.sessions} true sessions, {done.occasions} events"
    )


_Jobs = Annotated[
    int,
    typer.Option(
        min=0, max=_MOST_JOBS, help="How many parts to play at once; 0 for one each processor."
    ),
]
_Details = Annotated[
    Path | None,
    typer.Option(help="A new file that gets every figure, miss and false alert, as JSON."),
]


def score_cohort(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A cohort directory.")],
    *,
    jobs: _Jobs = 0,
    details: _Details = None,
    as_json: Json = False,
) -> None:
    """Play a cohort into a fresh system, and compare the truth.

    The system is embedded and its alerts are compared. The clock is that of the cohort, and moves
    as fast as the bodies are worked on. A clinician deals with each alert of tier A and B a day
    after it was raised. Each clinician has 100 patients and a system of their own, so the result
    does not depend on how many are played at once. Nothing of the systems is left afterwards.
    """
    # a cohort of a year is hundreds of megabytes of small files
    print_note(f"reading {folder}")
    try:
        cohort = read_cohort(folder)
    except CohortError as error:
        fail(str(error), code=2)
    # before it is played, so that no result is lost to a path
    if details is not None and (details.exists() or not details.parent.is_dir()):
        fail(f"{details} must be a new file, in a folder that is there", code=2)
    print_note(f"{len(cohort.patients)} people, {len(cohort.deliveries)} bodies")
    late = sum(delivery.received_ms > cohort.head.ends_ms for delivery in cohort.deliveries)
    if late:
        print_note(f"{late} of them would arrive after the cohort ends, and are left out")
    played = play_parts(divide(cohort), jobs or cpu_count())
    figures = compare(cohort, played)
    if details is not None:
        details.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print_json(_shaped(figures))
        return
    for line in _lines(figures):
        print_line(line)


def _shaped(figures: dict[str, Any]) -> dict[str, Any]:
    sessions = {name: figures["sessions"][name] for name in _OF_SESSIONS}
    # in the agreed order, and nothing else: programs of others read it
    return {**{name: figures[name] for name in _FIGURES}, "sessions": sessions}


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    yield f"events found: {_percent(figures['sensitivity'])}"
    for name, share in figures["sensitivity_by_event"].items():
        yield f"  {name}: {_percent(share)} of {figures['events_by_kind'][name]}"
    yield f"  events that no data can show: {figures['not_observable']}"
    yield (
        f"alerts of tier A and B: {figures['alerts']}, "
        f"{_figure(figures['alerts_per_clinician_day'])} a clinician and working day"
    )
    yield (
        f"false alerts: {_figure(figures['false_per_patient_week'])} a patient and week, "
        f"{_figure(figures['false_per_patient_year'])} a patient and year"
    )
    yield f"alerts from missing data: {figures['from_missing_data']}"
    yield f"median delay: {_figure(figures['median_delay_days'])} days after it could be known"
    shares = [f"{rule} {_percent(ppv)}" for rule, ppv in figures["ppv_by_rule"].items()]
    yield f"share of alerts that told of an event, by rule: {', '.join(shares) or 'none'}"
    sessions = figures["sessions"]
    yield (
        f"sessions found: {_percent(sessions['found'])} of {sessions['true']}; for 95 % boundaries "
        f"within {_figure(sessions['boundary_p95_s'])} s, zones within "
        f"{_figure(sessions['zone_error_minutes_p95'])} minutes"
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"
