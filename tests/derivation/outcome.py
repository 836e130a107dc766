"""What a case expects, compared with what `kadens derive` makes of it: a checker for each key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np

from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_json import derivation_json
from model.calendar import MINUTE_MS, day_bounds, rfc3339
from model.derived.sessions import Session
from model.facts import Deletion, SampleBlock, Workout
from stream.compute.series.reported_columns import reported_series
from tests.rows import cells_of, entries_of, matching, of_type, values_of, without

Json: TypeAlias = dict[str, Any]
Points: TypeAlias = list[tuple[int, float]]
HOUR_MIN = 60


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """The derivation of a case, with the views that expectations are written in."""

    derivation: Derivation

    @property
    def json(self) -> Json:
        return derivation_json(self.derivation)

    @property
    def sessions(self) -> tuple[Session, ...]:
        return self.derivation.conclusions.derived.sessions

    @property
    def counted(self) -> list[Session]:
        return matching(self.sessions, counts=True)

    @property
    def only(self) -> Session:
        (session,) = self.sessions
        return session

    def samples(self, metric: str) -> Points:
        """Return the accepted samples of a metric from all sources, in order of time."""
        points: Points = []
        for series in reported_series(self.derivation.held.columns).get(metric, ()):
            accepted = series.accepted()
            points += zip(accepted.t.tolist(), accepted.v.tolist(), strict=True)
        return sorted(points)

    @property
    def exercise_min(self) -> float:
        total = 0
        for row in self.json["sessions"]:
            total += (row["elapsed_ms"] - row["paused_ms"]) * row["counts"]
        return total / MINUTE_MS

    def zones(self) -> dict[str, int]:
        rows = cells_of(self.json["sessions"], "zones_ms")
        names = rows[0] if rows else ()
        return {name: sum(cells_of(rows, name)) for name in names}


def is_wanted(value: object, wanted: Any) -> bool:  # noqa: ANN401 - a figure or its bounds
    """Return whether a figure is the wanted one, or lies within `least` and `most`."""
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    low, high = wanted.get("least", -np.inf), wanted.get("most", np.inf)
    exact = wanted.get("value", value)
    return isinstance(value, int | float) and bool(low <= value <= high) and value == exact


def rfc_instants(points: Points) -> list[str]:
    return list(map(rfc3339, cells_of(points, 0)))


def _declared_sessions(item: CaseOutcome, wanted: Any) -> bool:  # noqa: ANN401 - of a case
    """Return whether there are so many sessions, none of them merely detected."""
    if isinstance(wanted, list):
        return _listed(item, wanted)
    origins = values_of(item.sessions, "origin")
    return len(origins) == wanted and "detected" not in origins


def _listed(item: CaseOutcome, wanted: list[Json]) -> bool:
    rows = [_session_view(session) | _stated(item, session) for session in item.sessions]
    if len(rows) != len(wanted):
        return False
    described = [without(row, "why") for row in wanted]
    return described == list(map(entries_of, rows, described))


def _session_view(session: Session) -> Json:
    return {
        "start": rfc3339(session.start_ms),
        "end": rfc3339(session.end_ms),
        "type": session.type,
        "exertion_cr10": session.exertion_cr10,
        "offset_min": session.offset_min,
        "heart_n": session.heart.n,
        "mean": session.heart.mean,
    }


def _stated(item: CaseOutcome, session: Session) -> Json:
    """Return the totals that the workout of a session states."""
    totals: Json = {}
    for workout in _workouts(item):
        if workout.head.start_ms == session.start_ms:
            totals["active_energy_kcal"] = workout.summary.get("active_energy")
    return totals


def _workouts(item: CaseOutcome) -> list[Workout]:
    return of_type(Workout, values_of(item.derivation.held.reported, "fact"))


def _are_points(item: CaseOutcome, metric: str, wanted: list[list[Any]]) -> bool:
    """Return whether the samples of a metric are these [instant, value], in any order."""
    points = cells_of(_counts(item, metric), "start", "value")
    return sorted(points) == sorted(map(tuple, wanted))


def _of_minutes(item: CaseOutcome, _wanted: str) -> bool:
    """Return whether the sources of all heart rate say that it consists of means of a minute."""
    apps = values_of(_blocks(item, "heart_rate"), "head.source.app")
    return bool(apps) and all(app.endswith("(minutes)") for app in apps)


def _heart(item: CaseOutcome, wanted: Any) -> bool:  # noqa: ANN401 - of a case
    points = item.samples("heart_rate")
    if isinstance(wanted, list):
        return _are_points(item, "heart_rate", wanted)
    values = cells_of(points, 1)
    sources = cells_of(cells_of(item.json["sessions"], "heart_rate"), "source")
    views: Json = {
        "n": len(points),
        "n_in_session": sum(values_of(item.sessions, "heart.n")),
        "method": _workout_methods(item),
        "min": min(values, default=None),
        "max": max(values, default=None),
        "source": next(iter(sources), None),
        "first": _as_wanted(points[:1], wanted.get("first")),
        "second": _as_wanted(points[1:2], wanted.get("second")),
        "last": _as_wanted(points[-1:], wanted.get("last")),
        "one_at": wanted.get("one_at") if wanted.get("one_at") in rfc_instants(points) else None,
    }
    return all(is_wanted(views[name], value) for name, value in wanted.items())


def _blocks(item: CaseOutcome, metric: str) -> list[SampleBlock]:
    return matching(
        of_type(SampleBlock, values_of(item.derivation.held.reported, "fact")), metric=metric
    )


def _workout_methods(item: CaseOutcome) -> str:
    """Return the method of the heart rate within the sessions, in the words of the cases."""
    methods = set()
    for block in _blocks(item, "heart_rate"):
        for session in item.sessions:
            if ((block.t >= session.start_ms) & (block.t < session.end_ms)).any():
                methods.add(block.head.source.method)
    return f"{' '.join(sorted(methods))} within the workout"


def _as_wanted(points: Points, wanted: Any) -> Any:  # noqa: ANN401 - an instant, or with its value
    point = [rfc3339(points[0][0]), points[0][1]] if points else [None, None]
    return point if isinstance(wanted, list) else point[0]


def _zones(item: CaseOutcome, wanted: Json) -> bool:
    zones = item.zones()
    most = wanted.get("unknown_most", zones["unknown"])
    exact = without(wanted, "unknown_most")
    return exact.items() <= zones.items() and zones["unknown"] <= most


def _steps(item: CaseOutcome, wanted: Any) -> bool:  # noqa: ANN401 - of a case
    if isinstance(wanted, list) and isinstance(wanted[0], list):
        return _are_points(item, "steps", wanted)
    if isinstance(wanted, list):
        return _counts(item, "steps") == wanted
    (steps,) = set(cells_of(item.json["days"], "steps")) - {None}
    return is_wanted(steps, wanted)


def _counts(item: CaseOutcome, metric: str) -> list[Json]:
    counts: list[Json] = []
    for block in _blocks(item, metric):
        until = block.t if block.until is None else block.until
        for at, end, value in zip(block.t.tolist(), until.tolist(), block.v.tolist(), strict=True):
            counts.append({"start": rfc3339(at), "end": rfc3339(end), "value": value})
    return counts


def _pressures(item: CaseOutcome, wanted: list[Json]) -> bool:
    upper, lower = item.samples("blood_pressure_systolic"), item.samples("blood_pressure_diastolic")
    pairs = []
    for (at, systolic), (other, diastolic) in zip(upper, lower, strict=True):
        times = upper.count((at, systolic)) * (at == other)
        pairs.append({"systolic": systolic, "diastolic": diastolic, "times": times})
    return pairs == wanted


def _problems(item: CaseOutcome, wanted: list[str]) -> bool:
    """Return whether as many problems are told as there are sentences about them."""
    return len(item.json["refused"]) == len(wanted)


def _steps_of_hour(item: CaseOutcome, wanted: Json) -> bool:
    """Return whether a date has the steps of its only hour with both sources, and few more.

    The interval of the worse source that ends last reaches three minutes beyond the hour.
    """
    return _steps(item, {"least": wanted["value"], "most": wanted["value"] * 1.05})


def _not_these_steps(item: CaseOutcome, wanted: Any) -> bool:  # noqa: ANN401 - of a case
    steps = cells_of(item.json["days"], "steps")
    return not set(steps) & set(wanted if isinstance(wanted, list) else [wanted])


def _of_session(item: CaseOutcome, wanted: Json) -> bool:
    names = set(wanted) - UNCHECKED
    return all(CHECKS[name](item, wanted[name]) for name in names)


def _day_length(item: CaseOutcome, wanted: int) -> bool:
    day, zone = item.only.local_date, item.derivation.manifest.zone
    start_ms, end_ms = day_bounds(day, zone)
    return end_ms - start_ms == wanted * HOUR_MIN * MINUTE_MS


def _samples_after(item: CaseOutcome, wanted: str) -> bool:
    limit = wanted.removesuffix(": none")
    return max(rfc_instants(item.samples("heart_rate"))) < limit


def _watermark(item: CaseOutcome, wanted: str) -> bool:
    limit = wanted.removesuffix(" at most")
    return max(map(rfc3339, item.derivation.held.watermarks.values()), default="") <= limit


def _energy(item: CaseOutcome, wanted: float) -> bool:
    return bool(sum(cells_of(item.samples("active_energy"), 1)) == wanted)


def _dates(item: CaseOutcome) -> set[date]:
    return set(values_of(item.counted, "local_date"))


def _deleted(item: CaseOutcome, wanted: str) -> bool:
    """Return whether a deletion names the record that a sentence names, such as `exercise e-1`."""
    kind, record = wanted.split(":", maxsplit=1)[0].split()
    deletions = of_type(Deletion, values_of(item.derivation.held.reported, "fact"))
    return f"{kind}:{record}" in values_of(deletions, "target")


Checker: TypeAlias = Callable[[CaseOutcome, Any], bool]
CHECKS: Mapping[str, Checker] = {
    "sessions_counted": lambda item, wanted: len(item.counted) == wanted,
    "sessions": _declared_sessions,
    "workouts": _declared_sessions,
    "session": _of_session,
    "workout": _of_session,
    "session_min": lambda item, wanted: is_wanted(item.exercise_min, wanted),
    "elapsed_min": lambda item, wanted: (
        (max(values_of(item.sessions, "end_ms")) - min(values_of(item.sessions, "start_ms")))
        // MINUTE_MS
        == wanted
    ),
    "start": lambda item, wanted: rfc3339(item.only.start_ms) == wanted,
    "end": lambda item, wanted: rfc3339(item.only.end_ms) == wanted,
    "end_between": lambda item, wanted: wanted[0] <= rfc3339(item.only.end_ms) <= wanted[1],
    "start_ms": lambda item, wanted: item.only.start_ms == wanted,
    "end_ms": lambda item, wanted: item.only.end_ms == wanted,
    "record": lambda item, wanted: set(values_of(_workouts(item), "head.record")) == {wanted},
    "type": lambda item, wanted: item.only.type == wanted,
    "offset_min": lambda item, wanted: item.only.offset_min == wanted,
    "local_date": lambda item, wanted: _dates(item) == {date.fromisoformat(wanted)},
    "day_length_h": _day_length,
    "moving_ms": lambda item, wanted: item.only.moving_ms == wanted,
    "heart_n": lambda item, wanted: is_wanted(sum(values_of(item.sessions, "heart.n")), wanted),
    "heart_rate": _heart,
    "fidelity": _of_minutes,
    "cadence_steps_per_min": lambda item, wanted: (
        set(cells_of(item.samples("cadence"), 1)) == {wanted}
    ),
    "unknown_min": lambda item, wanted: item.zones()["unknown"] == wanted * MINUTE_MS,
    "unknown_ms": lambda item, wanted: item.zones()["unknown"] == wanted,
    "unknown_ms_at_least": lambda item, wanted: item.zones()["unknown"] >= wanted,
    "zones_ms": _zones,
    "zones_sum_ms": lambda item, wanted: sum(item.zones().values()) == wanted,
    "steps": _steps,
    "steps_of_the_day": lambda item, wanted: _steps(
        item, {name: wanted[name] for name in ("least", "most")}
    ),
    "blood_pressure": _pressures,
    "problems": _problems,
    "steps_04_to_05Z": _steps_of_hour,
    "never": _not_these_steps,
    "active_energy_kcal": _energy,
    "samples": lambda item, wanted: (
        sum(len(row.t) for row in item.derivation.held.columns) == wanted
    ),
    "samples_after": _samples_after,
    "watermark": _watermark,
    "facts": lambda item, wanted: len(item.derivation.held.reported) == wanted,
    "rejects": lambda item, wanted: len(item.json["refused"]) == wanted,
    # what is refused or damaged is never silent
    "reason": lambda item, _: bool(item.json["refused"]),
    "refused": lambda item, wanted: (
        [row["why"] for row in wanted] == cells_of(item.json["refused"], "why")
    ),
    "said": lambda item, _: bool(item.json["refused"]),
    "deleted": _deleted,
    "complete": lambda item, wanted: bool(item.json["refused"]) is not wanted,
}
# Keys that explain the others, or say how the case is run.
UNCHECKED = {
    "why",
    "must_not",
    "both",
    "zone",
    "any_order",
    "received",
    "summary",
    "positions",
    "never",
    "zero_and_null_and_empty",
    "answer",
    "int64_are_texts",
    "until_the_list_came",
    "secret",
    "local_date_of_continuous_hr_near_midnight",
}
