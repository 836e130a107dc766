"""`--beside FOLDER` runs benches of another checkout and of this one by turns, and compares them.

The other checkout is an older commit with an environment of its own, made there by `make .venv`.
Each figure is the best of its turns, for what else runs on a machine only makes it worse. This must
never change anything in the other checkout.
"""

import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
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
    """The other checkout has no environment, or its bench failed; the text says which."""


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
    before: Path, now: Path, benches: Sequence[str], options: Sequence[str], turns: int
) -> list[Compared]:
    """Return each figure that both checkouts have, of the benches named, in their order.

    `options` go to both programs as they stand. A bench that one of them does not know is left
    out. Raises CheckoutError.
    """
    compared: list[Compared] = []
    for name in benches:
        turns_before, turns_now = [], []
        for _ in range(turns):
            turns_before.append(_figures_of(before, [name, *options]))
            turns_now.append(_figures_of(now, [name, *options]))
        compared += compare_figures(turns_before, turns_now)
    return compared


def _figures_of(checkout: Path, words: Sequence[str]) -> TurnFigures:
    """Return the figures of a bench of a checkout; none where it knows no such bench."""
    interpreter = checkout / ".venv" / "bin" / "python"
    if not interpreter.exists():
        raise CheckoutError(f"{checkout} has no environment: make one there with `make .venv`")
    with tempfile.TemporaryDirectory() as kept:
        result = Path(kept) / "bench.json"
        command = [str(interpreter.absolute()), "-m", "bench", *words, "--out", str(result)]
        ended = subprocess.run(command, cwd=checkout, check=False, capture_output=True)
        if ended.returncode == _UNKNOWN:
            return {}
        if ended.returncode not in {0, _BELOW_FLOOR} or not result.exists():
            raise CheckoutError(f"{words[0]} in {checkout}: {_last_line(ended.stderr)}")
        rows = orjson.loads(result.read_bytes())
    return {row["name"]: (row["value"], row["unit"]) for row in rows}


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
