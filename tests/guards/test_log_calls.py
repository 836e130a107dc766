"""Every log call is an event in constant words, with listed fields; reads sources, runs nothing."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from runtime.log_lines import FIELDS
from tests.guards.test_imports import modules, nodes_of
from tests.rows import values_of

_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def log_calls() -> Iterator[tuple[Path, ast.Call]]:
    """Yield the calls of loggers: of `_log`, `log`, `logger` or of `get_logger(...)` itself."""
    for _, path in modules():
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and is_log_call(node):
                yield path, node


def is_log_call(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _LEVELS:
        return False
    owner = ast.unparse(call.func.value).lstrip("_")
    return owner in {"log", "logger"} or owner.startswith("get_logger(")


@cache
def logger_calls() -> tuple[tuple[Path, ast.Call], ...]:
    """Return all calls of loggers; they are looked up once, and not in every process."""
    return tuple(log_calls())


def test_an_event_is_constant_text() -> None:
    refused = [
        f"{path}:{call.lineno}"
        for path, call in logger_calls()
        if len(call.args) != 1
        or not isinstance(call.args[0], ast.Constant)
        or "%" in str(call.args[0].value)
    ]
    assert refused == []


def test_the_list_holds_the_fields_that_are_used() -> None:
    used = set()
    for _, call in logger_calls():
        used.update(values_of(call.keywords, "arg"))
    assert used == FIELDS


def test_every_logger_is_looked_at() -> None:
    """A logger under another name would pass by the tests above."""
    makers = {path for _, path in modules() if "get_logger(" in path.read_text(encoding="utf-8")}
    assert makers - {path for path, _ in logger_calls()} == {
        path for name, path in modules() if name == "runtime.log_lines"
    }
