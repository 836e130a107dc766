"""The demo of `kadens up`: eight invented patients, twelve weeks, then a pain 8 for the clinician.

This is a shell over `simulate`. Everything goes through the vendor door, as from outside; only
people are written directly.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kadens.clock import clock
from kadens.link_tokens import TokenKeys, issue_token
from kadens.local.demo_link import demo_door_link
from kadens.local.demo_state import DemoState, begin, write_state
from kadens.local.enrol import enrol, simulated_tokens
from kadens.local.shown_alert import alert_hints, shown_alert
from kadens.settings import Secrets
from model.calendar import rfc3339
from model.topics import DERIVED, FACTS, RAW
from simulate.cohort import Cohort
from simulate.deliveries import history, last_minutes, live
from simulate.delivery import TO_OPEN_WEARABLES, TO_REPORTS
from simulate.door import DoorKeys, VendorDoor
from simulate.lag import Behind, Gate, wait_idle
from simulate.player import on_time, play
from storage.people.errors import TakenError
from storage.pg.pool import open_pool
from storage.reads import clinic_queries

_GROUP = "kadens"  # the worker's consumer group
IDLE_S = 240.0
_LOOK_S = 0.1
PULSE_S = 60.0
FAMILY = "pain"


class Stopped(Exception):  # noqa: N818 - reads as what happened
    """`kadens up` is going down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses of the parts of a `kadens up`, and their secrets and clock."""

    data: Path
    brokers: str
    dsn: str
    host: str
    vendor_port: int
    clinic_port: int
    patient_port: int
    secrets: Secrets
    clock: str

    def addresses(self) -> dict[str, str]:
        """Return the addresses that a person or another program may want to open, by name."""
        return {
            "clinic": f"http://{self.host}:{self.clinic_port}",
            "vendor door": f"http://{self.host}:{self.vendor_port}",
            "patient door": f"http://{self.host}:{self.patient_port}",
            "log": self.brokers,
            "database": self.dsn,
            "data": str(self.data),
        }


class Demo:
    """A run of the demo; `status` is the exit status once it is over.

    Call `run` in a thread of its own.
    """

    def __init__(
        self, endpoints: Endpoints, *, weeks: int, seed: int, until_alert: bool, err: Console
    ) -> None:
        self._endpoints, self._until, self._err = endpoints, until_alert, err
        self._now = clock(endpoints.clock)
        self._state = DemoState(now_ms=self._now(), seed=seed, weeks=weeks)
        self._cohort = self._state.cohort()
        self.stop = threading.Event()
        self.status: int | None = None

    def enrol(self) -> None:
        """Write the patients, unless an earlier demo did; what it left undone is done now."""
        wanted = self._state
        self._state = begin(self._endpoints.data, wanted, self._enrol)
        self._cohort = self._state.cohort(wanted.now_ms)
        if self._state.complete:
            self._err.print("the demo patients are here already; their history is not sent again")
        elif self._state is not wanted:
            self._err.print("an earlier demo was interrupted; its history is sent again")

    def _enrol(self, cohort: Cohort) -> bool:
        keys = self._endpoints.secrets.wrapping_keys
        try:
            asyncio.run(enrol(self._endpoints.dsn, cohort, wrapping_key=keys))
        except TakenError:
            return False
        return True

    def run(self) -> None:
        """Play history and live part and show the alert; then end, or send until stopped."""
        try:
            self._run()
        except Stopped:
            return
        except BaseException:
            self.status = 1
            raise

    def _run(self) -> None:
        counts = {topic.name: topic.partitions for topic in (RAW, FACTS, DERIVED)}
        door = VendorDoor(
            self._endpoints.host, self._endpoints.vendor_port, self._keys(), self._now
        )
        with closing(door), closing(Behind(self._endpoints.brokers, _GROUP, counts)) as behind:
            if not self._state.complete:
                self._play_history(behind, door)
            posted_ms = self._play_live(behind, door)
            alert = self._wait_for_alert()
            if self._until:
                self._print({**alert, "posted": rfc3339(posted_ms)})
                self.status = 0
                return
            self._show(alert)
            self._pulse(door)

    def _print(self, values: Mapping[str, Any]) -> None:
        sys.stdout.write(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode() + "\n")
        sys.stdout.flush()

    def _play_history(self, behind: Behind, door: VendorDoor) -> None:
        cohort = self._state.cohort()  # as it was when the demo began, for the same bodies
        began, deliveries = time.monotonic(), list(history(cohort))
        gate = Gate(behind, raw=RAW.name, facts=FACTS.name)
        # The gate holds back sending while the worker is behind: a mock log drops what is too old.
        with self._bar() as bar:
            task = bar.add_task(
                f"{cohort.weeks} weeks of {len(cohort.people)} patients",
                total=len(deliveries),
            )
            played = play(
                deliveries,
                door.post,
                gate=self._or_stop(gate.pass_),
                progress=lambda _delivery, _size: bar.advance(task),
            )
            bar.update(task, description="the worker finishes")
            # Marked as complete only afterwards: an interrupted demo sends its history again.
            if not wait_idle(self._checked(behind), seconds=IDLE_S):
                raise TimeoutError(f"the worker did not finish within {IDLE_S:g} s")
        write_state(self._endpoints.data, replace(self._state, complete=True))
        size = played.size / 1e6
        self._err.print(
            f"{played.bodies} bodies, {size:.0f} MB, in {time.monotonic() - began:.1f} s"
        )

    def _play_live(self, behind: Behind, door: VendorDoor) -> int:
        """Send the live part and return when its last body, the pain report, was received."""
        start = self._now()
        # For --until-alert everything is due at once, otherwise at the pace of real time.
        step = 0 if self._until else 1
        items = [
            replace(item, due_ms=start + step * (item.due_ms - self._cohort.now_ms))
            for item in live(self._cohort)
        ]
        gate = self._or_stop(lambda _weight: None)
        play(on_time(items[:-1], self._now), door.post, gate=gate)
        # Read side by side, the report could be judged before the session that it is about is
        # there, and the alert would name none.
        wait_idle(self._checked(behind), seconds=IDLE_S)
        play(on_time(items[-1:], self._now), door.post, gate=gate)
        return self._now()

    def _pulse(self, door: VendorDoor) -> None:
        """Send a minute of heart rate each minute, until stopped."""
        # A wait instead of a sleep, so that Ctrl-C ends it at once.
        while not self.stop.wait(PULSE_S):
            play(last_minutes(self._cohort, self._now(), 1), door.post)

    def _wait_for_alert(self) -> dict[str, Any]:
        return asyncio.run(self._first_alert())

    async def _first_alert(self) -> dict[str, Any]:
        unit = self._cohort.unit
        async with await open_pool(self._endpoints.dsn, max_size=1) as pool:
            while not self.stop.is_set():
                async with pool.connection() as conn:
                    alerts = await clinic_queries.live_alerts(conn, unit)
                    for alert in alerts:
                        if alert.family == FAMILY:
                            return await shown_alert(conn, unit, alert.id)
                await asyncio.sleep(_LOOK_S)
        raise Stopped

    def _show(self, alert: Mapping[str, Any]) -> None:
        show = self._err.print
        show(f"first alert: {alert['sentence']}", style="bold", markup=False)
        for name, address in self._endpoints.addresses().items():
            show(f"  {name:<12} {address}", markup=False)
        for line in alert_hints(alert, self._endpoints.addresses()):
            show(line, markup=False)
        patient = str(alert["patient"])
        show(f"  {'as patient':<12} {self._door_link(patient)}", markup=False)
        show("open that link to see what the patient of the alert sees; it works once.")
        show("another one, which ends the link above:")
        command = f"kadens patient door-link --patient {patient} --data {self._endpoints.data}"
        show(f"  .venv/bin/{command}", markup=False)
        show("link tokens, one a patient (whoever has one may send in that patient's name):")
        for pseudonym, token in asyncio.run(self._tokens()).items():
            show(f"  {pseudonym}  {token}", markup=False)
        show("a minute of heart rate comes in every minute; Ctrl-C stops everything")

    def _door_link(self, patient: str) -> str:
        door = self._endpoints.addresses()["patient door"]
        return asyncio.run(demo_door_link(self._endpoints.dsn, patient, door, self._now()))

    async def _tokens(self) -> dict[str, str]:
        """Issue a link token for each person of the cohort."""
        secrets, now = self._endpoints.secrets, self._now()
        keys = TokenKeys(link=secrets.link_keys, wrapping=secrets.wrapping_keys)
        async with (
            await open_pool(self._endpoints.dsn, max_size=1) as pool,
            pool.connection() as conn,
        ):
            tokens = {}
            for person in self._cohort.people:
                tokens[person.pseudonym], _ = await issue_token(
                    conn, person.pseudonym, keys, now, by="demo", purpose="demo"
                )
        return tokens

    def _keys(self) -> DoorKeys:
        secrets = self._endpoints.secrets
        return DoorKeys(
            open_wearables=secrets.connectors[TO_OPEN_WEARABLES].keys[0],
            reports=secrets.connectors[TO_REPORTS].keys[0],
            token=simulated_tokens(secrets.link_keys),
        )

    def _bar(self) -> Progress:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self._err, transient=True)

    def _or_stop(self, gate: Callable[[int], None]) -> Callable[[int], None]:
        def check(weight: int) -> None:
            if self.stop.is_set():
                raise Stopped
            gate(weight)

        return check

    def _checked(self, behind: Behind) -> Callable[[], Mapping[tuple[str, int], int]]:
        def check() -> Mapping[tuple[str, int], int]:
            if self.stop.is_set():
                raise Stopped
            return behind()

        return check
