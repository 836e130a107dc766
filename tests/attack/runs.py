"""What the attacks share: options, and a product that is restarted after an attack broke it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from tests.attack.instruments.measure import AttackRow
from tests.attack.instruments.senders import Sender, pain_report
from tests.attack.product import Person, Product, product
from tests.chaos.waiting import waited_for

WARM_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run: the length of each load, the random seed, and the kind of log."""

    seconds: float = 20.0
    seed: int = 1
    broker: str = "kafka"


Attack = Callable[[Options], Iterator[AttackRow]]


@dataclass(slots=True, kw_only=True)
class Town:
    """A running product with its people.

    They are those who report, and the patient in whose name the attacker sends.
    """

    on: Product
    others: list[Person]
    attacker: Person


@contextmanager
def town(
    options: Options, others: int, *, planted: bool = False, account: str = ""
) -> Iterator[Town]:
    """Start a product and enrol its people; `account` is linked to the attacker as well."""
    with product(broker=options.broker, planted=planted) as on:
        attacker = on.enrol("attacker")
        for source in ("reports", "open_wearables") if account else ():
            on.kadens("patient", "link", account, "--patient", attacker.patient, "--source", source)
        made = Town(
            on=on, others=[on.enrol(f"other-{n}") for n in range(others)], attacker=attacker
        )
        warm_up(made)
        yield made


def warm_up(at: Town) -> None:
    """Wait until a first report is stored.

    A worker that has just started would distort the measurements.
    """
    name = f"warm-up-{time.monotonic_ns()}"
    assert Sender(at.on).report(pain_report(at.attacker.account, name, value=1)).taken
    waited_for(
        lambda: bool(at.on.rows("select from record where record = %s", name)),
        WARM_S,
        "the first report",
    )


class Renewed:
    """Gives the running town, and a fresh one after `spoil`.

    Enter it; the last town ends with the block.
    """

    def __init__(self, make: Callable[[], AbstractContextManager[Town]]) -> None:
        self._make, self._stack = make, ExitStack()
        self._now: Town | None = None

    def town(self) -> Town:
        """Return the running town."""
        if self._now is None:
            self._now = self._stack.enter_context(self._make())
        return self._now

    def spoil(self) -> None:
        """End the town after an attack harmed it, so that the next measurement starts afresh."""
        self._now = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
