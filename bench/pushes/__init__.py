"""What a push of 100 MB costs: Garmin puts activity details of many users into a single body.

The peak of the resident memory of the vendor door, of the worker and of its reader, from before the
push until every session of it is there. It must never count a push of which a fact is missing.
"""

import asyncio
import http.client
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.loads import day_of
from bench.processes import family_peaks
from bench.row import Row
from bench.stage import Stage, stage
from model.calendar import DAY_MS, HOUR_MS
from storage.people import accounts, consents
from storage.pg.pool import open_pool

_GARMIN, _CLIENT = "garmin", "bench-client"
_LOOK_S = 0.1
_TIMEOUT_S = 120
# Resident MiB that each may take at most, whoever is at work beside it.
_MOST = {"vendor door": 160, "worker": 448, "reader": 768}
_SAMPLE = (
    '{"startTimeInSeconds":%d,"heartRate":%d,"speedMetersPerSecond":2.5,"stepsPerMinute":160.0,'
    '"totalDistanceInMeters":%.1f,"airTemperatureCelcius":11.0,"timerDurationInSeconds":%d}'
)
_ACTIVITY = (
    '{"userId":"%s","summaryId":"%d-detail","activityId":%d,"summary":{"activityName":"Running",'
    '"startTimeInSeconds":%d,"startTimeOffsetInSeconds":7200,"durationInSeconds":%d,'
    '"activityType":"RUNNING","deviceName":"Forerunner 965","manual":false},"samples":[%s]}'
)
_LEFT = """
select %(activities)s - (select count(*) from session where counts and hr_n = %(samples)s)
  + %(users)s - (select count(*) from body where connector = 'garmin')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSize:
    """Users in a push, activities of each on days of their own, and samples of each, one a second.

    A user's part of the full push has 2.5 MB, so it comes back by way of the body store.
    """

    users: int = 40
    activities: int = 5
    samples: int = 2_700


FULL_PUSH, TINY_PUSH = PushSize(), PushSize(users=2, activities=1, samples=2_000)


def run_large_push(size: PushSize) -> list[Row]:
    """Return the peaks of memory of the processes that a push passes, and how long it takes."""
    segment = secrets.token_urlsafe(24)
    key = f'\n[connectors.{_GARMIN}]\nkeys = ["{segment}:{_CLIENT}"]\n'
    with stage(size.users, more_secrets=key) as on:
        asyncio.run(_link(on))
        body = _push(on, size)
        with _peaks() as peaks:
            begun = time.perf_counter()
            _post(on, segment, body)
            answered_s = time.perf_counter() - begun
            activities = size.users * size.activities
            parts = {"activities": activities, "users": size.users, "samples": size.samples}
            on.wait(lambda: not on.conn.execute(_LEFT, parts).fetchone()[0], _LOOK_S)
            stored_s = time.perf_counter() - begun
    mb = len(body) / 1e6
    rows = [_row(name, peaks[name], mb) for name in _MOST]
    seconds = f"answered within {answered_s:.1f} s"
    took = Row(name=f"push of {mb:.0f} MB, all derived", value=stored_s, unit="s", baseline=seconds)
    return [*rows, took]


def _row(name: str, peak_mib: float, mb: float) -> Row:
    return Row(
        name=f"push of {mb:.0f} MB, peak of the {name}",
        value=peak_mib,
        unit="MiB",
        baseline=f"{_MOST[name]} MiB",
        ratio=_MOST[name] / peak_mib if peak_mib else None,
        floor=1.0,
    )


@contextmanager
def _peaks() -> Iterator[dict[str, float]]:
    """Look at the processes as long as the block lasts: a reader is gone when it has answered."""
    peaks: dict[str, float] = dict.fromkeys(_MOST, 0.0)
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(_LOOK_S):
            for name, mib in family_peaks().items():
                peaks[name] = max(peaks.get(name, 0.0), mib)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()


async def _link(on: Stage) -> None:
    async with await open_pool(on.dsn, max_size=1) as pool, pool.connection() as conn:
        for person in on.people.people:
            patient = person.pseudonym
            await consents.give_consent(conn, patient, _GARMIN, from_ms=0, now_ms=0)
            await accounts.link_account(conn, patient, _GARMIN, f"g-{patient}", 0)


def _push(on: Stage, size: PushSize) -> bytes:
    records = []
    for number, person in enumerate(on.people.people):
        for day in range(size.activities):
            id_ = 1_000 * number + day + 1
            start_s = (day_of(0) + day * DAY_MS + 8 * HOUR_MS) // 1000
            samples = ",".join(
                _SAMPLE % (start_s + at, 100 + at % 60, 2.5 * at, at) for at in range(size.samples)
            )
            account = f"g-{person.pseudonym}"
            records.append(_ACTIVITY % (account, id_, id_, start_s, size.samples, samples))
    return f'{{"activityDetails":[{",".join(records)}]}}'.encode()


def _post(on: Stage, segment: str, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", on.port, timeout=_TIMEOUT_S)
    headers = {"content-type": "application/json", "garmin-client-id": _CLIENT}
    connection.request("POST", f"/v1/hooks/{_GARMIN}/{segment}", body, headers)
    status = connection.getresponse().status
    connection.close()
    if status != http.HTTPStatus.OK:
        raise RuntimeError(f"the door answered {status} to a push of {len(body)} bytes")
