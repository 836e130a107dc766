"""Poisonous payloads and then planted bugs, in turn, among the reports of other patients."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import psycopg

from tests.attack import planted
from tests.attack.instruments.letters import Letters
from tests.attack.instruments.measure import AttackRow, holds
from tests.attack.instruments.processes import Watch
from tests.attack.instruments.senders import Answer, Sender
from tests.attack.others import Others
from tests.attack.runs import Options, Renewed, Town, town
from tests.poison import ACCOUNT, POISON

_OTHERS = 4
_EVERY_S = 0.4
STORED_S = 5.0  # within which the reports of others are there
SETTLED_S = 60.0  # within which a body has come to its end: read, refused or given up
FEWEST = 6  # reports of others around each body
_PLACES = """
select count(*) from (
  select sha256 from body where sha256 = decode(%s, 'hex')
  union all select null from quarantine where headers ->> 'sha256' = %s) as place"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A payload to send: its name, connector and maker.

    It also states how often the worker may be started anew for it.
    """

    name: str
    connector: str
    body: Callable[[], bytes]
    restarts: int = 0


def poison_in_turn(options: Options) -> Iterator[AttackRow]:
    """Yield a row for each poisonous body."""
    cases = [_Case(name=item.name, connector=item.connector, body=item.body) for item in POISON]
    yield from _walk("poison", cases, lambda: town(options, _OTHERS, account=ACCOUNT))


def planted_bugs(options: Options) -> Iterator[AttackRow]:
    """Yield a row for each bug planted in the readers."""
    cases = [
        _Case(
            name=f"planted {name}",
            connector="files",
            body=partial(planted.body, name),
            restarts=bug.restarts,
        )
        for name, bug in planted.PLANTS.items()
    ]
    yield from _walk("planted", cases, lambda: town(options, _OTHERS, planted=True))


def _walk(
    attack: str, cases: Sequence[_Case], make: Callable[[], AbstractContextManager[Town]]
) -> Iterator[AttackRow]:
    with Renewed(make) as renewed:
        for case in cases:
            row = _attack(attack, case, renewed.town())
            yield row
            if not row.ok:
                renewed.spoil()


def _attack(attack: str, case: _Case, at: Town) -> AttackRow:
    """Send a payload among the reports of others, and return the rows of what it cost."""
    letters = Letters(at.on.brokers)
    sender, body = Sender(at.on), case.body()
    with Watch(at.on.pid, ("worker",)) as watch:
        with Others(at.on, at.others, every_s=_EVERY_S, grace_s=STORED_S) as others:
            _wait(lambda: len(others.records()) >= FEWEST, STORED_S)
            answer = sender.surely(partial(sender.by, case.connector, body, at.attacker))
            _wait(lambda: _settled(at, letters, answer), SETTLED_S)
            before = len(others.records())
            _wait(lambda: len(others.records()) >= before + FEWEST, STORED_S)
        letters.read(0.5)
        letters.close()
    return _row(
        attack,
        case,
        answer,
        _Cost(
            size=len(body),
            letters=letters.of(answer.sha256),
            placed=_placed(at, answer.sha256),
            slowest_s=max(others.stored(), default=0.0),
            restarts=watch.restarts("worker") + (not at.on.alive()),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """The cost of a payload of some size.

    It counts letters, rows and starts of the worker, and has the slowest report of another patient.
    """

    size: int
    letters: int
    placed: int
    slowest_s: float
    restarts: int


def _row(attack: str, case: _Case, answer: Answer, cost: _Cost) -> AttackRow:
    ended = (
        f"refused with {answer.status}"
        if not answer.taken
        else f"{cost.letters} letters, kept {cost.placed}"
    )
    ended_once = (
        cost.letters == 1 or (cost.letters == 0 and cost.placed > 0) or 400 <= answer.status < 500
    )
    return holds(
        attack,
        f"{case.name} ({cost.size:,} B)",
        value=f"{ended}, others {cost.slowest_s:.2f} s, {cost.restarts} restarts",
        limit=f"1 letter or kept, others <= {STORED_S:g} s, restarts <= {case.restarts}",
        ok=ended_once and cost.slowest_s <= STORED_S and cost.restarts <= case.restarts,
    )


def _settled(at: Town, letters: Letters, answer: Answer) -> bool:
    letters.read()
    return not answer.taken or letters.of(answer.sha256) > 0 or _placed(at, answer.sha256) > 0


def _placed(at: Town, sha256: str) -> int:
    try:
        return int(at.on.rows(_PLACES, sha256, sha256)[0][0])
    except psycopg.OperationalError:  # a product that has given up took its database along
        return 0


def _wait(true: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition as long as it may take; the row shows what did not happen."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
