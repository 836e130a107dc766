"""Writes a cohort as a directory: people, bodies as they arrive, and what is true.

The form is documented in `docs/cohorts.md`; a cohort made by anything else has the same form.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from model.calendar import DAY_MS, midnight, monday, rfc3339
from simulate.population.arrival import Arrival, hub_account
from simulate.population.arrivals import person_arrivals
from simulate.population.doings import Doings, TrueSession, doings
from simulate.population.heart_course import ABOVE_RANGE, with_hard_session
from simulate.population.occasions import occasions
from simulate.population.people import Course, Inhabitant, Recorder, inhabitants
from simulate.population.true_weeks import AlertOccasion, TrueWeek, true_weeks
from simulate.population.watch_bodies import true_heart

COHORT_VERSION = 1
ZONE_NAMES = ("very_light", "light", "moderate", "vigorous", "near_max")
_OF_HEART = tuple(f"H{number}" for number in (1, 2, 3, 4, 6))  # the rules that are off otherwise
_RESERVE = (0.3, 0.4, 0.6, 0.9)  # of heart rate reserve, the lower edges of all zones but the first


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortPlan:
    """What a cohort is made from: `last` is the Sunday on which it ends."""

    patients: int
    weeks: int
    seed: int
    last: date
    courses: tuple[Course, ...] = ()

    @property
    def first(self) -> date:
        """Return the Monday on which it begins."""
        return monday(self.last) - timedelta(weeks=self.weeks - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCohort:
    """How much was written: people, bodies and their bytes, true sessions, occasions."""

    patients: int
    bodies: int
    size: int
    sessions: int
    occasions: int


def write_cohort(plan: CohortPlan, folder: Path) -> Iterator[WrittenCohort]:
    """Write a cohort; yield how much is written after each person, and once more at the end.

    Raises FileExistsError where the folder has anything in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError("the folder is not empty")
    done = WrittenCohort(patients=0, bodies=0, size=0, sessions=0, occasions=0)
    lines: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for person in inhabitants(plan.seed, plan.patients, plan.weeks, plan.courses):
            did = with_hard_session(person, doings(person, plan.seed, plan.first, plan.weeks))
            people.append(_person(person, did, plan))
            arrived = list(_bodies(folder, person, person_arrivals(person, did, plan.seed)))
            lines += arrived
            events = occasions(person, did)
            _write_lines(truth, _truth(person, did, events, plan.seed))
            done = WrittenCohort(
                patients=done.patients + 1,
                bodies=done.bodies + len(arrived),
                size=done.size + sum(line["size"] for line in arrived),
                sessions=done.sessions + len(did.sessions),
                occasions=done.occasions + len(events),
            )
            yield done
    _write_all(folder, plan, people, sorted(lines, key=_order))
    yield done


