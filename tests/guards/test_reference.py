"""docs/reference.md is what the code's own tables say."""

from tests.guards import reference


def test_the_reference_page_is_made_from_the_tables() -> None:
    on_disk = reference.TARGET.read_text(encoding="utf-8")
    assert on_disk == reference.page(), "write it again: python -m tests.guards.reference"


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert reference.table(("a", "b"), [("x|y", 1)]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 |\n"
