"""The pages of a panel of 1,000 patients while the pipeline runs, and a round of judging them all.

The full product runs as processes, and the clinician door is one of them. Watches send at half of
the speed that was measured just before. Meanwhile a page is asked for every so often, each kind in
turn and each time of another patient. The clock of a page runs from when it was due, so a page that
waits behind another one counts its waiting.
"""

import asyncio
import itertools
import math
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from bench.derived import parts_of_worker
from bench.latency import at_their_times, endless_syncs, steady_speed, strong_pain
from bench.loads import DAYS_A_WEEK, NOW_MS, WEEKS, background, day_of, deliveries, mixed
from bench.pages.patient_page import CountedStatements
from bench.row import Row
from bench.stage import Stage, stage
from kadens.embedded.process import end_child, launch, wait_ready
from kadens.local.children import answers
from kadens.local.up_options import free_port
from simulate.player import play
from storage.alerts import to_judge
from storage.pg.pool import open_pool
from stream.judge_patient import judge_runs

_READY_S, _STOP_S = 60.0, 30.0
_SLACK = 1.5  # so many times what half of the speed should need is made before
_KEPT_DAYS = 10
_IN_PAIN = 20  # one of so many people has an alert
# what each kind of page is asked for, and the most milliseconds that it should take on the server
_PAGES: Mapping[str, tuple[str, float]] = {
    "worklist": ("/", 1000),
    "worklist with a patient beside it": ("/?patient={patient}", 1000),
    "worklist, a name searched": ("/?q={patient}", 1000),
    "patient": ("/patients/{patient}", 300),
    "session": ("/patients/{patient}/sessions/{session}", 300),
    "alert": ("/alerts/{alert}", 300),
    "prescriptions": ("/patients/{patient}/prescriptions", 300),
    "summary": ("/patients/{patient}/summary", 300),
    "rules": ("/rules", 1000),
    "duty": ("/duty", 300),
}
_SESSIONS = """
select p.pseudonym as patient, max(s.session::text) as session from session s
join patient p on p.id = s.patient group by p.pseudonym order by p.pseudonym"""
_ALERTS = "select id::text from alert order by id"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSize:
    """Patients, days before the pages are asked for, rounds of all pages, and pages a second.

    Two pages a second are those of ten clinicians who each open one every five seconds.
    """

    patients: int = 1000
    days: int = 14
    rounds: int = 50
    per_second: float = 2.0


