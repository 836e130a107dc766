"""Imports go one way: which module may import which, and what only a single module may use.

Reads sources, runs nothing.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from itertools import chain, starmap
from pathlib import Path

import pytest

from tests.rooms import ROOMS, ROOT
from tests.rows import cells_of

# What a room may import of ours, besides itself. Every arrow goes up this table.
MAY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("runtime", ()),
    ("model", ()),
    ("parsers", ("model",)),
    ("fhir_r4", ("model",)),
    ("stream.compute", ("model",)),
    ("alerts.delivery", ("model", "storage", "fetcher", "fhir_r4")),
    ("alerts", ("model",)),
    ("storage", ("model",)),
    ("web", ("model",)),
    ("kadens.embedded.guard", ()),  # a program of its own
    (
        "stream",
        (
            "runtime",
            "model",
            "parsers",
            "stream.compute",
            "alerts",
            "alerts.delivery",
            "storage",
            "kadens.embedded.guard",
        ),
    ),
    ("ingest", ("runtime", "model", "web")),
    ("fetcher", ("runtime", "model", "ingest", "storage")),
    (
        "patient",
        ("runtime", "model", "stream.compute", "alerts", "storage", "web", "fetcher"),
    ),
    ("clinic", ("runtime", "model", "stream.compute", "alerts", "storage", "web", "fhir_r4")),
    ("simulate", ("runtime", "model")),  # a vendor that is played knows nothing of our door
    ("kadens", ("*",)),
)
SHOWN_APART = {"stream.compute"}  # a part of a room that has a line of its own in CONTRIBUTING.md
PURE = ("model", "parsers", "stream.compute", "fhir_r4")
PURE_FILES = (
    "alerts.registry",
    "alerts.lifecycle",
    "alerts.wording",
    "alerts.announcing",
    "alerts.rules",
    "alerts.adherence",
    "alerts.thresholds",
    "alerts.prescribing",
)
IMPURE = {
    "aiohttp", "aiokafka", "asyncio", "faust", "httpx2", "logging", "os", "psycopg", "psycopg_pool",
    "random", "secrets", "socket", "stamina", "structlog", "subprocess", "time", "urllib", "http",
}  # fmt: skip
ONLY_IN: dict[str, tuple[str, ...]] = {
    "faust": ("stream.app", "stream.agents", "stream.log.transport"),
    "mode": ("stream.app", "stream.agents"),
    "aiokafka": ("ingest.publisher", "ingest.revoked", "stream"),
    "psycopg": ("storage",),
    "psycopg_pool": ("storage",),
    "fitdecode": ("parsers.fit",),
    "fitparse": (),
    "logging": ("runtime.log_lines",),
    "stamina": ("runtime.retries",),
    "structlog": ("runtime.log_lines",),
    "uvicorn": ("web",),
    "os": (
        "kadens.auditing.head_file",
        "kadens.backup.sealed_files",
        "kadens.settings",
        "kadens.secrets.writing",
        "kadens.embedded",
        "kadens.local.up",
        "kadens.local.up_options",
        "kadens.local.instance",
        "kadens.local.temporary",
        "stream.app",
        "stream.readers",
        "storage.bodies.body_store",
        "ingest.uploads.shelf",
        "fetcher.token_spool",
    ),
}
# Our database is that of `storage`. The other two read and write files that happen to be databases.
HAVE_SQL = ("storage", "parsers.health_connect.database", "simulate.exports.health_connect")
Rule = Callable[[str, Path], Iterable[str]]
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}


def modules() -> Iterator[tuple[str, Path]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield (
                ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"),
                path,
            )


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's tree, which is made once for all guards of a process (`tests.groups`)."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return the nodes of a file's tree: to walk through it takes as long as to make it."""
    return tuple(ast.walk(tree_of(path)))


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Return every module that a file imports, in full, with the line.

    Relative imports are refused by the linter.
    """
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def room_of(name: str) -> tuple[str, tuple[str, ...]]:
    return next((room, may) for room, may in MAY if within(name, room))


def arrows(name: str, path: Path) -> Iterator[tuple[str, int]]:
    """Every other room that a file imports, with the line."""
    mine, _ = room_of(name)
    for target, line in imports(path):
        if target.split(".")[0] in ROOMS and room_of(target)[0] != mine:
            yield room_of(target)[0], line


ALL = list(modules())


def refused_by(rule: Rule) -> list[str]:
    """Return what a rule refuses in all modules; each line names the file, the line and what."""
    return list(chain.from_iterable(starmap(rule, ALL)))


def wrong_arrows(name: str, path: Path) -> Iterator[str]:
    """Yield the imports of rooms that the module's room may not import."""
    _, may = room_of(name)
    for target, line in arrows(name, path):
        if not {target, "*"} & set(may):
            yield f"{path}:{line} {target}"


def test_imports_go_one_way() -> None:
    assert refused_by(wrong_arrows) == []


