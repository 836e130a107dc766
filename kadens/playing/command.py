"""`kadens play`: enrols the people of a cohort in a running system, and sends what arrives."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, DoorUrl, Json
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.playing.enrolling import PlayedConsent, consents_of, enrol_cohort, record_consents
from kadens.playing.sent import SentSoFar, read_sent, write_sent
from kadens.playing.signing import CohortSender, NotTakenError, keys_for
from kadens.posting import NoAnswerError, door_of
from kadens.scoring.cohort_files import CohortDelivery, CohortFiles
from kadens.scoring.cohort_reading import CohortError, read_cohort
from kadens.settings import Settings
from model.calendar import rfc3339
from model.topics import DERIVED, FACTS, RAW
from simulate.delivery import Delivery
from simulate.lag import Behind, Gate, wait_idle
from simulate.player import on_time, play
from storage.people.errors import TakenError, UnknownNameError

Now = Callable[[], int]
_GROUP = "kadens"  # the worker's consumer group
_PORTION = 200  # bodies sent until the file is written
_IDLE_S = 600.0
_EVERY_BODIES = 1_000
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A cohort directory.")]
_Speed = Annotated[
    float,
    typer.Option(min=0, help="How many times as fast as it happened; 0 for as fast as possible."),
]


def play_cohort(
    folder: _Folder,
    *,
    speed: _Speed = 0,
    url: DoorUrl = "",
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Send a cohort through the doors of a running system.

    Its people are enrolled in the clinician door's care unit, with accounts, consents, heart
    profiles and prescriptions. Each body is signed as its vendor signs, and sent in the order of
    time. The same command continues what was interrupted: played.json beside the cohort holds how
    far it came. The system's clock is its own, so rules judge what is in the past as past.
    """
    settings = settings_of(data)
    try:
        cohort = read_cohort(folder)
    except CohortError as error:
        fail(str(error), code=2)
    _refuse(settings, cohort)
    keys, lines = keys_for(settings, cohort.deliveries)
    if lines:
        fail("these bodies cannot be signed:\n" + "\n".join(lines), code=2)
    door = door_of(settings, url)
    sender = CohortSender(door=door, settings=settings, keys=keys)
    try:
        done = _Run(settings=settings, cohort=cohort, sender=sender, speed=speed).play()
    except (NotTakenError, NoAnswerError, TakenError, UnknownNameError, TimeoutError) as error:
        fail(str(error))
    if as_json:
        print_json(done)
        return
    print_line(
        f"{done['enrolled']} people enrolled, {done['sent']} bodies sent, "
        f"{done['sent_before']} sent before"
    )


def _refuse(settings: Settings, cohort: CohortFiles) -> None:
    """Leave with code 2 for a cohort that this system cannot take."""
    if not settings.secrets.wrapping_keys:
        fail("the secrets file has no wrapping_key, so no patient could be added", code=2)
    if not settings.clinic_unit:
        fail("KADENS_CLINIC_UNIT is not set, so the people would be in no care unit", code=2)
    now_ms = clock(settings.clock)()
    if cohort.head.begins_ms > now_ms:
        fail(
            f"the cohort begins on {rfc3339(cohort.head.begins_ms)}, after the system's clock: "
            "what is measured later than it is received is no measurement",
            code=2,
        )


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run of the command; `sent` grows as bodies are acknowledged."""

    settings: Settings
    cohort: CohortFiles
    sender: CohortSender
    speed: float
    sent: SentSoFar = field(init=False)
    shown: int = 0

    def play(self) -> dict[str, int | float]:
        """Enrol, send what is left, and wait until the worker has worked on it."""
        began, now = monotonic(), clock(self.settings.clock)
        self.sent = read_sent(self.cohort.folder, self.sender.door)
        added = asyncio.run(enrol_cohort(self.settings, self.cohort.patients, now()))
        if added:
            # people who were not there: nothing that was sent before can have been theirs
            self.sent = SentSoFar(door=self.sender.door)
        before = self.sent.bodies
        counts = {topic.name: topic.partitions for topic in (RAW, FACTS, DERIVED)}
        with closing(Behind(self.settings.kafka, _GROUP, counts)) as behind:
            gate = Gate(behind, raw=RAW.name, facts=FACTS.name)
            self._send(gate, now)
            if not wait_idle(behind, seconds=_IDLE_S):
                raise TimeoutError(f"the worker did not finish within {_IDLE_S:g} s")
        return {
            "enrolled": added,
            "sent": self.sent.bodies - before,
            "sent_before": before,
            "seconds": round(monotonic() - began, 1),
        }

    def _send(self, gate: Gate, now: Now) -> None:
        changes = consents_of(self.cohort.patients)
        began_ms, first = now(), self.sent.bodies
        for portion in _portions(self.cohort.deliveries, changes, first):
            self._consent(changes, portion[0].received_ms, now)
            items = map(
                partial(self._delivery, self.cohort.deliveries[first].received_ms, began_ms),
                range(self.sent.bodies, self.sent.bodies + len(portion)),
            )
            play(on_time(items, now), partial(self._post, now), gate=gate.pass_)
            # only now are all of them acknowledged
            self._moved(replace(self.sent, bodies=self.sent.bodies + len(portion)))
        self._consent(changes, self.cohort.head.ends_ms, now)

    def _delivery(self, first_ms: int, began_ms: int, position: int) -> Delivery:
        item = self.cohort.deliveries[position]
        after_ms = (item.received_ms - first_ms) / self.speed if self.speed else 0
        return Delivery(
            key=str(position),
            connector=item.connector,
            patient=item.patient,
            due_ms=began_ms + int(after_ms),
            content_type=item.content_type,
            weight=item.size or 1,
            make=partial(self.cohort.content, item),
        )

    def _post(self, now: Now, delivery: Delivery) -> int:
        position, body = int(delivery.key), delivery.make()
        self.sender.send(position + 1, self.cohort.deliveries[position], body, now())
        return len(body)

    def _consent(self, changes: Sequence[PlayedConsent], until_ms: int, now: Now) -> None:
        """Write the changes of consent up to an instant of the cohort."""
        due = [change for change in changes[self.sent.consents :] if change[0] <= until_ms]
        if due:
            asyncio.run(record_consents(self.settings, due, now()))
            self._moved(replace(self.sent, consents=self.sent.consents + len(due)))

    def _moved(self, sent: SentSoFar) -> None:
        self.sent = sent
        write_sent(self.cohort.folder, sent)
        if sent.bodies - self.shown >= _EVERY_BODIES:
            self.shown = sent.bodies
            print_note(f"{sent.bodies} of {len(self.cohort.deliveries)} bodies")


def _portions(
    deliveries: Sequence[CohortDelivery], changes: Iterable[PlayedConsent], first: int
) -> Iterator[Sequence[CohortDelivery]]:
    """Yield the bodies from `first` on, cut where a consent changes and after `_PORTION` bodies."""
    cuts = [change[0] for change in changes]
    portion: list[CohortDelivery] = []
    passed = 0
    for delivery in deliveries[first:]:
        is_cut = passed < len(cuts) and cuts[passed] <= delivery.received_ms
        if portion and (is_cut or len(portion) >= _PORTION):
            yield portion
            portion = []
        while passed < len(cuts) and cuts[passed] <= delivery.received_ms:
            passed += 1
        portion.append(delivery)
    if portion:
        yield portion