FULL_PANEL = PanelSize()
TINY_PANEL = PanelSize(patients=4, days=21, rounds=2, per_second=20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """The answers to pages by kind: seconds since each was due, and bytes of the last."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    size: dict[str, int] = field(default_factory=dict)


def run_panel(size: PanelSize) -> list[Row]:
    """Return the figures of each kind of page, and of judging everybody."""
    with stage(size.patients) as on, _clinic(on) as client:
        half = _filled(on, size) / 2
        results = _ask_under_load(on, client, size, half)
        for worker in on.workers:
            # it would take some of the patients who are to be judged in one round
            end_child(worker, first=signal.SIGTERM, seconds=_STOP_S)
        judging = asyncio.run(_judged(on))
    return [*(_row(results, kind, half) for kind in _PAGES), *judging]


@contextmanager
def _clinic(on: Stage) -> Iterator[httpx2.Client]:
    """Start a clinician door of its own process, and return a client of it."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(TemporaryDirectory(prefix="kadens-bench-")))
        port = free_port()
        argv = [sys.executable, "-m", "bench.pages.served", str(port), on.dsn, on.people.unit]
        child = launch("clinic", argv, log=folder / "clinic.log", on_death=signal.SIGKILL)
        parts.callback(end_child, child, first=signal.SIGTERM, seconds=_STOP_S)
        wait_ready(child, lambda: answers(f"http://127.0.0.1:{port}/healthz"), seconds=_READY_S)
        base = f"http://127.0.0.1:{port}"
        yield parts.enter_context(httpx2.Client(base_url=base, timeout=_READY_S))


def _filled(on: Stage, size: PanelSize) -> float:
    """Send days of everybody, and return the speed (bodies a second) of the last."""
    first, last = _days(size)
    for number in range(first, last):
        sent = deliveries(background(hours=24), on.people, on.people.people, day_of(number))
        on.post(sent)
        on.settle()
    on.post(map(strong_pain, on.people.people[::_IN_PAIN]))
    on.wait(lambda: on.rows(_ALERTS) != [])
    on.checkpoint()
    mixed_day = deliveries(mixed, on.people, on.people.people, day_of(last))
    return steady_speed(on, mixed_day)


def _days(size: PanelSize) -> tuple[int, int]:
    """Return the numbers of the days that are filled before, [first, last).

    The days after them are for what is sent meanwhile: nothing may come from the future.
    """
    last = WEEKS * DAYS_A_WEEK - _KEPT_DAYS
    return last - size.days, last


def _ask_under_load(on: Stage, client: httpx2.Client, size: PanelSize, half: float) -> _Answers:
    """Ask for all pages while watches send `half` bodies a second."""
    seconds = size.rounds * len(_PAGES) / size.per_second
    rest = endless_syncs(
        on, on.people.people, math.ceil(half * seconds * _SLACK), _days(size)[1] + 1
    )
    paths = list(itertools.islice(_paths(on), size.rounds * len(_PAGES)))
    stop, results = threading.Event(), _Answers()
    with ThreadPoolExecutor(1, thread_name_prefix="timed") as pool:
        sending = pool.submit(play, at_their_times(rest, 1 / half, stop), on.door.post)
        try:
            _ask(client, paths, 1 / size.per_second, results)
        finally:
            stop.set()
        sending.result()
    return results


def _paths(on: Stage) -> Iterator[tuple[str, str]]:
    """Yield kinds of pages in turn with a path of each, of one patient after the other."""
    people = itertools.cycle(on.rows(_SESSIONS))
    alerts = itertools.cycle([row[0] for row in on.rows(_ALERTS)])
    for patient, session in people:
        alert = next(alerts)
        for kind, (path, _) in _PAGES.items():
            yield kind, path.format(patient=patient, session=session, alert=alert)


def _ask(
    client: httpx2.Client, paths: Sequence[tuple[str, str]], apart_s: float, results: _Answers
) -> None:
    begun = time.perf_counter()
    for number, (kind, path) in enumerate(paths):
        due_s = begun + number * apart_s
        time.sleep(max(due_s - time.perf_counter(), 0))
        answer = client.get(path).raise_for_status()
        results.took[kind].append(time.perf_counter() - due_s)
        results.size[kind] = len(answer.content)


async def _judged(on: Stage) -> list[Row]:
    """Return the time and the statements of judging everybody in one round."""
    async with await open_pool(on.dsn, max_size=2) as pool:
        parts = parts_of_worker(pool)
        async with pool.connection() as conn:
            names = [person.pseudonym for person in on.people.people]
            await to_judge.mark_all(conn, names, NOW_MS, "bench")
        begun = time.perf_counter()
        with CountedStatements() as counted:
            await judge_runs([], parts)
        took = time.perf_counter() - begun
    each = took / len(names)
    return [
        Row(
            name=f"judging {len(names):,} patients in one round",
            value=took,
            unit="s",
            baseline=f"{each * 1000:.3g} ms and {counted.statements / len(names):.3g} statements "
            "a patient",
        )
    ]


def _milliseconds(took: Sequence[float], part: int) -> float:
    """Return a percentile of seconds in order."""
    return took[math.ceil(len(took) * part / 100) - 1] * 1000


def _row(results: _Answers, kind: str, half: float) -> Row:
    took = sorted(results.took[kind])
    p50, p99 = _milliseconds(took, 50), _milliseconds(took, 99)
    goal_ms = _PAGES[kind][1]
    return Row(
        name=f"page under load, p99: {kind}",
        value=p99,
        unit="ms",
        baseline=f"{goal_ms:.0f} ms; p50 {p50:.3g} ms, {len(took)} pages of "
        f"{results.size[kind] / 1000:.0f} kB, at {half:,.0f} bodies/s, "
        "half of what it keeps up with",
        ratio=goal_ms / p99,
        # No floor: a figure in ms falls with whatever else the machine does.
        goal=1.0,
    )
