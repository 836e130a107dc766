"""A short run of the fuzzer, and the payloads that it kept before.

It must detect the bugs that are planted.
"""

import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from model.errors import BodyError
from model.facts import Parsed, Reject, RejectKind
from parsers.formats import FORMATS, sniff
from tests.fuzz import judge as judging
from tests.fuzz import program
from tests.fuzz.judge import Find, derives, judge
from tests.fuzz.program import PIECE, LongRun, bodies_judged, changed, long_run
from tests.fuzz.seeds import CONNECTORS, kept_finds, seeds
from tests.poison import FILES

_SECONDS = 10


@pytest.mark.parametrize("words", ["--count -5", "--count 0", "--seconds nan", "--seconds -1"])
def test_an_amount_that_cannot_be_is_refused(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["fuzz", *words.split()])
    with pytest.raises(SystemExit, match="2"):
        program.main()


class _Inline:
    """A pool of processes that works in this one."""

    map = staticmethod(map)


def _inline(*_args: object, **_more: object) -> AbstractContextManager[type[_Inline]]:
    return nullcontext(_Inline)


_KEPT_FINDS = []
for _connector in CONNECTORS:
    for _name, _body in kept_finds(_connector):
        _KEPT_FINDS.append(pytest.param(_connector, _body, id=_name))


def test_a_short_run_finds_nothing() -> None:
    finds = [
        find for _, find in bodies_judged(seed=20, seconds=_SECONDS, connectors=CONNECTORS) if find
    ]
    assert [(find.connector, find.what, find.body.hex()) for find in finds] == []


def test_every_reader_of_the_table_has_payloads_to_begin_with() -> None:
    """A new row of the formats needs a recorded case, and is then fuzzed."""
    by_bytes = set(map(sniff, seeds(FILES)))
    empty = [row.name for row in FORMATS if row.name not in {*by_bytes, *CONNECTORS}]
    empty += [name for name in CONNECTORS if not seeds(name)]
    assert empty == []


def test_a_long_run_goes_on_where_it_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []

    def judge_piece(named: tuple[int, int]) -> tuple[int, list[str]]:
        judged.append(f"{named[0]}/{named[1]}")
        if len(judged) == 2:
            raise KeyboardInterrupt
        return named[1], ["a find"] if named[1] == 0 else []

    monkeypatch.setattr(program, "_piece", judge_piece)
    monkeypatch.setattr(program, "ProcessPoolExecutor", _inline)
    run = LongRun(seed=7, count=3 * PIECE - 1, state=tmp_path / "build" / "run.json")
    with pytest.raises(KeyboardInterrupt):
        long_run(run, 2)
    assert long_run(run, 2) == 1
    assert judged == ["7/0", "7/1", "7/1", "7/2"]


def test_a_reader_that_ends_its_process_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def judge_piece(named: tuple[int, int]) -> tuple[int, list[str]]:
        if named[1] == 1:
            raise BrokenProcessPool
        return named[1], []

    monkeypatch.setattr(program, "_piece", judge_piece)
    monkeypatch.setattr(program, "ProcessPoolExecutor", _inline)
    assert long_run(LongRun(seed=7, count=3 * PIECE, state=tmp_path / "run.json"), 2) == 1
    assert "a process ended while it read a payload of piece 1 or 2" in capsys.readouterr().out


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
