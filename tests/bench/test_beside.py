"""`make bench ARGS="--beside FOLDER"` says how many times better each figure is than before."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from bench.beside import CheckoutError, Compared, best_of, compare_figures, run_beside
from tests.rooms import ROOT


@pytest.mark.parametrize(
    ("unit", "before", "now", "better"),
    [
        ("ms", 10.0, 5.0, 2.0),
        ("ms", 10.0, 12.5, 0.8),
        ("samples/s", 1000.0, 900.0, 0.9),
        ("samples/CPU-s", 1000.0, 2000.0, 2.0),
        ("MiB", 0.0, 0.0, 1.0),
        ("ms", 10.0, 0.0, float("inf")),
        ("ms", 0.0, 10.0, 0.0),
    ],
)
def test_a_rate_is_better_when_greater_and_all_else_when_smaller(
    unit: str, before: float, now: float, better: float
) -> None:
    row = Compared(name="a figure", unit=unit, before=before, now=now)

    assert row.times_better == better


def test_a_figure_is_the_best_of_its_turns() -> None:
    turns = [{"time": (3.0, "ms"), "rate": (3.0, "MB/s")}, {"time": (2.0, "ms")}]

    assert best_of([*turns, {"rate": (4.0, "MB/s")}]) == {
        "time": (2.0, "ms"),
        "rate": (4.0, "MB/s"),
    }


def test_only_figures_that_both_have_in_one_unit_are_compared() -> None:
    before = [{"gone": (1.0, "ms"), "kept": (4.0, "ms"), "in another unit": (1.0, "ms")}]
    now = [{"kept": (2.0, "ms"), "in another unit": (1000.0, "us"), "new": (1.0, "ms")}]

    assert compare_figures(before, now) == [Compared(name="kept", unit="ms", before=4.0, now=2.0)]


# What a bench program does, as far as the comparing knows it: it takes words and writes rows.
_PROGRAM = """
import json, os, sys
name, out = sys.argv[1], sys.argv[sys.argv.index("--out") + 1]
if name == "unknown":
    sys.exit(2)
if name == "broken":
    sys.exit("no memory")
row = {"name": name, "value": VALUE, "unit": "ms", "baseline": "", "ratio": 0.1, "floor": 1.0}
open(out, "w").write(json.dumps([row]))
cores = ",".join(map(str, sorted(os.sched_getaffinity(0))))
open("../turns.txt", "a").write(os.path.basename(os.getcwd()) + " " + cores + "\\n")
sys.exit(1)
"""


def bench_program(folder: Path, value: float) -> Path:
    """Return a checkout whose benches write one figure each, which is below its floor."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / "bench").mkdir()
    program = _PROGRAM.replace("VALUE", str(value))
    (folder / "bench" / "__main__.py").write_text(program)
    return folder


def test_each_bench_of_both_checkouts_runs_and_what_one_does_not_know_is_left_out(
    tmp_path: Path,
) -> None:
    before, now = bench_program(tmp_path / "before", 8.0), bench_program(tmp_path / "now", 2.0)

    (compared,) = run_beside(before, now, ["unknown", "letters"], ["--tiny"], 2)

    assert compared == Compared(name="letters", unit="ms", before=8.0, now=2.0)


def test_a_bench_that_fails_ends_the_comparing_with_its_last_line(tmp_path: Path) -> None:
    before = bench_program(tmp_path / "before", 8.0)

    with pytest.raises(CheckoutError, match=r"broken in .*before: no memory"):
        run_beside(before, before, ["broken"], [], 1)


def test_a_checkout_without_an_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckoutError, match=r"has no environment: make one there"):
        run_beside(tmp_path, tmp_path, ["letters"], [], 1)


def test_the_checkout_that_went_second_goes_first_in_the_next_turn(tmp_path: Path) -> None:
    before, now = bench_program(tmp_path / "before", 8.0), bench_program(tmp_path / "now", 2.0)

    run_beside(before, now, ["letters"], [], 3)

    every = cores_in_words(sorted(os.sched_getaffinity(0)))
    checkouts = ["before", "now", "now", "before", "before", "now"]
    assert turns_in(tmp_path) == [f"{checkout} {every}" for checkout in checkouts]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core cannot be halved")
def test_checkouts_that_run_at_once_have_half_of_the_cores_each_and_change_halves(
    tmp_path: Path,
) -> None:
    before, now = bench_program(tmp_path / "before", 8.0), bench_program(tmp_path / "now", 2.0)

    (compared,) = run_beside(before, now, ["letters"], [], 2, at_once=True)

    assert compared == Compared(name="letters", unit="ms", before=8.0, now=2.0)
    cores = sorted(os.sched_getaffinity(0))
    half = len(cores) // 2
    first, second = cores_in_words(cores[:half]), cores_in_words(cores[half : 2 * half])
    assert sorted(turns_in(tmp_path)) == sorted(
        [f"before {first}", f"now {second}", f"before {second}", f"now {first}"]
    )


def test_a_checkout_runs_its_own_modules_whatever_path_of_modules_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, now = bench_program(tmp_path / "before", 8.0), bench_program(tmp_path / "now", 2.0)
    monkeypatch.setenv("PYTHONPATH", str(now))

    (compared,) = run_beside(before, now, ["letters"], [], 1)

    assert compared == Compared(name="letters", unit="ms", before=8.0, now=2.0)


def test_one_core_is_not_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})

    with pytest.raises(CheckoutError, match="one core only"):
        run_beside(tmp_path, tmp_path, ["letters"], [], 1, at_once=True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--at-once"], "--at-once needs --beside"),
        (["--beside", ".", "--turns", "0"], "--turns must be at least 1"),
        (["letter"], "no bench is called 'letter'"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(words: list[str], why: str) -> None:
    argv = [sys.executable, "-m", "bench", *words]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, why in done.stderr) == (2, True), done.stderr


def turns_in(folder: Path) -> list[str]:
    """Return which checkout ran on which cores, in the order in which they ended."""
    return (folder / "turns.txt").read_text().splitlines()


def cores_in_words(cores: Iterable[int]) -> str:
    """Return the numbers of cores as the bench program writes them."""
    return ",".join(map(str, cores))
