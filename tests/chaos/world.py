"""What is sent in every run.

It is the latest days of a few patients as real payloads, and payloads that nobody can store. The
payloads are the same in all runs, so that a single quiet run shows what each run must leave.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from model.calendar import DAY_MS
from model.envelope import Envelope
from simulate.cohort import Cohort, cohort
from simulate.deliveries import history, live
from simulate.delivery import FIT_TYPE, JSON_TYPE, TO_FILES, TO_OPEN_WEARABLES, TO_REPORTS, Delivery
from tests.chaos.system.vendor import notices
from tests.poison import POISON

CHAOS_NOW_MS = 1_764_000_000_000  # 2025-11-24T16:00:00Z, a Monday
END_MS = CHAOS_NOW_MS + 300_000  # the time of the clock in the end, past every step
SENT_DAYS = 6
SENDING = (
    "demo-01",
    "demo-02",
    "demo-06",
    "demo-07",
)  # pain, low, by hand, through the phone's hub
POISONED = "demo-03"
MOST_POISON = 200_000  # bytes
_STRANGER = (
    b'{"type":"heart_rate.created",'
    b'"data":{"user_id":"11111111-2222-3333-4444-555555555555","samples":[]}}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message for `kadens.raw`, as the vendor door writes it."""

    sha256: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The people to enrol and the payloads to append.

    It also has the numbers of those that are poison, and of those that are reports. `cues` are the
    SHA-256 of those that only announce something: they become fetches and are kept nowhere.
    """

    people: Cohort
    bodies: tuple[Posted, ...]
    poison: tuple[int, ...]
    reports: tuple[int, ...]
    cues: frozenset[str] = frozenset()


def world() -> World:
    """Return the world of all runs."""
    people = cohort(now_ms=CHAOS_NOW_MS, seed=11, patients=8, weeks=3)
    poison = list(_poison())
    reported = [*_describe(people), *_unstorable(), *notices(CHAOS_NOW_MS)]
    announced = set(map(_sha_of, notices(CHAOS_NOW_MS)))
    return World(
        people=people,
        bodies=tuple(map(_posted, (*reported, *poison))),
        cues=frozenset(announced),
        poison=tuple(range(len(reported), len(reported) + len(poison))),
        reports=tuple(n for n, item in enumerate(reported) if item.connector == TO_REPORTS),
    )


def _describe(people: Cohort) -> Iterator[Delivery]:
    for item in (*history(people), *live(people)):
        if item.patient in SENDING and item.due_ms >= CHAOS_NOW_MS - SENT_DAYS * DAY_MS:
            yield replace(item, due_ms=min(item.due_ms, CHAOS_NOW_MS))


def _unstorable() -> Iterator[Delivery]:
    """Yield a damaged file, a payload of an unknown account, and one of an unknown connector."""
    for connector, patient, kind, body in (
        (TO_FILES, SENDING[0], FIT_TYPE, b"\x0e\x10.FIT and no more"),
        (TO_OPEN_WEARABLES, "", JSON_TYPE, _STRANGER),
        ("nobody", "", JSON_TYPE, b"{}"),
    ):
        yield Delivery(
            key=connector,
            connector=connector,
            patient=patient,
            due_ms=CHAOS_NOW_MS,
            content_type=kind,
            weight=len(body),
            make=partial(bytes, body),
        )


def _poison() -> Iterator[Delivery]:
    """Yield poisonous bodies that fit a message, of a patient who sends nothing else."""
    for item in POISON:
        body = item.body()
        if len(body) <= MOST_POISON:
            yield Delivery(
                key=item.name,
                connector=item.connector,
                patient=POISONED,
                due_ms=CHAOS_NOW_MS,
                content_type=item.content_type,
                weight=len(body),
                make=partial(bytes, body),
            )


def _sha_of(delivery: Delivery) -> str:
    return _posted(delivery).sha256


def _posted(delivery: Delivery) -> Posted:
    body = delivery.make()
    sha = hashlib.sha256(body).hexdigest()
    envelope = Envelope(
        connector=delivery.connector,
        received_ms=delivery.due_ms,
        sha256=sha,
        size=len(body),
        content_type=delivery.content_type,
        patient=delivery.patient
        if delivery.connector == TO_FILES or delivery.patient == POISONED
        else "",
    )
    return Posted(sha256=sha, value=body, headers=tuple(envelope.headers()))
