"""Nothing waits for the outside without end.

Every call that would wait for ever by default has a time limit.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.guards.test_imports import ALL, nodes_of
from tests.rows import values_of

# the last part of a call's name, and the word that must be there
CALLS = {
    "urlopen": "timeout",
    "create_connection": "timeout",
    "SMTP": "timeout",
    "SMTP_SSL": "timeout",
    "HTTPConnection": "timeout",
    "HTTPSConnection": "timeout",
    "AsyncClient": "timeout",
    "list_topics": "timeout",
    "committed": "timeout",
    "get_watermark_offsets": "timeout",
    "create_topics": "request_timeout",
}
_OURS = {
    "create_topics",
    "committed",
}  # names that are also functions of our own, which wait in themselves


def calls() -> Iterator[tuple[str, ast.Call, Path]]:
    for _, path in ALL:
        for node in nodes_of(path):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node, path


def _words(node: ast.Call) -> set[str | None]:
    return set(values_of(node.keywords, "arg"))


def test_a_call_that_could_wait_for_ever_says_how_long() -> None:
    endless = []
    for name, node, path in calls():
        last = name.rpartition(".")[2]
        wanted = CALLS.get(last)
        outside = last not in _OURS or name.startswith(("admin.", "self._consumer."))
        if wanted and outside and wanted not in _words(node):
            endless.append(f"{path}:{node.lineno} {name}")
    assert endless == []


def test_a_program_that_is_run_to_its_end_has_a_time() -> None:
    endless = [
        f"{path}:{node.lineno}" for name, node, path in calls()
        if name == "subprocess.run" and "timeout" not in _words(node)
    ]  # fmt: skip
    assert endless == []


def test_a_connection_to_the_database_has_its_limits() -> None:
    endless = [
        f"{path}:{node.lineno}" for name, node, path in calls()
        if name.endswith("AsyncConnection.connect")
        and not ast.unparse(node.args[0]).startswith(("address(", "where"))
    ]  # fmt: skip
    assert endless == []
