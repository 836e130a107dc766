"""`make fuzz` changes payloads for a number of CPU-seconds, over all readers.

It mutates recorded and generated payloads and keeps what breaks a rule in build/fuzz. Each payload
is read twice. From some of them sessions are derived, and with a database some are stored.

`--count 1000000` judges so many in pieces, in several processes, and goes on where it was ended.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from math import inf
from multiprocessing import get_context
from pathlib import Path
from random import Random

from parsers.formats import is_packed
from parsers.health_connect.database import MAGIC
from stream.readers.child import collect_rarely
from tests.amounts import positive_count, some_seconds
from tests.fuzz import database_changes, fit_changes, json_changes, xml_changes
from tests.fuzz.database import Stored
from tests.fuzz.judge import Broken, Find, derives, judge
from tests.fuzz.seeds import CONNECTORS, seeds

_TABLES = (b"com.samsung.", b"Date,", b"Start time,")  # how tables of text begin
OUT = Path("build/fuzz")
DERIVED_EACH, STORED_EACH, DEEPER_EACH = 10, 25, 3
MOST_FINDS = 50
PIECE = 2_000  # payloads that are noted as done together
ENDLESS_S = 30.0  # of CPU, for reading a payload twice and deriving from it


def main() -> int:
    """Run with the arguments of the command line; return 1 when anything broke a rule."""
    arguments = _arguments()
    collect_rarely()  # as a process that reads does
    values: dict[str, Find] = {}
    count = 0
    if arguments.count:
        return long_run(
            LongRun(seed=arguments.seed, count=arguments.count, state=arguments.state),
            arguments.processes,
        )
    readers = arguments.reader or CONNECTORS
    sys.stderr.write(f"loading the payloads of {len(readers)} readers\n")
    with ExitStack() as stack:
        store = stack.enter_context(Stored()) if arguments.database else None
        for count, find in bodies_judged(  # noqa: B007 - printed at the end
            arguments.seed, arguments.seconds, readers, store
        ):
            if find and find.what not in values and len(values) < MOST_FINDS:
                values[find.what] = find
                sys.stdout.write(f"found: {find.connector}: {find.what} -> {_keep(find)}\n")
    sys.stdout.write(
        f"{count} bodies read twice, seed {arguments.seed}: {len(values)} different finds\n"
    )
    return 1 if values else 0


def bodies_judged(
    seed: int | str,
    seconds: float,
    connectors: tuple[str, ...],
    store: Stored | None = None,
    most: float = inf,
) -> Iterator[tuple[int, Find | None]]:
    """Yield the count of payloads so far and the finding in the last of them, if any.

    Ends when the CPU-seconds are used, or after `most` payloads.
    """
    chance = Random(seed)  # noqa: S311 - to find the same again
    until = time.process_time() + seconds
    grown: dict[str, list[bytes]] = {connector: list(seeds(connector)) for connector in connectors}
    count = 0
    while count == 0 or (count < most and time.process_time() < until):
        count += 1
        connector = connectors[count % len(connectors)]
        body = changed(chance.choice(grown[connector]), chance)
        find = judge(connector, body, *_rules(count, store))
        if (
            not find
            and chance.randrange(DEEPER_EACH) == 0
            and len(grown[connector]) < 2_000
            and len(body) < 50_000
        ):
            grown[connector].append(body)
        yield count, find


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """A run of many payloads in pieces, and the file in which it notes what is done."""

    seed: int
    count: int
    state: Path

    @property
    def pieces(self) -> range:
        """Return the numbers of its pieces."""
        return range(-(-self.count // PIECE))


def long_run(run: LongRun, processes: int) -> int:
    """Judge `count` payloads over all readers in several processes; return 1 after a find.

    A run that is ended goes on with the pieces that are not done, when it is started again.
    """
    done: dict[str, list[str]] = {}
    if run.state.exists():
        done = json.loads(run.state.read_text(encoding="utf-8"))
    run.state.parent.mkdir(parents=True, exist_ok=True)
    left = [(run.seed, piece) for piece in run.pieces if str(piece) not in done]
    # a process for each few pieces, so that nothing that a reader leaves behind adds up
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=collect_rarely,
        max_tasks_per_child=4,
    ) as pool:
        try:
            for piece, finds in pool.map(_piece, left):
                done[str(piece)] = finds
                _note(run, done, finds)
        # a reader that ends its process is the gravest find, and no pool may wait for it
        except BrokenProcessPool:
            ended = [str(piece) for _, piece in left if str(piece) not in done][:processes]
            sys.stdout.write(
                f"found: a process ended while it read a payload of piece {' or '.join(ended)}; "
                f"to see where, set PYTHONFAULTHANDLER=1 and run again with --processes 1\n"
            )
            return 1
    return 1 if any(done.values()) else 0


def _note(run: LongRun, done: Mapping[str, list[str]], finds: Iterable[str]) -> None:
    """Note what is done, and tell of it and of the finds of the last piece."""
    run.state.write_text(json.dumps(done), encoding="utf-8")
    sys.stdout.write(f"{len(done) * PIECE} payloads of {run.count}\n")
    sys.stdout.writelines(f"found: {find}\n" for find in finds)
    sys.stdout.flush()


def _piece(named: tuple[int, int]) -> tuple[int, list[str]]:
    """Judge the payloads of one piece; return its number and the finds."""
    seed, piece = named
    signal.signal(signal.SIGPROF, _endless)
    values: dict[str, str] = {}
    signal.setitimer(signal.ITIMER_PROF, ENDLESS_S)
    for _, find in bodies_judged(f"{seed}/{piece}", inf, CONNECTORS, most=PIECE):
        signal.setitimer(signal.ITIMER_PROF, ENDLESS_S)  # from now on again
        if find:
            values[find.what] = f"{find.connector}: {find.what} -> {_keep(find)}"
    signal.setitimer(signal.ITIMER_PROF, 0)
    return piece, sorted(values.values())


def _endless(*_: object) -> None:
    raise Broken(f"a payload took {ENDLESS_S:g} s of CPU")


def changed(body: bytes, chance: Random) -> bytes:
    """Return a body that is changed as its format asks for."""
    if body.startswith(MAGIC):
        return database_changes.change_database(body, chance)
    if is_packed(body) or body.removeprefix(b"\xef\xbb\xbf").startswith(_TABLES):
        return fit_changes.change_bytes(body, chance)
    if body.lstrip()[:1] in (b"{", b"["):
        return json_changes.change_json(body, chance)
    is_xml = b"<Trackpoint" in body or body.lstrip().startswith(b"<")
    return xml_changes.change_xml(body, chance) if is_xml else fit_changes.change_fit(body, chance)


def _rules(count: int, store: Stored | None) -> list[Callable[..., None]]:
    rules: list[Callable[..., None]] = [derives] if count % DERIVED_EACH < len(CONNECTORS) else []
    return [*rules, store.stores] if store and count % STORED_EACH < len(CONNECTORS) else rules


def _keep(find: Find) -> Path:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{find.connector}-{sha256(find.body).hexdigest()[:12]}.bin"
    path.write_bytes(find.body)
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--seconds", type=some_seconds, default=60, help="of CPU time of this process"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", action="append", choices=CONNECTORS)
    parser.add_argument(
        "--count", type=positive_count, default=0, help="so many payloads, in pieces"
    )
    parser.add_argument("--processes", type=positive_count, default=2, help="of a run with --count")
    parser.add_argument(
        "--state", type=Path, default=OUT / "run.json", help="what a run with --count has done"
    )
    parser.add_argument(
        "--no-database", dest="database", action="store_false", help="store nothing"
    )
    return parser.parse_args()
