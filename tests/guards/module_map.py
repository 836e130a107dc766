"""Writes docs/modules.md: each folder of the product, and each module with what it is.

Run it with `python -m tests.guards.module_map`; `test_module_map.py` compares. It must never hold a
sentence of its own: what a module is stands at its head.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.rooms import ROOMS, ROOT

MODULES_PAGE = ROOT / "docs" / "modules.md"
_HEAD = """\
# Modules

Each folder of the product with its modules, and the first sentence of each. To know where something
is done, search this page for its words; `docs/glossary.md` has the words, and *Where to look first*
of `CONTRIBUTING.md` the questions that are asked most. Made by `python -m tests.guards.module_map`;
a test compares. Do not edit.
"""
# A sentence ends where the next begins, or at the end.
_SENTENCE = re.compile(r"(.+?\.)(?= [A-Z`]|$)", re.DOTALL)


def modules_text() -> str:
    """Return the page."""
    return _HEAD + "".join(map(_section, _folders()))


def _folders() -> Iterator[Path]:
    """Yield each folder that has a module beside its `__init__`, in the order of the rooms."""
    for room in ROOMS:
        inits = sorted((ROOT / room).rglob("__init__.py"))
        yield from (init.parent for init in inits)


def _section(folder: Path) -> str:
    lines = ["", f"## {folder.relative_to(ROOT)}/", "", first_sentence(folder / "__init__.py"), ""]
    modules = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    if modules:
        lines += ["| module | what it is |", "|---|---|"]
    for path in modules:
        sentence = first_sentence(path).replace("|", "\\|")
        lines.append(f"| `{path.stem}` | {sentence} |")
    return "\n".join(lines) + "\n"


def first_sentence(path: Path) -> str:
    """Return the first sentence of a module's docstring, on a line of its own."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    sentence = _SENTENCE.match(paragraph)
    return sentence[1] if sentence else paragraph


if __name__ == "__main__":
    MODULES_PAGE.write_text(modules_text(), encoding="utf-8")
