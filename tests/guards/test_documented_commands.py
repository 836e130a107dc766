"""Every command that a page for people names is there, with the options that the page gives it."""

from pathlib import Path

import pytest

from tests.guards.documented import commands_of, mistake, options_by_command
from tests.rooms import ROOT

_GENERATED = {"commands.md"}
_PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "deploy" / "README.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.name not in _GENERATED),
]


@pytest.fixture(scope="module")
def options() -> dict[tuple[str, ...], set[str]]:
    """Return the options of each command, by its words."""
    return options_by_command()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_commands_that_there_are(
    page: Path, options: dict[tuple[str, ...], set[str]]
) -> None:
    named = list(commands_of(page.read_text(encoding="utf-8")))
    assert [text for words in named if (text := mistake(words, options))] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`kadens rights list --closed`", ""),
        ("kadens audit verify --heads F   # exits with 1", ""),
        ("`kadens --why TEXT COMMAND`", ""),
        ("`kadens rights show 1 --data D`", ""),
        ("`kadens patient erase`", "there is no kadens patient erase"),
        ("kadens digest --jsn", "kadens digest has no --jsn"),
        ("kadens erase \\\n  --all", "kadens erase has no --all"),
    ],
)
def test_a_mistake_of_a_page_is_seen(
    text: str, wrong: str, options: dict[tuple[str, ...], set[str]]
) -> None:
    [words] = commands_of(text)
    assert mistake(words, options) == wrong
