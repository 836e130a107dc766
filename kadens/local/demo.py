"""The demo of `kadens up`: eight invented patients, twelve weeks, then a pain 8 that must reach the clinician.

A shell over `simulate`. Everything goes through the vendor door, as from outside; only people are written directly.
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
from kadens.link_tokens import issue_token
from kadens.settings import Secrets
from model.calendar import rfc3339
from model.topics import DERIVED, FACTS, RAW
from simulate.cohort import demo_cohort
from simulate.deliveries import history, last_minutes, live
from simulate.delivery import OPEN_WEARABLES, REPORTS
from simulate.door import Keys, VendorDoor
from simulate.enrol import enrol
from simulate.lag import Behind, Gate, wait_idle
from simulate.player import on_time, play
from storage.people.people import TakenError
from storage.pg.pool import open_pool
from storage.reads import clinic_queries, evidence

GROUP = "kadens"  # the worker's consumer group
IDLE_S = 240.0
LOOK_S = 0.1
PULSE_S = 60.0
FAMILY = "pain"


class Stopped(Exception):  # noqa: N818 - reads as what happened
    """`kadens up` is going down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where everything of one `kadens up` is."""

    data: Path
    brokers: str
    dsn: str
    host: str
    vendor_port: int
    clinic_port: int
    secrets: Secrets
    clock: str

    def addresses(self) -> dict[str, str]:
        """Return what a person or another program may want to open."""
        return {
            "clinic": f"http://{self.host}:{self.clinic_port}",
            "vendor door": f"http://{self.host}:{self.vendor_port}",
            "log": self.brokers,
            "database": self.dsn,
            "data": str(self.data),
        }


class Demo:
    """One run of the demo; `status` is the exit status once it is over. `run` belongs in a thread."""

    def __init__(
        self, place: Place, *, weeks: int, seed: int, until_alert: bool, err: Console
    ) -> None:
        self._place, self._until, self._err = place, until_alert, err
        self._now = clock(place.clock)
        self._cohort = demo_cohort(now_ms=self._now(), seed=seed, weeks=weeks)
        self._fresh = True
        self.stop = threading.Event()
        self.status: int | None = None

    def enrol(self) -> None:
        """Write the people of the cohort; where an earlier demo left them, their history is there too."""
        try:
            asyncio.run(
                enrol(self._place.dsn, self._cohort, wrapping_key=self._place.secrets.wrapping_keys)
            )
        except TakenError:
            self._fresh = False
            self._err.print("the demo patients are here already; their history is not played again")

    def run(self) -> None:
        """Play history and live part, then show the alert, or keep sending until stopped."""
        try:
            self._run()
        except Stopped:
            return
        except BaseException:
            self.status = 1
            raise

    def _run(self) -> None:
        counts = {topic.name: topic.partitions for topic in (RAW, FACTS, DERIVED)}
        door = VendorDoor(self._place.host, self._place.vendor_port, self._keys(), self._now)
        with closing(door), closing(Behind(self._place.brokers, GROUP, counts)) as behind:
            if self._fresh:
                self._play_history(behind, door)
            posted_ms = self._play_live(door)
            wait_alert = self._wait_for_alert()
            if self._until:
                self._print({**wait_alert, "posted": rfc3339(posted_ms)})
                self.status = 0
                return
            self._tell(wait_alert)
            self._pulse(door)

    def _print(self, values: Mapping[str, Any]) -> None:
        sys.stdout.write(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode() + "\n")
        sys.stdout.flush()

    def _play_history(self, behind: Behind, door: VendorDoor) -> None:
        began, deliveries = time.monotonic(), list(history(self._cohort))
        gate = Gate(behind, raw=RAW.name, facts=FACTS.name)
        with self._bar() as bar:
            task = bar.add_task(
                f"{self._cohort.weeks} weeks of {len(self._cohort.people)} patients",
                total=len(deliveries),
            )
            played = play(
                deliveries,
                door.post,
                gate=self._or_stop(gate.pass_),
                progress=lambda _one, _size: bar.advance(task),
            )
            bar.update(task, description="the worker finishes")
            if not wait_idle(self._checked(behind), seconds=IDLE_S):
                raise TimeoutError(f"the worker did not finish within {IDLE_S:g} s")
        size = played.size / 1e6
        self._err.print(
            f"{played.bodies} bodies, {size:.0f} MB, in {time.monotonic() - began:.1f} s"
        )

    def _play_live(self, door: VendorDoor) -> int:
        """Send the live part and return when its last body, the pain report, was received."""
        start = self._now()
        step = 0 if self._until else 1
        items = [
            replace(item, due_ms=start + step * (item.due_ms - self._cohort.now_ms))
            for item in live(self._cohort)
        ]
        play(on_time(items, self._now), door.post, gate=self._or_stop(lambda _weight: None))
        return self._now()

    def _pulse(self, door: VendorDoor) -> None:
        """Send a minute of heart rate each minute, until stopped."""
        while not self.stop.wait(PULSE_S):
            play(last_minutes(self._cohort, self._now(), 1), door.post)

    def _wait_for_alert(self) -> dict[str, Any]:
        return asyncio.run(self._alert())

    async def _alert(self) -> dict[str, Any]:
        unit = self._cohort.unit
        async with await open_pool(self._place.dsn, max_size=1) as pool:
            while not self.stop.is_set():
                async with pool.connection() as conn:
                    alerts = await clinic_queries.live_alerts(conn, unit)
                    for alert in alerts:
                        if alert.family == FAMILY:
                            return await alert_shown(conn, unit, alert.id)
                await asyncio.sleep(LOOK_S)
        raise Stopped

    def _tell(self, values: Mapping[str, Any]) -> None:
        tell, addresses = self._err.print, self._place.addresses()
        tell(f"first alert: {values['sentence']}", style="bold", markup=False)
        for name, address in addresses.items():
            tell(f"  {name:<12} {address}", markup=False)
        tell("link tokens, one a patient (whoever has one may send in that patient's name):")
        for pseudonym, token in asyncio.run(self._tokens()).items():
            tell(f"  {pseudonym}  {token}", markup=False)
        tell("a minute of heart rate comes in every minute; Ctrl-C stops everything")

    async def _tokens(self) -> dict[str, str]:
        """Issue a link token for each person of the cohort."""
        keys, now = self._place.secrets.link_keys, self._now()
        async with await open_pool(self._place.dsn, max_size=1) as pool, pool.connection() as conn:
            made = {
                item.pseudonym: await issue_token(conn, item.pseudonym, keys, now, by="demo")
                for item in self._cohort.people
            }
        return {pseudonym: token for pseudonym, (token, _) in made.items()}

    def _keys(self) -> Keys:
        secrets = self._place.secrets
        return Keys(
            open_wearables=secrets.connectors[OPEN_WEARABLES].keys[0],
            reports=secrets.connectors[REPORTS].keys[0],
            link=secrets.link_keys,
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


async def alert_shown(conn: Any, unit: str, alert: str) -> dict[str, Any]:  # noqa: ANN401 - storage's own connection
    """Return an alert as JSON-plain values: rule, evidence, session and times."""
    page = await evidence.alert_page(conn, unit, alert)
    if page is None:
        raise LookupError(f"no alert {alert}")
    named = next((finding.session for finding in page.findings if finding.session), None)
    patient = page.patient.pseudonym
    sessions = (
        await clinic_queries.sessions_of(conn, unit, patient, limit=1, one=named) if named else ()
    )
    return {
        "alert": page.alert.id,
        "patient": patient,
        "rule": page.alert.rule,
        "rule_version": page.alert.rule_version,
        "tier": page.alert.tier,
        "state": page.alert.state,
        "sentence": page.alert.sentence,
        "raised": rfc3339(page.alert.raised_ms),
        "findings": [
            {
                "rule": finding.rule,
                "key": finding.key,
                "at": rfc3339(finding.at_ms),
                "session": finding.session,
                "evidence": finding.evidence,
            }
            for finding in page.findings
        ],
        "session": _session(sessions[0]) if sessions else None,
    }


def _session(value: Any) -> dict[str, Any]:  # noqa: ANN401 - model.derived.Session, read field by field
    return {
        "id": value.id,
        "start": rfc3339(value.start_ms),
        "end": rfc3339(value.end_ms),
        "type": value.type,
        "zones_ms": dict(
            zip(
                ("very_light", "light", "moderate", "vigorous", "near_max", "unknown"),
                value.zones.as_tuple(),
                strict=True,
            )
        ),
        "heart_source": value.heart_source.device if value.heart_source else None,
        "partial": value.partial,
    }
