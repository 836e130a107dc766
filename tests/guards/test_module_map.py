"""docs/modules.md has each module of the product with the first sentence of its docstring."""

from pathlib import Path

import pytest

from tests.guards.module_map import MODULES_PAGE, first_sentence, modules_text


def test_the_page_is_of_these_modules() -> None:
    on_disk = MODULES_PAGE.read_text(encoding="utf-8")
    assert on_disk == modules_text(), "write it again: python -m tests.guards.module_map"


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("Reads a file. Pure.", "Reads a file."),
        ("Reads `a.fit` of\none watch.\n\nIt never writes.", "Reads `a.fit` of one watch."),
        ("One word", "One word"),
        ("Exports: CSV. Pure.", "Exports: CSV."),
        ("What comes in, e.g. a file. `b` is next.", "What comes in, e.g. a file."),
    ],
)
def test_the_first_sentence_ends_where_the_next_begins(
    tmp_path: Path, docstring: str, sentence: str
) -> None:
    path = tmp_path / "module.py"
    path.write_text(f'"""{docstring}"""\n')
    assert first_sentence(path) == sentence
