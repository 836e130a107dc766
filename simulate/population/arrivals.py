"""What arrives about a person: when, and through which door. Pure.

Watches sync late, lie in a drawer, or send the same twice.
"""

from dataclasses import replace

from model.calendar import HOUR_MS
from simulate.population.answer_bodies import (
    heart_bodies,
    session_answers,
    warning_answers,
    weekly_answers,
)
from simulate.population.arrival import Arrival
from simulate.population.doings import Doings
from simulate.population.people import Inhabitant, Recorder, generator
from simulate.population.watch_bodies import watch_bodies

_SENT_TWICE = 0.03


def person_arrivals(person: Inhabitant, did: Doings, seed: int) -> list[Arrival]:
    """Return all bodies of a person, in the order in which they arrive."""
    chance = generator(seed, person.number, 4)
    bodies: list[Arrival] = []
    if person.device is Recorder.WATCH:
        bodies += watch_bodies(person, did, seed)
    for session in did.sessions:
        bodies += session_answers(person, session)
    if person.device is Recorder.HAND:
        bodies += weekly_answers(person, did, seed)
    bodies += warning_answers(person, did)
    bodies += heart_bodies(person, did)
    again = [
        replace(item, received_ms=item.received_ms + int(chance.integers(1, 3 * 24)) * HOUR_MS)
        for item in bodies
        if chance.random() < _SENT_TWICE
    ]
    return sorted([*bodies, *again], key=_when)


def _when(item: Arrival) -> tuple[int, str]:
    return item.received_ms, item.filename
