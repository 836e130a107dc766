"""Writes docs/privacy.md: each promise to patients, its code, its tests, what is left to do.

Run it with `python -m tests.guards.privacy_page`; `test_privacy_page.py` compares. The tests are
those with the mark `@pytest.mark.promise(number)`; they are read and never imported, so the page
can be made where a test cannot run. It must never hold a fact of its own: what is wrong on the page
is wrong in `promises.py`, or a mark is.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

from tests.guards.promises import PROMISES, PROMISES_NOT_YET, Promise
from tests.guards.reference import code, table
from tests.rooms import ROOT

PRIVACY_PAGE = ROOT / "docs" / "privacy.md"
NAME = "pytest.mark.promise"
_HEADS = ("no.", "promise", "kept by", "proved by", "left to the deployer")
_NONE = "*not kept yet*"
_PAGE = """\
# Privacy: what patients are promised, and what proves it

Made from the tests' marks by `python -m tests.guards.privacy_page`; a test compares. Do not edit.

The privacy policy of the service that Kadens serves makes 24 promises to patients. A test that
proves one carries `@pytest.mark.promise(number)`, and a promise without a test fails the build.
`docs/clinical.md` holds where each of them comes from. The last column is what no program can do:
who runs Kadens answers for it.

{kept} of {all} promises have a test.

{promises}"""


class MarkError(Exception):
    """A mark that the page cannot use."""


def proofs(folder: Path) -> dict[int, list[str]]:
    """Return the tests below a folder by the number of the promise that they prove."""
    result: dict[int, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if NAME not in text:
            continue
        for number, test in marked_tests(text, str(path.relative_to(folder.parent))):
            result.setdefault(number, []).append(test)
    return result


def marked_tests(text: str, path: str) -> Iterator[tuple[int, str]]:
    """Yield each promise that a module's tests prove, with the test.

    Raises:
        MarkError: A mark is no decorator of a test, or has no number of a promise.

    """
    tree = ast.parse(text)
    free = {id(node): node for node in ast.walk(tree) if _is_mark(node)}
    for test in ast.walk(tree):
        if not isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in test.decorator_list:
            if test.name.startswith("test_") and free.pop(id(mark), None) is not None:
                yield _number(mark, path), f"{path}::{test.name}"
    for stray in free.values():
        message = f"{path}:{stray.lineno}: a promise is marked on a test itself"
        raise MarkError(message)


def _is_mark(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == NAME


def _number(mark: ast.expr, path: str) -> int:
    match mark:
        case ast.Call(args=[ast.Constant(value=int(number))], keywords=[]):
            if type(number) is int and number in {row.number for row in PROMISES}:
                return number
    message = f"{path}:{mark.lineno}: no number of a promise"
    raise MarkError(message)


def mistakes(
    tests: Mapping[int, list[str]], not_yet: frozenset[int] = PROMISES_NOT_YET
) -> list[str]:
    """Return what contradicts the table: promises without a test, and those that have one now."""
    result = []
    for row in PROMISES:
        if row.number in not_yet:
            if row.number in tests:
                result.append(f"promise {row.number} has a test: take it out of PROMISES_NOT_YET")
        elif row.number not in tests:
            result.append(f"promise {row.number} has no test")
        elif not row.code:
            result.append(f"promise {row.number} names no code")
    return result


def privacy_text(tests: Mapping[int, list[str]]) -> str:
    """Return the complete page."""
    rows = [_row(row, tests.get(row.number, [])) for row in PROMISES]
    kept = sum(row.number in tests for row in PROMISES)
    return _PAGE.format(kept=kept, all=len(PROMISES), promises=table(_HEADS, rows))


def _row(row: Promise, tests: list[str]) -> tuple[object, ...]:
    proved = "<br>".join(f"`{test}`" for test in sorted(tests)) or _NONE
    return row.number, row.words, code(row.code), proved, row.left


def _main(target: Path = PRIVACY_PAGE) -> None:
    """Write the page."""
    target.write_text(privacy_text(proofs(ROOT / "tests")), encoding="utf-8")


if __name__ == "__main__":
    _main()
