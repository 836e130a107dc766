"""The figures of the code's shape, made by one script.

Run it on this checkout, or on an older one for "before".

    python -m tests.guards.figures [--json] [--where WHAT] [ROOT]

`--where` lists what lies behind a figure: long, dense, shared, dialect. It reads sources and runs
nothing of them. `test_figures.py` holds the bounds.

Public names leave out those that pytest reads itself: tests, `pytestmark` and fixtures. A fixture
is named for those who ask for it, and one of a folder may replace one of its parent.
"""

import argparse
import ast
import io
import json
import re
import statistics
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DIALECT = frozenset(
    (
        "said",
        "told",
        "one",
        "found",
        "heard",
        "speaks",
        "stands",
        "place",
        "asked",
        "whole",
        "hands",
    )
)
TEST_ROOMS = frozenset(("tests", "bench"))
NO_ROOMS = frozenset(("build", "deploy", "docs", "node_modules"))
LONGEST_LINE = 100
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
# a comment that speaks to a tool explains nothing to a reader
FOR_TOOLS = re.compile(r"#\s*(noqa|type:|fmt:|pragma|ruff:|!)")
NO_CODE = frozenset(
    (
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A module, read once."""

    path: Path  # relative to the checkout
    text: str
    tree: ast.Module
    # to walk the tree and to take the text apart is most of what a count costs
    nodes: tuple[ast.AST, ...]
    comments: int
    code: frozenset[int]  # the lines that hold code or a docstring


def _sources(root: Path, rooms: Iterable[str]) -> list[Source]:
    """Return every module below the rooms of a checkout, in the order of their paths."""
    modules = []
    for room in sorted(rooms):
        for path in sorted((root / room).rglob("*.py")):
            # an older checkout has a farm of links to its own folders
            if path.is_symlink() or "__pycache__" in path.parts:
                continue
            modules.append(_read(root, path))
    return modules


def _read(root: Path, path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    comments, code = _lines(text)
    return Source(
        path=path.relative_to(root),
        text=text,
        tree=tree,
        nodes=tuple(ast.walk(tree)),
        comments=comments,
        code=code,
    )


def _lines(text: str) -> tuple[int, frozenset[int]]:
    """Return how many comments are meant for a reader, and which lines hold something else."""
    comments, code = 0, set[int]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments += not FOR_TOOLS.match(token.string)
        elif token.type not in NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return comments, frozenset(code)


def product_rooms(root: Path) -> set[str]:
    """Return the folders at the root of a checkout that hold the product's code."""
    return {
        path.name
        for path in root.iterdir()
        if path.is_dir() and not path.name.startswith(".") and any(path.rglob("*.py"))
    } - (TEST_ROOMS | NO_ROOMS)


def function_lengths(modules: Iterable[Source]) -> list[int]:
    """Return the length of each function in lines, its docstring included, sorted."""
    lengths: list[int] = []
    for module in modules:
        functions = [node for node in module.nodes if isinstance(node, FUNCTIONS)]
        lengths += [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]
    return sorted(lengths)


def comprehensions(module: Source) -> Iterator[ast.expr]:
    """Yield every comprehension and generator expression of a module."""
    for node in module.nodes:
        if isinstance(node, COMPREHENSIONS):
            yield node


def dense_comprehensions(modules: Iterable[Source]) -> list[str]:
    """Return where a comprehension has two `for`, two `if`, or another comprehension inside."""
    spots = []
    for module in modules:
        for node in comprehensions(module):
            generators = node.generators  # type: ignore[attr-defined]
            inner = sum(isinstance(part, COMPREHENSIONS) for part in ast.walk(node)) - 1
            conditions = sum(len(generator.ifs) for generator in generators)
            if len(generators) > 1 or conditions > 1 or inner:
                spots.append(f"{module.path}:{node.lineno}")
    return spots


def long_lines(modules: Iterable[Source]) -> list[str]:
    """Return where a line is longer than `LONGEST_LINE` characters."""
    spots = []
    for module in modules:
        for number, line in enumerate(module.text.splitlines(), 1):
            if len(line) > LONGEST_LINE:
                spots.append(f"{module.path}:{number}")
    return spots


def code_lines(module: Source) -> int:
    """Return how many lines of a module hold code: no blank lines, no comments, no docstrings."""
    numbers = set(module.code)
    for node in module.nodes:
        if isinstance(node, (*DEFINITIONS, ast.Module)) and ast.get_docstring(node, clean=False):
            text = node.body[0]
            numbers.difference_update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(numbers)


def _is_fixture(node: ast.stmt) -> bool:
    """Return whether a function is a fixture of pytest."""
    if not isinstance(node, FUNCTIONS):
        return False
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(call) == "pytest.fixture":
            return True
    return False


def public_names(module: Source) -> set[str]:
    """Return the public functions, classes and constants that a module defines."""
    names: set[str] = set()
    for node in module.tree.body:
        if _is_fixture(node):
            continue
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                names.update(part.id for part in ast.walk(target) if isinstance(part, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names - {"pytestmark"} if not name.startswith(("_", "test_"))}


def shared_names(modules: Iterable[Source]) -> dict[str, list[str]]:
    """Return each public name that two modules define, with the paths of the modules."""
    owners: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for name in public_names(module):
            owners[name].append(str(module.path))
    return {name: paths for name, paths in sorted(owners.items()) if len(paths) > 1}


def bound_names(module: Source) -> Iterator[tuple[str, int]]:
    """Yield each name that a module gives to something, with its line, and the module's own name.

    Names that it only uses are left out: they are counted where they are given, or belong to a
    library.
    """
    yield module.path.stem, 1
    for node in module.nodes:
        if isinstance(node, DEFINITIONS):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, (ast.alias, ast.ExceptHandler)):
            name = node.asname if isinstance(node, ast.alias) else node.name
            yield name or "", node.lineno


def dialect_names(modules: Iterable[Source]) -> list[str]:
    """Return where a name has a word of the old dialect in it, with the name."""
    spots = []
    for module in modules:
        for name, line in bound_names(module):
            # the name of a test is a sentence, and "one" is a word of it
            if name.startswith("test_"):
                continue
            if DIALECT & {word.lower() for word in _WORD.findall(name)}:
                spots.append(f"{module.path}:{line} {name}")
    return spots


def folder_sizes(modules: Iterable[Source]) -> Counter[str]:
    """Return how many modules lie in each folder itself."""
    return Counter(str(module.path.parent) for module in modules)


def figures(modules: list[Source]) -> dict[str, float | str]:
    """Return the figures of some modules, by name."""
    lengths = function_lengths(modules)
    lines = sum(len(module.text.splitlines()) for module in modules)
    number = sum(len(list(comprehensions(module))) for module in modules)
    comments, code = sum(module.comments for module in modules), sum(map(code_lines, modules))
    (folder, files), *_ = folder_sizes(modules).most_common(1)
    return {
        "modules": len(modules),
        "lines": lines,
        "code lines": code,
        "functions": len(lengths),
        "function lines, median": statistics.median(lengths),
        "function lines, 90 %": lengths[len(lengths) * 9 // 10],
        "function lines, longest": lengths[-1],
        "comprehensions per 1,000 lines": round(1_000 * number / lines, 1),
        "comprehensions with two for, two if or nested": len(dense_comprehensions(modules)),
        "lines over 100": len(long_lines(modules)),
        "comments per code line, %": round(100 * comments / code, 1),
        "public names in two modules": len(shared_names(modules)),
        "dialect names": len(dialect_names(modules)),
        "files in the largest folder": files,
        "largest folder": folder,
    }


def both(root: Path) -> dict[str, dict[str, float | str]]:
    """Return the figures of a checkout: of the product, and of tests and benches."""
    return {
        "product": figures(_sources(root, product_rooms(root))),
        "tests and bench": figures(_sources(root, TEST_ROOMS)),
    }


def shared_list(modules: Iterable[Source]) -> list[str]:
    """Return each public name that two modules define, with its modules, as lines."""
    return [f"{name}: {', '.join(paths)}" for name, paths in shared_names(modules).items()]


WHERE: dict[str, Callable[[Iterable[Source]], list[str]]] = {
    "long": long_lines,
    "dense": dense_comprehensions,
    "shared": shared_list,
    "dialect": dialect_names,
}


def _main() -> None:
    """Print the figures as a table, or as JSON."""
    parser = argparse.ArgumentParser(description="Print the figures of the code's shape.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[2])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--where", choices=WHERE)
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    if arguments.where:
        for rooms in (product_rooms(root), TEST_ROOMS):
            spots = WHERE[arguments.where](_sources(root, rooms))
            sys.stdout.write("".join(f"{spot}\n" for spot in spots))
        return
    result = both(root)
    if arguments.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return
    product, tests = result.values()
    sys.stdout.write(f"{'':46}{'product':>16}{'tests, bench':>16}\n")
    for name, value in product.items():
        sys.stdout.write(f"{name:46}{value!s:>16}{tests[name]!s:>16}\n")


if __name__ == "__main__":
    _main()
