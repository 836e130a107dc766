"""Link tokens that differ, end and are revoked; keys that change under load."""

import itertools
import json
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from typer.testing import CliRunner

from kadens.cli import app
from tests.attack.fit_bodies import activity_file
from tests.attack.floods import Ordinary, worklist
from tests.attack.instruments.measure import AttackRow, at_most, equal, holds, quantile, skipped
from tests.attack.instruments.senders import Sender
from tests.attack.others import Others
from tests.attack.product import Person, product
from tests.attack.runs import Options, Town, town

ATTACK = "tokens"
_KINDS = ("link", "session", "wrapping")
_OTHERS, _EVERY_S = 6, 0.3
_REFUSED = 401
_AT_ONCE_S = 1.0
_TRIES = 40
DAYS_MS = 2 * 86_400_000


def tokens_and_keys(options: Options) -> Iterator[AttackRow]:
    """Yield the rows; reasons where the product has no such command."""
    if not _knows("patient", "revoke") or not _knows("keys", "rotate"):
        yield skipped(
            ATTACK,
            "revoking and rotating",
            "the commands `patient revoke` and `keys rotate` are not there",
        )
        return
    with town(options, _OTHERS) as at:
        yield from _issued(at)
        for kind in _KINDS:
            yield from _rotated(at, kind, options.seconds)
    yield _expired(options)


def _knows(*words: str) -> bool:
    return CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def _issued(at: Town) -> Iterator[AttackRow]:
    patient = at.attacker.patient
    first, second = _issue(at, patient), _issue(at, patient)
    yield holds(
        ATTACK,
        "issued twice",
        value="differ" if first[0] != second[0] else "equal",
        limit="differ",
        ok=first != second,
    )
    yield equal(ATTACK, "status of a token that holds", _status(at, first[0]), 202)
    at.on.kadens("patient", "revoke", "--patient", patient, "--issue", str(first[1]))
    began, taken, ended_s = time.monotonic(), 0, math.inf
    for _ in range(_TRIES):
        status = _status(at, first[0])
        taken += status != _REFUSED
        ended_s = min(ended_s, time.monotonic() - began) if status == _REFUSED else math.inf
    yield at_most(
        ATTACK,
        f"from revoking to refusal for good ({taken} of {_TRIES} still taken)",
        ended_s,
        _AT_ONCE_S,
        "s",
    )
    yield equal(ATTACK, "status of the token that was not revoked", _status(at, second[0]), 202)


def _issue(at: Town, patient: str) -> tuple[str, int]:
    loads = json.loads(at.on.kadens("patient", "token", "--patient", patient, "--json"))
    return loads["token"], loads["issue"]


def _status(at: Town, token: str, body: bytes = b"") -> int:
    """Return the answer to a file with a token."""
    person = Person(patient=at.attacker.patient, account=at.attacker.account, token=token)
    content = body or activity_file(1_790_000_000_000, 60)
    return Sender(at.on).surely(partial(Sender(at.on).file, content, person)).status


def _rotated(at: Town, kind: str, seconds: float) -> Iterator[AttackRow]:
    """Change a kind of key, and wrap anew, while reports, files and pages go on."""
    with ExitStack() as stack:
        others = stack.enter_context(Others(at.on, at.others, every_s=_EVERY_S))
        pages = stack.enter_context(Ordinary(at, worklist))
        files = stack.enter_context(Ordinary(at, lambda at: _status(at, at.attacker.token) == 202))
        time.sleep(seconds / 4)
        at.on.kadens("keys", "rotate", kind)
        time.sleep(seconds / 4)
        if kind == "wrapping":
            at.on.kadens("keys", "rewrap")
        fresh = at.on.token(at.attacker.patient)
        newest = _status(at, fresh)
        time.sleep(seconds / 4)
    clients = (others.answered(), pages.times(), files.times())
    failed = sum(map(math.isinf, itertools.chain.from_iterable(clients)))
    yield equal(
        ATTACK, f"rotating {kind}: failed of {sum(map(len, clients)):,} requests", failed, 0
    )
    yield equal(ATTACK, f"rotating {kind}: status of a token issued afterwards", newest, 202)
    yield at_most(
        ATTACK,
        f"rotating {kind}: reports stored, slowest",
        quantile(others.stored(), 1.0),
        5.0,
        "s",
    )


def _expired(options: Options) -> AttackRow:
    """Issue a token for a day, and let two days pass on the product's own clock."""
    with product(broker=options.broker, stepped=True) as on:
        at = Town(on=on, others=[], attacker=on.enrol("attacker"))
        token = on.kadens(
            "patient", "token", "--patient", at.attacker.patient, "--days", "1"
        ).split()[-1]
        before = _status(at, token)
        on.step(DAYS_MS)
        after = _status(at, token)
    return holds(
        ATTACK,
        "a token of one day, before and two days later",
        value=f"{before}, {after}",
        limit=f"202, {_REFUSED}",
        ok=(before, after) == (202, _REFUSED),
    )
