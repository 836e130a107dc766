"""Sessions and days of one patient from all facts in a window. Never sees who the patient is, and keeps no state.

The result is a function of the window as a set: order, repetition and arrival of its facts change nothing. Derived
ids come from content. What a day needs from its neighbours: facts up to a day before and after the dates.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ...model.calendar import DAY_MS, MINUTE_MS, dates_between, day_bounds, local_date
from ...model.derived import Choice, Derived, Origin, Session
from ...model.facts import Told
from ...model.intensity import HeartProfile, ZoneTimes
from ...model.prescription import Prescription, in_force
from .claims import Claim, claims, exertions, types_said
from .columns import HEART, WHOLE, WITHIN, Column, Series, merged
from .day_rows import day_row, totals
from .detected import detected
from .limits import heart_limits, profile_on
from .overlap import Pieces, counted, covered, worked_out
from .resolve import Resolved, choices, resolve
from .session_rows import Basis, counted_zones, plain_row, session_row
from .twins import collapsed, joined

__all__ = ["Column", "Window", "dates_touched", "derive"]

SHORTEST_MS = 10 * MINUTE_MS  # a session needs ten minutes, or half of the prescribed ones (section 3.3)
OF_PRESCRIBED = 0.5
TOO_MANY = "more sessions on this date than are worked out"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """What is known of a patient around some local dates.

    `dates` are derived anew, whole; `summaries` are those of them. `workouts`, `reports` and `columns` must reach a day
    beyond the dates on both sides (a session may end after midnight, an answer may come hours later), and cover whole
    every session that starts on the dates, and two minutes after it. `zone` is the patient's IANA zone.
    """

    patient: str
    zone: str
    profiles: tuple[HeartProfile, ...]
    dates: tuple[date, ...]
    workouts: tuple[Told, ...]
    columns: tuple[Column, ...]
    reports: tuple[Told, ...]
    prescriptions: tuple[Prescription, ...] = ()
    summaries: tuple[Told, ...] = ()


def dates_touched(spans: Iterable[tuple[int, int]], zone: str) -> tuple[date, ...]:
    """Return the local dates to derive anew when facts in the spans [start, end) in epoch ms have changed, in order.

    A day before is included: a session of the day before may reach into the span.
    """
    reach = [(start - DAY_MS, max(end, start + 1)) for start, end in spans]
    return tuple(sorted({day for start, end in reach for day in dates_between(start, end, zone)}))


def derive(window: Window) -> Derived:
    """Return the sessions that start on the window's dates, by (start, id), its days, by date, and who spoke when.

    Raises TypeError when `workouts`, `reports` or `summaries` hold another kind of fact.
    """
    series = merged(window.columns)
    heard = {metric: resolve(metric, found) for metric, found in sorted(series.items())}
    basis = _bases(window)
    told = collapsed(claims(window.patient, window.workouts, window.reports), series.get(HEART, ()))
    told = collapsed(joined(told, window.zone), series.get(HEART, ()))
    dates = sorted(set(window.dates))
    found = detected(
        window.patient,
        window.zone,
        dates,
        heard,
        lambda day: basis(day).limits,
        lambda day: basis(day).shortest_ms,
        told,
    )
    claimed = sorted([*told, *found], key=lambda claim: (claim.start_ms, claim.id))
    both = _sessions(window, claimed, heard, series.get(HEART, ()), basis)
    by_date: dict[date, list[tuple[Session, ZoneTimes]]] = defaultdict(list)
    for pair in both:
        by_date[pair[0].local_date].append(pair)
    answered = {local_date(told.fact.head.start_ms, window.zone) for told in window.reports}
    stated = totals(window.summaries)
    days = [
        day_row(
            day,
            window.zone,
            by_date[day],
            heard,
            basis(day).limits,
            told=stated.get(day, {}),
            answered=day in answered,
        )
        for day in dates
    ]
    sessions = tuple(session for session, _ in both)
    return Derived(sessions=sessions, days=tuple(days), choices=_choices(heard, sessions, dates, window.zone))


def _sessions(
    window: Window,
    claimed: Sequence[Claim],
    heard: Mapping[str, Resolved],
    hearts: Sequence[Series],
    basis: Callable[[date], Basis],
) -> list[tuple[Session, ZoneTimes]]:
    """Return the sessions that start on the dates, each with its time in zones as far as it counts towards its day."""
    exertion = exertions(claimed, window.reports, window.zone)
    types = types_said(claimed, window.reports)
    pieces = counted(claimed)
    wanted = frozenset(window.dates)
    by_date: dict[date, list[Claim]] = defaultdict(list)
    for claim in claimed:
        by_date[local_date(claim.start_ms, window.zone)].append(claim)
    figured = frozenset[str]().union(*(worked_out(by_date[day]) for day in wanted & by_date.keys()))
    found: list[tuple[Session, ZoneTimes]] = []
    for day in sorted(wanted & by_date.keys()):
        for claim in by_date[day]:
            spoken = replace(
                claim,
                exertion_cr10=exertion.get(claim.id, claim.exertion_cr10),
                type=types.get(claim.id, claim.type),
            )
            mine = _of_the_date(heard, day_bounds(day, window.zone)[1]) if claim.origin is Origin.DETECTED else heard
            if claim.id in figured:
                found.append(_figured(spoken, basis(day), mine, hearts, pieces[claim.id]))
            else:
                unknown = sum(end - start for start, end in pieces[claim.id])
                found.append((plain_row(spoken, basis(day), TOO_MANY), ZoneTimes(unknown=unknown)))
    return found


def _figured(
    claim: Claim, basis: Basis, heard: Mapping[str, Resolved], hearts: Sequence[Series], pieces: Pieces
) -> tuple[Session, ZoneTimes]:
    """Return a session whole, and its time in zones as far as it counts."""
    row = session_row(claim, basis, heard, hearts, pieces)
    whole = pieces == ((claim.start_ms, claim.end_ms),)
    return row, row.zones if whole else counted_zones(claim, basis, heard, pieces)


def _of_the_date(heard: Mapping[str, Resolved], end_ms: int) -> dict[str, Resolved]:
    """Return what a detected session may look at.

    Not the next date, for a date is derived without it; nor what matters in sessions only, for that is loaded for
    those that were told of.
    """
    return {metric: heard[metric].before(end_ms) for metric in WHOLE if metric in heard}


def _bases(window: Window) -> Callable[[date], Basis]:
    """Return what figures rest on, by local date; found once a date."""
    found: dict[date, Basis] = {}

    def on(day: date) -> Basis:
        if day not in found:
            profile = profile_on(window.profiles, day)
            prescribed = in_force(window.prescriptions, day)
            found[day] = Basis(
                day=day,
                profile=profile,
                limits=heart_limits(profile, day),
                prescribed=prescribed,
                shortest_ms=_shortest_ms(prescribed),
            )
        return found[day]

    return on


def _shortest_ms(prescribed: Iterable[Prescription]) -> int:
    """Return the least length of a session: ten minutes, or half of the shortest prescribed one if that is less."""
    halves = [int(OF_PRESCRIBED * row.minutes_per_session * MINUTE_MS) for row in prescribed]
    return min([SHORTEST_MS, *halves])


def _choices(
    heard: Mapping[str, Resolved], sessions: Iterable[Session], dates: Iterable[date], zone: str
) -> tuple[Choice, ...]:
    """Return who speaks: on each date whole, or for a metric that matters in sessions only, in those of the date."""
    found: list[Choice] = []
    told: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for one in sessions:
        if one.origin is not Origin.DETECTED:
            told[one.local_date].append((one.start_ms, one.end_ms))
    for day in dates:
        within = covered(told[day])
        for metric in sorted(heard):
            spans = within if metric in WITHIN else (day_bounds(day, zone),)
            found += [one for start, end in spans for one in choices(heard[metric], start, end, day)]
    return tuple(found)