def _order(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return line["received"], line["patient"], line["body"]


def _write_all(
    folder: Path,
    plan: CohortPlan,
    people: Iterable[Mapping[str, Any]],
    deliveries: Iterable[Mapping[str, Any]],
) -> None:
    with (folder / "patients.jsonl").open("w", encoding="utf-8") as file:
        _write_lines(file, people)
    with (folder / "deliveries.jsonl").open("w", encoding="utf-8") as file:
        _write_lines(file, deliveries)
    ends_ms = midnight(plan.last + timedelta(days=1), "UTC") + 4 * DAY_MS
    head = {
        "version": COHORT_VERSION,
        # a day early: zones east of UTC begin the first date before UTC does
        "begins": rfc3339(midnight(plan.first, "UTC") - DAY_MS),
        # so long after the last Sunday, everything has arrived and has been judged
        "ends": rfc3339(ends_ms),
        "seed": plan.seed,
        "weeks": plan.weeks,
    }
    (folder / "cohort.json").write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")


def _write_lines(file: TextIO, lines: Iterable[Mapping[str, Any]]) -> None:
    file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def _person(person: Inhabitant, did: Doings, plan: CohortPlan) -> dict[str, Any]:
    begins_ms = midnight(plan.first, person.zone)
    sources = ("files", "reports", "open_wearables")
    consents = [{"source": source, "from": rfc3339(begins_ms - DAY_MS)} for source in sources]
    accounts = [
        {"connector": "reports", "account": person.pseudonym},
        {"connector": "open_wearables", "account": hub_account(person)},
    ]
    return {
        "patient": person.pseudonym,
        "zone": person.zone,
        "accounts": accounts,
        "consents": consents,
        "profiles": [_profile(person, plan.first)],
        "prescriptions": list(_prescriptions(person, did, plan, begins_ms)),
    }


def _profile(person: Inhabitant, first: date) -> dict[str, Any]:
    low, high = person.moderate
    profile: dict[str, Any] = {
        "valid_from": first.isoformat(),
        "birth_year": person.birth_year,
        "hr_rest": person.rest,
    }
    if person.measured_peak:
        profile["hr_max"] = person.peak
    if person.beta_blocker:
        reserve = person.peak - person.rest
        light, near = round(person.rest + 0.3 * reserve), round(person.rest + 0.9 * reserve)
        profile |= {"beta_blocker": True, "clinician_bpm": [light, low, high, near]}
    return profile


def _prescriptions(
    person: Inhabitant, did: Doings, plan: CohortPlan, begins_ms: int
) -> Iterator[dict[str, Any]]:
    low, high = person.moderate
    by_hand = person.device is Recorder.HAND
    heart = {"method": "bpm", "low": low, "high": high}
    row: dict[str, Any] = {
        "id": f"{person.pseudonym}-rx",
        "version": 1,
        "valid_from": plan.first.isoformat(),
        "valid_to": (plan.last + timedelta(weeks=12)).isoformat(),
        "sessions_per_week": len(person.weekdays),
        "minutes_per_session": person.minutes,
        "intensity": {"method": "rpe_cr10", "low": 3, "high": 6} if by_hand else heart,
        "recorded": rfc3339(begins_ms - DAY_MS),
    }
    if person.course is Course.TOO_MUCH:
        # a moderate minute counts once, and so the time is the dose
        row["dose_min_per_week"] = row["sessions_per_week"] * row["minutes_per_session"]
    if person.course is Course.HEART:
        row["hr_ceiling"] = high + ABOVE_RANGE
        row["rules"] = {rule: {"on": 1} for rule in _OF_HEART}
    yield row
    if did.paused is not None:
        first, last = (day.isoformat() for day in did.paused)
        # before the pause: one that is recorded afterwards does not reach back
        agreed_ms = midnight(did.paused[0], person.zone) - 3 * DAY_MS
        pauses = [{"first": first, "last": last, "why": "holiday"}]
        yield {**row, "version": 2, "pauses": pauses, "recorded": rfc3339(agreed_ms)}


def _bodies(
    folder: Path, person: Inhabitant, bodies: Iterable[Arrival]
) -> Iterator[dict[str, Any]]:
    """Write the bodies of a person, and yield the line of each; equal bodies share a file."""
    own = folder / "bodies" / person.pseudonym
    own.mkdir(parents=True)
    for item in bodies:
        name = f"{sha256(item.body).hexdigest()[:16]}-{item.filename}"
        if not (own / name).exists():
            (own / name).write_bytes(item.body)
        yield {
            "received": rfc3339(item.received_ms),
            "patient": person.pseudonym,
            "connector": item.connector,
            "content_type": item.content_type,
            "filename": item.filename,
            "body": f"bodies/{person.pseudonym}/{name}",
            "size": len(item.body),
        }


def _truth(
    person: Inhabitant, did: Doings, events: Iterable[AlertOccasion], seed: int
) -> Iterator[dict[str, Any]]:
    for session in did.sessions:
        yield {"session": _session(person, session, seed)}
    for week in true_weeks(person, did):
        yield {"week": _week(person, week)}
    for row in events:
        yield {"event": _event(person, row)}


def _session(person: Inhabitant, session: TrueSession, seed: int) -> dict[str, Any]:
    return {
        "patient": person.pseudonym,
        "start": rfc3339(session.start_ms),
        "end": rfc3339(session.end_ms),
        "recorded": session.recorded,
        "zones_ms": _zones_ms(person, session, seed),
    }


def _zones_ms(person: Inhabitant, session: TrueSession, seed: int) -> dict[str, int] | None:
    """Return the true time in each zone, None where nobody measured what the zones rest on."""
    is_known = person.measured_peak or person.beta_blocker
    if not is_known or person.device is Recorder.HAND or not session.recorded:
        return None
    beats = true_heart(person, session, seed)
    low, high = person.moderate
    reserve = person.peak - person.rest
    edges = [person.rest + share * reserve for share in _RESERVE]
    if person.beta_blocker:
        edges = [round(edges[0]), low, high, round(edges[3])]
    zones = np.digitize(beats[~np.isnan(beats)], edges)
    counts = np.bincount(zones, minlength=len(ZONE_NAMES)) * 1000
    return dict(zip(ZONE_NAMES, map(int, counts), strict=True))


def _week(person: Inhabitant, week: TrueWeek) -> dict[str, Any]:
    return {
        "patient": person.pseudonym,
        "monday": week.monday.isoformat(),
        "due": week.due,
        "done": week.done,
        "recorded": week.recorded,
        "judged": week.judged,
    }


def _event(person: Inhabitant, row: AlertOccasion) -> dict[str, Any]:
    return {
        "patient": person.pseudonym,
        "event": row.event,
        "family": row.family,
        "from": rfc3339(row.from_ms),
        "knowable": rfc3339(row.knowable_ms),
        "until": rfc3339(row.until_ms),
        "observable": row.observable,
        "tier": row.tier,
    }
