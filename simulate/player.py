"""Posts deliveries to a vendor door: a few at a time, in order, no faster than readers can follow.

Threads and sleeping are kept to this module. The first delivery that fails ends it with its error.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from simulate.delivery import Delivery

SENDERS = 4
AHEAD = 2 * SENDERS  # bodies that may be queued or under way at the same time
STEP_S = 0.05

Post = Callable[[Delivery], int]
_Gate = Callable[[int], None]
_Progress = Callable[[Delivery, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How many bodies were delivered, and their size in bytes."""

    bodies: int
    size: int


def play(
    deliveries: Iterable[Delivery],
    post: Post,
    *,
    gate: _Gate | None = None,
    progress: _Progress | None = None,
) -> Played:
    """Post all deliveries and return when the door has them; raises the first error of a sender.

    `gate` is called with the weight of each delivery before it is sent, and may wait. `progress` is
    called after each with its size in bytes.
    """
    bodies = size = 0
    flying: dict[Future[int], Delivery] = {}
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="sender") as senders:
        for delivery in deliveries:
            if gate is not None:
                gate(delivery.weight)
            flying[senders.submit(post, delivery)] = delivery
            # bounds the pool's queue, which would otherwise take all deliveries at once
            while len(flying) >= AHEAD:
                bodies, size = _land(flying, bodies, size, progress)
        while flying:
            bodies, size = _land(flying, bodies, size, progress)
    return Played(bodies=bodies, size=size)


def on_time(deliveries: Iterable[Delivery], now: Callable[[], int]) -> Iterable[Delivery]:
    """Yield each delivery once the clock `now` (epoch ms) has reached its `due_ms`."""
    for delivery in deliveries:
        while now() < delivery.due_ms:
            time.sleep(STEP_S)
        yield delivery


def _land(
    flying: dict[Future[int], Delivery], bodies: int, size: int, progress: _Progress | None
) -> tuple[int, int]:
    done, _ = wait(flying, return_when=FIRST_COMPLETED)
    for item in done:
        delivery, took = flying.pop(item), item.result()
        bodies, size = bodies + 1, size + took
        if progress is not None:
            progress(delivery, took)
    return bodies, size
