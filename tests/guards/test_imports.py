"""Imports go one way: which module may import which, and what only a single module may use.

Reads sources, runs nothing.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
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
            "fhir_r4",
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
        "kadens.secrets_writer",
        "kadens.embedded",
        "kadens.local.up",
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


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Return every module that a file imports, in full, with the line.

    Relative imports are refused by the linter.
    """
    for node in ast.walk(tree_of(path)):
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


@pytest.mark.parametrize(("name", "path"), ALL, ids=cells_of(ALL, 0))
def test_imports_go_one_way(name: str, path: Path) -> None:
    _, may = room_of(name)
    refused = [
        f"{path}:{line} {target}"
        for target, line in arrows(name, path)
        if not {target, "*"} & set(may)
    ]
    assert refused == []


def test_no_room_imports_back() -> None:
    """Print the table of imports (`pytest -s`), and show that it has no circle."""
    table: dict[str, set[str]] = {room: set() for room, _ in MAY}
    for name, path in ALL:
        table[room_of(name)[0]] |= set(cells_of(arrows(name, path), 0))
    for room, targets in table.items():
        sys.stdout.write(f"{room:22} -> {', '.join(sorted(targets)) or 'nothing'}\n")
    assert list(TopologicalSorter(table).static_order())


@pytest.mark.parametrize(("name", "path"), ALL, ids=cells_of(ALL, 0))
def test_only_one_place_touches_it(name: str, path: Path) -> None:
    for target, line in imports(path):
        allowed = ONLY_IN.get(target.split(".")[0])
        assert allowed is None or any(within(name, part) for part in allowed), (
            f"{path}:{line} {target}"
        )


@pytest.mark.parametrize(("name", "path"), ALL, ids=cells_of(ALL, 0))
def test_pure_modules_stay_pure(name: str, path: Path) -> None:
    if not any(within(name, part) for part in (*PURE, *PURE_FILES)):
        return
    for target, line in imports(path):
        # `urllib.parse` only takes texts apart
        impure = target.split(".")[0] in IMPURE and not target.startswith("urllib.parse")
        assert not impure, f"{path}:{line} {target}"
    for node in ast.walk(tree_of(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CLOCKS
        ):
            owner = ast.unparse(node.func.value)
            assert owner not in {"datetime", "date", "time", "datetime.datetime"}, (
                f"{path}:{node.lineno} reads a clock"
            )


@pytest.mark.parametrize(("name", "path"), ALL, ids=cells_of(ALL, 0))
def test_no_sql_outside_storage(name: str, path: Path) -> None:
    if any(within(name, part) for part in HAVE_SQL):
        return
    verbs = ("select ", "insert into ", "update ", "delete from ", "create table ", "alter ")
    for node in ast.walk(tree_of(path)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "\n" not in node.value
        ):
            text = node.value.strip().lower()
            is_sql = text.startswith(verbs) and (
                " from " in text or " set " in text or " values" in text
            )
            assert not is_sql, f"{path}:{node.lineno} {node.value!r}"


def test_every_module_says_what_it_is() -> None:
    missing = [str(path) for _, path in ALL if not ast.get_docstring(tree_of(path))]
    assert missing == []


def test_environment_is_read_in_one_place() -> None:
    readers = [name for name, path in ALL if "os.environ" in path.read_text(encoding="utf-8")]
    assert set(readers) <= {"kadens.settings", "kadens.local.up", "kadens.embedded.process"}
