"""The time from posting a payload until its session or its alert is visible.

It is measured at half of the speed measured just before, which is the speed of mixed days. The same
kinds of payloads come in the same shares, each at its time, whether or not the last was seen: syncs
of a cohort's watches, and workouts and reports of patients that send nothing else. These last are
the probes. The clock of a probe runs from before its post until a reader of the database sees the
row; it looks every few milliseconds.
"""

import itertools
import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.loads import HOUR_MS, NOW_MS, background, day_of, deliveries, mixed, workouts
from bench.row import Row
from bench.stage import Stage, stage
from model.facts import Instrument, Phase
from simulate.cohort import Person
from simulate.delivery import JSON_TYPE, TO_REPORTS, Delivery
from simulate.player import play
from simulate.report_writer import ReportAnswer, report_body

_LOOK_S = 0.004
FLOOR_S, _GOAL_S = 2.0, 0.5
P50, P99 = 50, 99
PAIN = 9
PROBED = 0.1  # of a mixed day's bodies are workouts, as many are reports, and the rest are syncs
# so many times what half of the speed should need is made before, so that making it takes nobody's
# CPU
SLACK = 1.5
_SESSIONS = "select distinct patient from session where patient = any(%s)"
_ALERTS = "select patient from alert where patient = any(%s) and family = 'pain'"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """Patients of the mixed days, probes of each kind, and the most seconds between two probes."""

    patients: int = 80
    probes: int = 120
    most_apart_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A kind of payload whose effect is waited for.

    `sent` is what each patient sends, and `query` names the patients whose rows are visible.
    """

    name: str
    query: str
    sent: Mapping[int, Delivery]
    begun: dict[int, float] = field(default_factory=dict)
    seen: dict[int, float] = field(default_factory=dict)


FULL = _Size()
TINY = _Size(patients=2, probes=2, most_apart_s=0.1)


def run(size: _Size) -> list[Row]:
    """Return the latencies of both kinds of probes."""
    with stage(size.patients + 2 * size.probes) as on:
        senders, others = on.people.people[: size.patients], on.people.people[size.patients :]
        days = [deliveries(mixed, on.people, senders, day_of(number)) for number in range(2)]
        half = [steady_speed(on, day) for day in days][-1] / 2  # the first warms up
        apart_s = min(1 / (half * PROBED), size.most_apart_s)
        rest = endless_syncs(
            on, senders, math.ceil(half * size.probes * apart_s * SLACK), len(days)
        )
        probes = _probes(on, others)
        _measure(on, rest, probes, 1 / (half * (1 - 2 * PROBED)), apart_s)
    rows: list[Row] = []
    for probe in probes:
        rows += [_row(probe, P99, half), _row(probe, P50, half)]
    return rows


def steady_speed(on: Stage, sent: Sequence[Delivery]) -> float:
    """Return the speed, in payloads a second, that the pipeline keeps up with."""
    begun = time.perf_counter()
    on.post(sent)
    on.settle()
    return len(sent) / (time.perf_counter() - begun)


def endless_syncs(
    on: Stage, people: Sequence[Person], made: int, first_day: int
) -> Iterator[Delivery]:
    """Return an endless iterator of syncs of the days from `first_day` on.

    The first `made` of them are made in advance.
    """
    later = itertools.count(first_day)
    days = (deliveries(background(hours=6), on.people, people, day_of(n)) for n in later)
    endless = itertools.chain.from_iterable(days)
    return itertools.chain(list(itertools.islice(endless, made)), endless)


def _probes(on: Stage, people: Sequence[Person]) -> list[Probe]:
    """Return workouts of half of the people and reports of pain of the other half.

    They send nothing else.
    """
    active, hurt = people[: len(people) // 2], people[len(people) // 2 :]
    files = [deliveries(workouts, on.people, [person], day_of(0))[0] for person in active]
    pains = list(map(strong_pain, hurt))
    return [
        Probe(
            name="session, workout at the door to session",
            query=_SESSIONS,
            sent=_by_number(on, active, files),
        ),
        Probe(
            name="alert, report at the door to alert",
            query=_ALERTS,
            sent=_by_number(on, hurt, pains),
        ),
    ]


def _by_number(
    on: Stage, people: Sequence[Person], sent: Sequence[Delivery]
) -> dict[int, Delivery]:
    return dict(zip(on.of(people), sent, strict=True))


def strong_pain(person: Person) -> Delivery:
    """Return a report of pain that raises an alert of tier A."""
    answer = ReportAnswer(
        key=f"{person.pseudonym}-pain",
        instrument=Instrument.PAIN,
        answered_ms=NOW_MS - HOUR_MS,
        phase=Phase.AFTER,
        value=PAIN,
        scale="nrs-0-10",
    )
    body = report_body(person.pseudonym, person.zone, [answer])
    return Delivery(
        key=answer.key,
        connector=TO_REPORTS,
        patient=person.pseudonym,
        due_ms=NOW_MS,
        content_type=JSON_TYPE,
        weight=len(body),
        make=lambda: body,
    )


def _measure(
    on: Stage, rest: Iterable[Delivery], probes: Sequence[Probe], rest_s: float, apart_s: float
) -> None:
    """Send the rest and the probes, each at its time, until every probe was seen."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(probes) + 1, thread_name_prefix="timed") as pool:
        sending: list[Future[Any]] = [pool.submit(_send, on, probe, apart_s) for probe in probes]
        sending.append(pool.submit(play, at_their_times(rest, rest_s, stop), on.door.post))
        try:
            on.wait(lambda: _all_seen(on, probes, sending), _LOOK_S)
        finally:
            stop.set()
        for item in sending:
            item.result()


