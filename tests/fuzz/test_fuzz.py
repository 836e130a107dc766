"""A short run of the fuzzer, and the payloads that it kept before.

It must detect the bugs that are planted.
"""

import time

import pytest

from model.errors import BodyError
from model.facts import Parsed, Reject, RejectKind
from tests.fuzz import judge as judging
from tests.fuzz.judge import Find, derives, judge
from tests.fuzz.program import bodies_judged, changed
from tests.fuzz.seeds import CONNECTORS, kept_finds, seeds

_SECONDS = 10
_KEPT_FINDS = []
for _connector in CONNECTORS:
    for _name, _body in kept_finds(_connector):
        _KEPT_FINDS.append(pytest.param(_connector, _body, id=_name))


def test_a_short_run_finds_nothing() -> None:
    finds = [
        find for _, find in bodies_judged(seed=20, seconds=_SECONDS, connectors=CONNECTORS) if find
    ]
    assert [(find.connector, find.what, find.body.hex()) for find in finds] == []


@pytest.mark.parametrize("connector", CONNECTORS)
def test_the_seeds_are_right(connector: str) -> None:
    assert [judge(connector, body, derives) for body in seeds(connector)] == [None] * len(
        seeds(connector)
    )


@pytest.mark.parametrize(("connector", "body"), _KEPT_FINDS)
def test_what_was_found_before(connector: str, body: bytes) -> None:
    assert judge(connector, body, derives) is None


def test_changes_are_the_same_for_the_same_seed() -> None:
    def some() -> list[str]:
        return [repr(find) for _, find in bodies_judged(seed=3, seconds=0, connectors=("reports",))]

    assert some() == some()
    assert changed.__doc__


def raises(_connector: str, _body: bytes) -> Parsed:
    raise KeyError("planted")


def allocates(_connector: str, _body: bytes) -> Parsed:
    raise BodyError("body", str(len(bytearray(400 * 1024 * 1024))))


def loops(_connector: str, _body: bytes) -> Parsed:
    until = time.process_time() + judging.CPU_SECONDS + 0.1
    while time.process_time() < until:
        pass
    return Parsed(account="", facts=())


def wavers(
    _connector: str,
    _body: bytes,
    numbers: list[int] = [],  # noqa: B006 - it must remember
) -> Parsed:
    numbers.append(1)
    reject = Reject(where=str(len(numbers)), why="", kind=RejectKind.FIELD)
    return Parsed(account="", facts=(), rejects=(reject,))


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (raises, "KeyError"),
        (allocates, "MemoryError"),
        (loops, "Broken"),
        (wavers, "Broken"),
    ],
)
def test_a_planted_fault_is_found(
    planted: object, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "parse", planted)
    find = judge("files", b"")
    assert isinstance(find, Find)
    assert find.what.startswith(what)
