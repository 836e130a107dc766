"""`make fuzz` changes payloads for a number of CPU-seconds, over all readers.

It mutates recorded and generated payloads and keeps what breaks a rule in build/fuzz. Each payload
is read twice. From some of them sessions are derived, and with a database some are stored.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from random import Random

from parsers.formats import FILES_CONNECTOR, is_packed
from parsers.health_connect.database import MAGIC
from tests.fuzz import database_changes, fit_changes, json_changes, xml_changes
from tests.fuzz.database import Stored
from tests.fuzz.judge import Find, derives, judge
from tests.fuzz.seeds import CONNECTORS, seeds

_TABLES = (b"com.samsung.", b"Date,", b"Start time,")  # how tables of text begin
OUT = Path("build/fuzz")
DERIVED_EACH, STORED_EACH, DEEPER_EACH = 10, 25, 3
MOST_FINDS = 50


def main() -> int:
    """Run with the arguments of the command line; return 1 when anything broke a rule."""
    arguments = _arguments()
    values: dict[str, Find] = {}
    count = 0
    with ExitStack() as stack:
        store = stack.enter_context(Stored()) if arguments.database else None
        for count, find in bodies_judged(  # noqa: B007 - printed at the end
            arguments.seed, arguments.seconds, arguments.reader or CONNECTORS, store
        ):
            if find and find.what not in values and len(values) < MOST_FINDS:
                values[find.what] = find
                sys.stdout.write(f"found: {find.connector}: {find.what} -> {_keep(find)}\n")
    sys.stdout.write(
        f"{count} bodies read twice, seed {arguments.seed}: {len(values)} different finds\n"
    )
    return 1 if values else 0


def bodies_judged(
    seed: int, seconds: float, connectors: tuple[str, ...], store: Stored | None = None
) -> Iterator[tuple[int, Find | None]]:
    """Yield the count of payloads so far and the finding in the last of them, if any.

    Ends when the CPU-seconds are used.
    """
    chance = Random(seed)  # noqa: S311 - to find the same again
    until = time.process_time() + seconds
    grown: dict[str, list[bytes]] = {connector: list(seeds(connector)) for connector in connectors}
    count = 0
    while count == 0 or time.process_time() < until:
        count += 1
        connector = connectors[count % len(connectors)]
        body = changed(connector, chance.choice(grown[connector]), chance)
        find = judge(connector, body, *_rules(count, store))
        if (
            not find
            and chance.randrange(DEEPER_EACH) == 0
            and len(grown[connector]) < 2_000
            and len(body) < 50_000
        ):
            grown[connector].append(body)
        yield count, find


def changed(connector: str, body: bytes, chance: Random) -> bytes:
    """Return a body that is changed as its format asks for."""
    if connector != FILES_CONNECTOR:
        return json_changes.change_json(body, chance)
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
    parser.add_argument("--seconds", type=float, default=60, help="of CPU time of this process")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", action="append", choices=CONNECTORS)
    parser.add_argument(
        "--no-database", dest="database", action="store_false", help="store nothing"
    )
    return parser.parse_args()
