"""What the pipeline's bench feeds in: bodies of many patients, and the very samples they hold for the baseline.

A round of a workload is about new instants, so that nothing in it was told before.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from kadens.model.calendar import rfc3339
from kadens.model.facts import Instants, Values
from kadens.simulate.fit_writer import Recording, write_activity
from kadens.simulate.open_wearables_writer import heart_rate_body

NOW_MS = 1_788_220_800_000  # 2026-09-01T00:00Z
HOUR_MS, DAY_MS, MINUTE_MS = 3_600_000, 86_400_000, 60_000
SECONDS = 2_400
METRICS = ("heart_rate", "cadence", "speed", "altitude")
MINUTES = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as a vendor sends it, whose it is (a number), how many blocks it makes, and its samples by metric."""

    connector: str
    patient: int
    value: bytes
    samples: Mapping[str, tuple[Instants, Values]]

    @property
    def rows(self) -> int:
        """Return the number of samples."""
        return sum(len(t) for t, _ in self.samples.values())

    @property
    def facts(self) -> int:
        """Return the number of facts: a block a metric, and the workout or the answer."""
        return len(self.samples) + (self.connector != "open_wearables")


def workouts(n: int, patients: int, first: int) -> Iterator[Body]:
    """Yield `n` FIT files of 40 minutes at 1 Hz, from number `first` on, two hours between those of a patient."""
    for number in range(first, first + n):
        yield workout(number, number % patients, NOW_MS - (1 + number // patients) * 2 * HOUR_MS)


def workout(number: int, patient: int, start: int) -> Body:
    """Return one FIT file of four metrics."""
    chance = np.random.default_rng(number)
    t = start + np.arange(SECONDS, dtype=np.int64) * 1000
    columns = {
        "heart_rate": chance.integers(90, 170, SECONDS).astype(np.float64),
        "cadence": chance.integers(70, 90, SECONDS).astype(np.float64),
        "speed": np.round(chance.uniform(2, 4, SECONDS), 3),
        "altitude": np.round(chance.uniform(10, 60, SECONDS), 1),
    }
    said = Recording(
        start_ms=start,
        end_ms=start + SECONDS * 1000,
        sport="running",
        sub_sport=0,
        offset_min=120,
        t=t,
        columns=columns,
        product=3076,
        serial=3_900_000_000 + patient,
        strap=False,
    )
    samples = {name: (t, v) for name, v in columns.items()}
    return Body(connector="files", patient=patient, value=write_activity(said), samples=samples)


def minutes(n: int, patients: int, first: int) -> Iterator[Body]:
    """Yield `n` days of one heart rate a minute, from number `first` on, a day further back for each patient."""
    for number in range(first, first + n):
        yield background(number, number % patients, NOW_MS - (1 + number // patients) * DAY_MS, MINUTES)


def background(number: int, patient: int, start: int, n: int) -> Body:
    """Return `n` minutes of heart rate: at rest, with a walk in the afternoon."""
    t = start + np.arange(n, dtype=np.int64) * MINUTE_MS
    walk = (t // MINUTE_MS % MINUTES // 35) == 26  # noqa: PLR2004 - from 15:10 for 35 minutes
    beats = np.random.default_rng(number).integers(60, 80, n) + 35.0 * walk
    value = heart_rate_body(f"account-{patient}", "Europe/Stockholm", t, beats)
    return Body(connector="open_wearables", patient=patient, value=value, samples={"heart_rate": (t, beats)})


def mixed(n: int, patients: int, first: int) -> Iterator[Body]:
    """Yield bodies of whole days: of each day a FIT file, a day of minutes in four parts, and two reports."""
    for number in range(first, first + n):
        day, patient = NOW_MS - (1 + number // patients) * DAY_MS, number % patients
        yield workout(number, patient, day + 16 * HOUR_MS)
        for part in range(4):
            yield background(number, patient, day + part * 6 * HOUR_MS, 360)
        for instrument, scale in (("pain", "nrs-0-10"), ("exertion", "borg-cr10")):
            asked = {"instrument": instrument, "scale": scale, "value": 3, "answered_at": rfc3339(day + 17 * HOUR_MS)}
            yield report(f"{instrument}-{number}", patient, asked)


def report(record: str, patient: int, said: Mapping[str, object]) -> Body:
    """Return an answer after exercise."""
    event = {"type": "report.created", "patient": f"bench-{record}", "report": {"id": record, "phase": "after", **said}}
    return Body(connector="reports", patient=patient, value=json.dumps(event).encode(), samples={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A kind of work: `bodies(n, patients, first)` yields a round, `n` of them a round after the first."""

    name: str
    bodies: Callable[[int, int, int], Iterator[Body]]
    patients: int
    n: int


WORKLOADS = (
    Workload(name="workout files at 1 Hz", bodies=workouts, patients=8, n=80),
    Workload(name="days of minutes of many patients", bodies=minutes, patients=250, n=250),
    Workload(name="mixed days", bodies=mixed, patients=60, n=60),
)
