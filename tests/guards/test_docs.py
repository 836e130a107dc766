"""The pages in docs/ hold what the code cites, and a glossary gives each term one meaning."""

import re
from pathlib import Path

import pytest

from tests.rooms import ROOMS, ROOT

CITED = re.compile(r"[Cc]linical definitions? sections? ((?:\d+(?:\.\d+)?(?:, | and )?)+)")
HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)[. ]", re.MULTILINE)
TERM = re.compile(r"^\| ([^|]+) \| ", re.MULTILINE)
_HEADS = {"term", "---"}


def citations() -> dict[str, set[str]]:
    """Return the sections of docs/clinical.md that each module cites."""
    values: dict[str, set[str]] = {}
    for room in (*ROOMS, "bench", "tests"):
        for path in (ROOT / room).rglob("*.py"):
            lists = CITED.findall(path.read_text(encoding="utf-8"))
            if lists:
                values[str(path.relative_to(ROOT))] = set(
                    re.findall(r"\d+(?:\.\d+)?", " ".join(lists))
                )
    return values


def test_every_cited_section_of_the_clinical_definitions_is_there() -> None:
    text = (ROOT / "docs" / "clinical.md").read_text(encoding="utf-8")
    headings = set(HEADING.findall(text))
    cited = citations()
    assert len(cited) > 15
    assert {
        path: sections - headings for path, sections in cited.items() if sections - headings
    } == {}


def test_a_term_of_the_glossary_is_explained_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = [term for term in TERM.findall(text) if term not in _HEADS]
    assert len(terms) > 40
    assert sorted(terms) == sorted(set(terms))


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_a_page_has_no_long_lines_outside_of_tables(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 150 and not line.startswith("|")] == []


def test_every_file_that_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_*]+/)+[a-z_*0-9.]*)`", text))
    # what the page instructs its reader to make
    example = {
        "ingest/vendors/acme.py",
        "parsers/vendors/acme.py",
        "docs/vendors/acme.md",
        "tests/data/acme/proved/door.json",
        "tests/data/acme/proved/body.txt",
        "var/secrets.toml",
        "alerts/rules/KIND/x1_what_it_finds.py",
    }
    assert len(named) > 50
    assert [name for name in sorted(named - example) if not any(ROOT.glob(name))] == []


def test_what_contributing_names_of_a_file_is_in_that_file() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pairs = re.findall(r"`(\w+)`(?: of| in|, in) `((?:[a-z_]+/)+[a-z_0-9]+\.py)`", text)
    assert len(pairs) > 15
    missing: list[str] = []
    for name, path in pairs:
        if not re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8")):
            missing.append(f"{name} of {path}")
    assert missing == []
