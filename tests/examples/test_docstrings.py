"""The examples in docstrings say what the code does: each module's are run."""

import doctest
import importlib
from itertools import chain
from pathlib import Path

import pytest

from tests.rooms import ROOMS, ROOT

_PROMPT = ">>>"
_SHOWN = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def name_of(file: Path) -> str:
    """Return the name a file is imported by."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


_ALL = chain.from_iterable(sorted((ROOT / room).rglob("*.py")) for room in ROOMS)
# Importing a `__main__` would run its program.
_FILES = [file for file in _ALL if file.name != "__main__.py"]


# To look for examples takes longer than most of them, and where there is no prompt is none.
_WITH_EXAMPLES = [file for file in _FILES if _PROMPT in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize("file", _WITH_EXAMPLES, ids=list(map(name_of, _WITH_EXAMPLES)))
def test_the_examples_of_a_module_hold(file: Path) -> None:
    module = importlib.import_module(name_of(file))
    assert doctest.testmod(module, optionflags=_SHOWN).failed == 0


def test_every_module_can_be_imported() -> None:
    for file in _FILES:
        importlib.import_module(name_of(file))


def test_a_wrong_example_is_found() -> None:
    runner = doctest.DocTestRunner(verbose=False)
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "planted", None, None)
    assert runner.run(wrong, out=lambda _text: None).failed == 1


def test_every_room_has_modules() -> None:
    assert {file.relative_to(ROOT).parts[0] for file in _FILES} == set(ROOMS)
