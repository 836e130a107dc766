"""`make chaos` runs fault schedules from a base seed and prints a paragraph for each.

A summary comes last. Exits 1 on a difference. Each schedule can be repeated alone by its own seed:
`make chaos SEEDS=1 SEED=n`.
"""

import argparse
import secrets
import sys
import time
from pathlib import Path

from kadens.embedded.kafka_jars import kafka_available
from tests.amounts import positive_count
from tests.chaos.report import paragraph, summary
from tests.chaos.schedule import schedules
from tests.chaos.system.environment import open_environment
from tests.chaos.system.planted import CHAOS_PLANTS
from tests.chaos.walk import Result, quiet, walk_all
from tests.chaos.world import world
from tests.rows import values_of

_FEW = 5
LOGS = Path("build") / "chaos"  # of the schedules that failed


def main() -> int:
    """Run the schedules that the command line names and return the exit status."""
    arguments = _arguments()
    reason = kafka_available()
    if reason:
        _tell(f"chaos: cannot run here: {reason}")
        return 2
    first = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    began, people = time.monotonic(), world()
    results: list[Result] = []
    _tell(f"{arguments.seeds} schedules from seed {first}, each over {len(people.bodies)} bodies")
    with open_environment(people) as on:
        plans = schedules(first, arguments.seeds, len(people.bodies))
        for result in walk_all(on, plans, quiet(on), plant=arguments.plant, keep=LOGS):
            results.append(result)
            for line in paragraph(result):
                _tell(line)
    _tell(summary(results, first, time.monotonic() - began))
    return 1 if any(values_of(results, "wrong")) else 0


def _tell(line: str) -> None:
    """Print a line at once: a run is followed while it goes on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=positive_count, default=_FEW, help="how many schedules")
    parser.add_argument(
        "--seed", type=int, default=None, help="the first seed; drawn when not given"
    )
    parser.add_argument(
        "--plant", choices=sorted(CHAOS_PLANTS), default="", help="a bug to put into the workers"
    )
    return parser.parse_args()
