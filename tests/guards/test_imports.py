"""The walk stays one way: who may import whom, and what only one place may touch. Reads sources, runs nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("alerts", "ingest", "kadens", "parsers", "storage", "stream", "web")

# A part may import parts of its own rank only when they are the same part, and any part of a lower rank.
RANKS: tuple[tuple[str, int], ...] = (
    ("kadens.model", 0),
    ("kadens.embedded.guard", 0),  # a program of its own, which imports nothing
    ("kadens.parsers", 1),
    ("kadens.stream.compute", 1),
    ("kadens.web", 1),
    ("kadens.stream.topics", 1),
    ("kadens.alerts.rules", 1),
    ("kadens.alerts.lifecycle", 1),
    ("kadens.alerts.wording", 1),
    ("kadens.alerts.predicates", 1),
    ("kadens.ingest.verify", 1),
    ("kadens.ingest.sender", 1),
    ("kadens.clock", 2),
    ("kadens.storage", 2),
    ("kadens.alerts.delivery", 3),
    ("kadens.stream", 4),
    ("kadens.ingest", 4),
    ("kadens.alerts", 4),
    ("kadens", 5),
)
PURE = ("kadens.model", "kadens.parsers", "kadens.stream.compute")
PURE_FILES = ("kadens.alerts.rules", "kadens.alerts.lifecycle", "kadens.alerts.wording", "kadens.alerts.predicates")
IMPURE = {
    "aiohttp", "aiokafka", "asyncio", "faust", "httpx", "logging", "os", "psycopg", "psycopg_pool", "random",
    "secrets", "socket", "subprocess", "time", "urllib", "http",
}  # fmt: skip
ONLY_IN: dict[str, tuple[str, ...]] = {
    "faust": ("kadens.stream.app", "kadens.stream.agents", "kadens.stream.transport"),
    "mode": ("kadens.stream.app", "kadens.stream.agents"),
    "aiokafka": ("kadens.ingest.publisher", "kadens.ingest.revoked", "kadens.stream"),
    "psycopg": ("kadens.storage",),
    "psycopg_pool": ("kadens.storage",),
    "fitdecode": ("kadens.parsers.fit",),
    "fitparse": (),
    "uvicorn": ("kadens.web",),
    "os": (
        "kadens.settings",
        "kadens.secrets_writer",
        "kadens.embedded",
        "kadens.up",
        "kadens.instance",
        "kadens.stream.app",
        "kadens.stream.readers",
        "kadens.storage.body_store",
    ),
}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}


def modules() -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts if parts[0] == "kadens" else ("kadens", *parts))
            yield name.removesuffix(".__init__"), path


def imports(name: str, path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, in full, with the line."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def rank(name: str) -> tuple[str, int]:
    return next((part, number) for part, number in RANKS if within(name, part))


ALL = list(modules())


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_imports_go_one_way(name: str, path: Path) -> None:
    mine, my_rank = rank(name)
    for target, line in imports(name, path):
        if within(target, "kadens"):
            part, number = rank(target)
            same_folder = part.split(".")[:2] == mine.split(".")[:2]
            assert part == mine or number < my_rank or (same_folder and number <= my_rank), f"{path}:{line} {target}"
        top = target.split(".")[0]
        assert top not in FOLDERS[:2] + FOLDERS[3:], f"{path}:{line} imports {top} without its namespace"


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_only_one_place_touches_it(name: str, path: Path) -> None:
    for target, line in imports(name, path):
        allowed = ONLY_IN.get(target.split(".")[0])
        assert allowed is None or any(within(name, part) for part in allowed), f"{path}:{line} {target}"


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_pure_modules_stay_pure(name: str, path: Path) -> None:
    if not any(within(name, part) for part in (*PURE, *PURE_FILES)):
        return
    for target, line in imports(name, path):
        assert target.split(".")[0] not in IMPURE, f"{path}:{line} {target}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            owner = ast.unparse(node.func.value)
            assert owner not in {"datetime", "date", "time", "datetime.datetime"}, f"{path}:{node.lineno} reads a clock"


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_no_sql_outside_storage(name: str, path: Path) -> None:
    if within(name, "kadens.storage"):
        return
    verbs = ("select ", "insert into ", "update ", "delete from ", "create table ", "alter ")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
            text = node.value.strip().lower()
            is_sql = text.startswith(verbs) and (" from " in text or " set " in text or " values" in text)
            assert not is_sql, f"{path}:{node.lineno} {node.value!r}"


def test_every_module_says_what_it_is() -> None:
    missing = [str(path) for _, path in ALL if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert missing == []


def test_environment_is_read_in_one_place() -> None:
    readers = [name for name, path in ALL if "os.environ" in path.read_text(encoding="utf-8")]
    assert set(readers) <= {"kadens.settings", "kadens.up", "kadens.embedded.processes"}
