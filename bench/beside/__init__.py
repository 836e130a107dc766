"""`--beside FOLDER` runs benches of another checkout and of this one, and compares them.

The other checkout is an older commit with an environment of its own, made there by `make .venv`.
They run by turns, and the one that went second goes first in the next turn. Or they run at the same
time, each on a half of the cores, and change halves: then a machine that becomes slower for minutes
makes both slower. Each figure is the best of its turns, for what else runs on a machine only makes
it worse. This must never change anything in the other checkout.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import orjson

TurnFigures: TypeAlias = Mapping[str, tuple[float, str]]  # by name: value and unit
TENTH_WORSE = 0.9
_BELOW_FLOOR = 1  # the status of a bench with a figure below its floor, which is a result too
_UNKNOWN = 2  # and of one that knows no such bench
_RATE = "/"  # the unit of what is better when greater: samples/s, MB/CPU-s


class CheckoutError(Exception):
    """The checkouts cannot be compared; the text says why.

    One of them has no environment, its bench failed, or one core cannot be halved.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure before and now. `times_better` is below 1 where it is worse than before."""

    name: str
    unit: str
    before: float
    now: float

    @property
    def times_better(self) -> float:
        """Return how many times better the figure is now; 1 where both are nothing."""
        better, worse = (self.now, self.before) if _RATE in self.unit else (self.before, self.now)
        if better == worse:
            return 1.0
        return better / worse if worse else float("inf")


def run_beside(
    before: Path,
    now: Path,
    benches: Sequence[str],
    options: Sequence[str],
    turns: int,
    *,
    at_once: bool = False,
) -> list[Compared]:
    """Return each figure that both checkouts have, of the benches named, in their order.

    `options` go to both programs as they stand. A bench that one of them does not know is left
    out. Raises CheckoutError.
    """
    play = _both_at_once if at_once else _by_turns
    compared: list[Compared] = []
    for name in benches:
        played = [play(before, now, [name, *options], number) for number in range(turns)]
        compared += compare_figures((old for old, _ in played), (new for _, new in played))
    return compared


def _by_turns(
    before: Path, now: Path, words: Sequence[str], turn: int
) -> tuple[TurnFigures, TurnFigures]:
    """Return the figures of both; in every second turn the present checkout goes first."""
    checkouts = (now, before) if turn % 2 else (before, now)
    figures = {checkout: _figures_of(checkout, words) for checkout in checkouts}
    return figures[before], figures[now]


def _both_at_once(
    before: Path, now: Path, words: Sequence[str], turn: int
) -> tuple[TurnFigures, TurnFigures]:
    """Return the figures of both, each on its half of the cores; in the next turn on the other."""
    halves = _halves_of(sorted(os.sched_getaffinity(0)))
    cores = halves[::-1] if turn % 2 else halves
    with ThreadPoolExecutor(max_workers=2) as threads:
        old, new = threads.map(_figures_on, cores, (before, now), (words, words))
    return old, new


def _halves_of(cores: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return two groups of as many cores; raises CheckoutError for a single core."""
    half = len(cores) // 2
    if not half:
        raise CheckoutError("there is one core only, so the checkouts cannot run at the same time")
    return cores[:half], cores[half : 2 * half]


def _figures_on(cores: Iterable[int], checkout: Path, words: Sequence[str]) -> TurnFigures:
    """Return the figures of a bench of a checkout, which runs on these cores.

    It is called in a thread of its own, for what a thread starts runs on the cores of the thread.
    """
    os.sched_setaffinity(0, cores)
    return _figures_of(checkout, words)


def _figures_of(checkout: Path, words: Sequence[str]) -> TurnFigures:
    """Return the figures of a bench of a checkout; none where it knows no such bench."""
    interpreter = checkout / ".venv" / "bin" / "python"
    if not interpreter.exists():
        raise CheckoutError(f"{checkout} has no environment: make one there with `make .venv`")
    with tempfile.TemporaryDirectory() as kept:
        result = Path(kept) / "bench.json"
        command = [str(interpreter.absolute()), "-m", "bench", *words, "--out", str(result)]
        ended = subprocess.run(
            command, cwd=checkout, env=_environment(), check=False, capture_output=True
        )
        if ended.returncode == _UNKNOWN:
            return {}
        if ended.returncode not in {0, _BELOW_FLOOR} or not result.exists():
            raise CheckoutError(f"{words[0]} in {checkout}: {_last_line(ended.stderr)}")
        rows = orjson.loads(result.read_bytes())
    return {row["name"]: (row["value"], row["unit"]) for row in rows}


def _environment() -> dict[str, str]:
    """Return the environment without a path of modules, which would stand before the checkout's."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def compare_figures(before: Iterable[TurnFigures], now: Iterable[TurnFigures]) -> list[Compared]:
    """Return the figures that both have, each the best of its turns."""
    old, new = best_of(before), best_of(now)
    return [
        Compared(name=name, unit=unit, before=value, now=new[name][0])
        for name, (value, unit) in old.items()
        if name in new and new[name][1] == unit
    ]


def best_of(turns: Iterable[TurnFigures]) -> TurnFigures:
    """Return each figure as it was in its best turn."""
    best: dict[str, tuple[float, str]] = {}
    for figures in turns:
        for name, (value, unit) in figures.items():
            choose = max if _RATE in unit else min
            best[name] = (choose(value, best.get(name, (value, unit))[0]), unit)
    return best


def _last_line(printed: bytes) -> str:
    lines = printed.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "ended without a word"