def _send(on: Stage, probe: Probe, apart_s: float) -> None:
    for (patient, delivery), due in zip(probe.sent.items(), _times(apart_s), strict=False):
        time.sleep(max(due - time.perf_counter(), 0))
        probe.begun[patient] = time.perf_counter()
        on.door.post(delivery)


def at_their_times(
    rest: Iterable[Delivery], apart_s: float, stop: threading.Event
) -> Iterator[Delivery]:
    """Yield payloads at their times until it must stop."""
    for delivery, due in zip(rest, _times(apart_s), strict=False):
        if stop.wait(max(due - time.perf_counter(), 0)):
            return
        yield delivery


def _times(apart_s: float) -> Iterator[float]:
    begun = time.perf_counter()
    return (begun + number * apart_s for number in itertools.count(1))


def _all_seen(on: Stage, probes: Sequence[Probe], sending: Iterable[Future[Any]]) -> bool:
    """Note which probes are visible now and tell whether all are.

    Raises what a sender raised.
    """
    for item in sending:
        if item.done():
            item.result()
    return sum(_seen(on, probe) for probe in probes) == len(probes)


def _seen(on: Stage, probe: Probe) -> bool:
    waiting = [patient for patient in list(probe.begun) if patient not in probe.seen]
    derived = on.rows(probe.query, [waiting]) if waiting else []
    now = time.perf_counter()
    probe.seen.update({patient: now for (patient,) in derived})
    return len(probe.seen) == len(probe.sent)


def _row(probe: Probe, part: int, speed: float) -> Row:
    took = sorted(probe.seen[patient] - begun for patient, begun in probe.begun.items())
    seconds = took[math.ceil(len(took) * part / 100) - 1]
    bound = part == P99
    return Row(
        name=f"{probe.name}, p{part}",
        value=seconds * 1e3,
        unit="ms",
        baseline=f"{FLOOR_S:g} s; {len(took)} bodies, at {speed:,.0f} bodies/s, "
        "half of what it keeps up with",
        ratio=FLOOR_S / seconds,
        floor=1.0 if bound else None,
        goal=FLOOR_S / _GOAL_S if bound else None,
    )
