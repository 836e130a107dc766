"""The poison set ten times over, under the load of 24 senders.

What was acknowledged must be stored once, and in time.
"""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

from tests.attack.instruments.letters import Letters
from tests.attack.instruments.measure import AttackRow, at_most, equal, quantile, shown
from tests.attack.instruments.processes import Watch
from tests.attack.instruments.senders import Sender
from tests.attack.others import Others
from tests.attack.runs import Options, Town, town
from tests.poison import ACCOUNT, POISON
from tests.rows import cells_of

SENDERS, _RUNS = 24, 10
_EVERY_S = 2.0  # each sender
_SETTLE_S = 180.0
ALERT_S = 2.0
_TIMES_THERE = """
select (select count(*) from record r where r.record = w.name),
       (select count(*) from record r join fact f on f.record = r.id where r.record = w.name),
       (select count(*) from alert_finding f where f.key = w.name)
from unnest(%s::text[]) as w (name)"""
_KEPT = "select encode(sha256, 'hex') from body union select headers ->> 'sha256' from quarantine"


def poison_under_load(options: Options) -> Iterator[AttackRow]:
    """Yield the rows of the ten runs together."""
    bodies = [(item.connector, item.body()) for item in POISON]
    with town(options, SENDERS, account=ACCOUNT) as at, Watch(at.on.pid, ("worker",)) as watch:
        letters = Letters(at.on.brokers)
        with Others(at.on, at.others, every_s=_EVERY_S, grace_s=_SETTLE_S) as others:
            sent = _all_runs(at, bodies)
            others.stop()
            unsettled = _settle(at, letters, sent)
        yield shown(
            "poison-load",
            "bodies acknowledged",
            f"{len(others.records()):,} reports, {sent.total():,} poison",
        )
        yield equal("poison-load", "poison without a place", unsettled, 0)
        yield from _there(at, others, letters, sent)
        yield at_most(
            "poison-load", "alerts of others, p99", quantile(others.alerted(), 0.99), ALERT_S, "s"
        )
        yield at_most(
            "poison-load",
            "reports of others stored, p99",
            quantile(others.stored(), 0.99),
            ALERT_S,
            "s",
        )
        yield equal("poison-load", "restarts of the worker", watch.restarts("worker"), 0)
        letters.close()


def _all_runs(at: Town, bodies: list[tuple[str, bytes]]) -> Counter[str]:
    """Send the set ten times over; return how often each body was acknowledged."""
    sender, sent = Sender(at.on), Counter[str]()
    for _ in range(_RUNS):
        for connector, body in bodies:
            answer = sender.surely(partial(sender.by, connector, body, at.attacker))
            sent[answer.sha256] += answer.taken
    return +sent


def _settle(at: Town, letters: Letters, sent: Counter[str]) -> int:
    """Wait until each acknowledged payload is settled; return how many are not."""
    deadline = time.monotonic() + _SETTLE_S
    while (
        (left := _unaccounted(at, letters, sent)) and time.monotonic() < deadline and at.on.alive()
    ):
        time.sleep(0.5)
    return left


def _unaccounted(at: Town, letters: Letters, sent: Counter[str]) -> int:
    letters.read()
    kept = set(cells_of(at.on.rows(_KEPT), 0)) if at.on.alive() else set()
    return sum(letters.of(sha) < times and sha not in kept for sha, times in sent.items())


def _there(at: Town, others: Others, letters: Letters, sent: Counter[str]) -> Iterator[AttackRow]:
    counted = at.on.rows(_TIMES_THERE, others.records()) if at.on.alive() else []
    total = sum(counts == (1, 1, 1) for counts in counted)
    yield equal(
        "poison-load",
        "reports with one record, one fact and one finding",
        total,
        len(others.records()),
    )
    yield equal(
        "poison-load", "reports with more than one", sum(max(counts) > 1 for counts in counted), 0
    )
    more = sum(letters.of(sha) > times for sha, times in sent.items())
    yield equal("poison-load", "bodies with more dead letters than messages", more, 0)
    yield equal("poison-load", "messages with two dead letters", letters.doubled(), 0)
