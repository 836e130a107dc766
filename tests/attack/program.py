"""`make attack` runs the attacks of a table against a running product and prints their rows.

Exits 1 when a limit does not hold. Everything goes over loopback, to processes that this program
started.
"""

import argparse
import sys
import time
from collections.abc import Mapping

from tests.amounts import some_seconds
from tests.attack.erased import erasure
from tests.attack.floods import floods
from tests.attack.fuzz import malformed
from tests.attack.instruments.measure import AttackRow, attack_table
from tests.attack.large import large_files
from tests.attack.load import poison_under_load
from tests.attack.poison import planted_bugs, poison_in_turn
from tests.attack.runs import Attack, Options
from tests.attack.tokens import tokens_and_keys

ATTACKS: Mapping[str, Attack] = {
    "poison": poison_in_turn,
    "planted": planted_bugs,
    "poison-load": poison_under_load,
    "floods": floods,
    "large": large_files,
    "erase": erasure,
    "tokens": tokens_and_keys,
    "fuzz": malformed,
}


def main() -> int:
    """Run the attacks that the command line names and return the exit status."""
    arguments = _arguments()
    options = Options(seconds=arguments.seconds, seed=arguments.seed, broker=arguments.broker)
    began, rows = time.monotonic(), list[AttackRow]()
    for name in arguments.names or ATTACKS:
        for row in ATTACKS[name](options):
            rows.append(row)
            _tell(f"+{time.monotonic() - began:.0f} s  {row.attack}: {row.what}: {row.value}")
    _tell("")
    for line in attack_table(rows):
        _tell(line)
    failed = sum(row.ok is False for row in rows)
    skipped = sum(row.ok is None for row in rows)
    _tell(
        f"\n{len(rows)} rows, {failed} limits broken, {skipped} not measured; "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if failed else 0


def _tell(line: str) -> None:
    """Print a line at once: a run is followed while it goes on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _known_attack(name: str) -> str:
    if name not in ATTACKS:
        known = ", ".join(ATTACKS)
        raise argparse.ArgumentTypeError(f"no attack is called {name!r}; there are {known}")
    return name


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    names = f"of {', '.join(ATTACKS)}; all when none is named"
    parser.add_argument("names", nargs="*", type=_known_attack, metavar="NAME", help=names)
    parser.add_argument(
        "--seconds", type=some_seconds, default=20.0, help="how long each load lasts"
    )
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    parser.add_argument("--broker", default="kafka", help="kafka, or mock")
    return parser.parse_args()