def test_no_room_imports_back() -> None:
    """Print the table of imports (`pytest -s`), and show that it has no circle."""
    table: dict[str, set[str]] = {room: set() for room, _ in MAY}
    for name, path in ALL:
        table[room_of(name)[0]] |= set(cells_of(arrows(name, path), 0))
    for room, targets in table.items():
        sys.stdout.write(f"{room:22} -> {', '.join(sorted(targets)) or 'nothing'}\n")
    assert list(TopologicalSorter(table).static_order())


def rooms_shown() -> dict[str, set[str]]:
    """Return what each room may import of ours, as the table of CONTRIBUTING.md says it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    cell = r" [^|]* \|"
    rows = re.findall(rf"^\| `([a-z0-9_/]+)/` \|{cell} ([^|]*) \|{cell}$", text, re.MULTILINE)
    return {room.replace("/", "."): set(re.findall(r"`([\w.]+)`", may)) for room, may in rows}


def may_import(room: str) -> set[str]:
    """Return what a room may import, its parts that have no line of their own among it."""
    parts = {name for name, _ in MAY if within(name, room) and name not in SHOWN_APART - {room}}
    targets = set(chain.from_iterable(may for name, may in MAY if name in parts))
    # a part of a room that is named already need not be named beside it
    return {name for name in targets if not is_part_of_any(name, {room, *targets} - {name})}


def is_part_of_any(name: str, rooms: set[str]) -> bool:
    return any(within(name, room) for room in rooms)


def test_the_table_of_rooms_says_what_each_may_import() -> None:
    shown = rooms_shown()
    assert shown.pop("kadens") == set()  # "everything"
    assert shown == {room: may_import(room) for room in shown}
    assert set(shown) == {name for name, _ in MAY if "." not in name} - {"kadens"} | SHOWN_APART


def not_its_own(name: str, path: Path) -> Iterator[str]:
    """Yield the imports of what only other modules may touch."""
    for target, line in imports(path):
        allowed = ONLY_IN.get(target.split(".")[0])
        if allowed is not None and not any(within(name, part) for part in allowed):
            yield f"{path}:{line} {target}"


def test_only_one_place_touches_it() -> None:
    assert refused_by(not_its_own) == []


def is_pure(name: str) -> bool:
    return any(within(name, part) for part in (*PURE, *PURE_FILES))


def impure_imports(name: str, path: Path) -> Iterator[str]:
    """Yield what a pure module imports that does I/O; `urllib.parse` only takes texts apart."""
    for target, line in imports(path) if is_pure(name) else ():
        if target.split(".")[0] in IMPURE and not target.startswith("urllib.parse"):
            yield f"{path}:{line} {target}"


def clocks_read(name: str, path: Path) -> Iterator[str]:
    """Yield the calls of a pure module that read a clock."""
    for node in nodes_of(path) if is_pure(name) else ():
        if isinstance(node, ast.Call) and is_clock(node.func):
            yield f"{path}:{node.lineno} reads a clock"


def is_clock(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in CLOCKS
        and ast.unparse(called.value) in {"datetime", "date", "time", "datetime.datetime"}
    )


def test_pure_modules_stay_pure() -> None:
    assert refused_by(impure_imports) == []


def test_pure_modules_read_no_clock() -> None:
    assert refused_by(clocks_read) == []


def sql_texts(name: str, path: Path) -> Iterator[str]:
    """Yield the queries of a module that may hold none."""
    may = any(within(name, part) for part in HAVE_SQL)
    docstrings = set(docstring_nodes(path))
    for node in () if may else nodes_of(path):
        if not isinstance(node, ast.Constant) or node in docstrings:
            continue
        if isinstance(node.value, str) and is_sql(node.value):
            yield f"{path}:{node.lineno} {node.value!r}"


def docstring_nodes(path: Path) -> Iterator[ast.AST]:
    """Yield the docstrings of a module: their first word may be a verb of SQL."""
    for node in nodes_of(path):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr):
            yield first.value


def is_sql(text: str) -> bool:
    """Tell whether a text is a query, on one line or on several."""
    words = " ".join(text.split()).lower()
    verbs = ("select ", "insert into ", "update ", "delete from ", "create table ", "alter ")
    parts = (" from ", " set ", " values")
    return words.startswith(verbs) and any(part in words for part in parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select a from b", True),
        ("\nselect a,\n  b\nfrom c", True),
        ("\nupdate a\nset b = 1", True),
        ("select a file", False),
        ("What to select from a list", False),
    ],
)
def test_a_query_is_known_on_one_line_and_on_several(text: str, *, expected: bool) -> None:
    assert is_sql(text) is expected


def test_no_sql_outside_storage() -> None:
    assert refused_by(sql_texts) == []


def test_every_module_says_what_it_is() -> None:
    missing = [str(path) for _, path in ALL if not ast.get_docstring(tree_of(path))]
    assert missing == []


def test_environment_is_read_in_one_place() -> None:
    readers = [name for name, path in ALL if "os.environ" in path.read_text(encoding="utf-8")]
    assert set(readers) <= {"kadens.settings", "kadens.local.up", "kadens.embedded.process"}
