"""The pages for vendors' engineers are what rows and recorded cases say."""

import re
import tomllib
from pathlib import Path

import pytest

from ingest.proving.proofs import LinkOnly
from ingest.vendors import CONNECTORS
from kadens.cli import COMMANDS
from kadens.lazy_commands import every_command
from kadens.secrets.reading import secrets_of
from parsers.formats import FILES_CONNECTOR
from simulate.vendors.playing.played_vendors import USUAL_KEY, USUAL_KEYS, VENDORS
from tests.guards import vendor_pages
from tests.rooms import ROOT


def test_the_pages_are_made_from_the_tables_and_the_recorded_cases() -> None:
    for name, text in vendor_pages.vendor_pages().items():
        on_disk = (vendor_pages.FOLDER / name).read_text(encoding="utf-8")
        assert on_disk == text, "write it again: python -m tests.guards.vendor_pages"


def test_every_connector_has_a_row_in_both_pages() -> None:
    pages = vendor_pages.vendor_pages()
    for row in CONNECTORS:
        assert f"\n| `{row.name}` |" in pages["README.md"]
        listed = f"\n| `{row.name}` |" in pages["coverage.md"]
        assert listed is (row.name != FILES_CONNECTOR)


def _coverage_rows() -> list[list[str]]:
    """Return the cells of each line of the table of coverage, its head first."""
    page = vendor_pages.vendor_pages()["coverage.md"]
    lines = page[page.index("| source |") :].partition("\n\n")[0].splitlines()
    return [_cells_of_line(line) for line in lines]


def _cells_of_line(line: str) -> list[str]:
    return [cell.strip(" `") for cell in line.split("|")[1:-1]]


def test_no_source_has_two_rows_or_an_empty_one() -> None:
    rows = _coverage_rows()
    names = [row[0] for row in rows]
    assert names == list(dict.fromkeys(names))
    assert [row[0] for row in rows if not any(row[1:])] == []
    assert {"fit", "coros"} <= set(names)


def test_the_table_of_coverage_tells_the_ways_apart() -> None:
    rows = {name: cells for name, *cells in _coverage_rows()}
    junction = dict(zip(rows["source"], rows["junction"], strict=True))
    assert (junction["heart rate"], junction["workouts"]) == ("push, fetch", "push, fetch")
    assert (junction["steps"], junction["resting heart rate"]) == ("push", "push (days)")


def test_the_page_says_which_vendors_tell_of_no_deletion() -> None:
    page = vendor_pages.vendor_pages()["coverage.md"].partition("takes back")[2]
    table, _, rest = page.partition("These tell of no deletion")
    taken = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    silent = re.findall(r"`(\w+)`", rest.partition(".\n")[0])
    # of each vendor the facts say which: it is no accident of the cases that there are
    assert taken == [
        "reports", "strava", "google_health", "huawei", "terra", "oura", "whoop",
    ]  # fmt: skip
    assert silent == [
        "open_wearables", "garmin", "polar", "suunto", "fitbit", "coros", "junction",
        "health_auto_export", "hc_webhook", "withings",
    ]  # fmt: skip


_NOW_S = 1_763_974_800  # 2025-11-24T09:00:00Z
_MADE = vendor_pages.vendor_pages().keys()
_PAGES = sorted(path for path in vendor_pages.FOLDER.glob("*.md") if path.name not in _MADE)
_OUR_OWN = {"reports"}  # sent by the deployer's own app


def test_every_vendor_where_somebody_registers_has_a_setup_page() -> None:
    # what a link token alone proves has nothing to register
    vendors = {row.name for row in CONNECTORS if not isinstance(row.proof, LinkOnly)} - _OUR_OWN
    assert vendors - {page.stem for page in _PAGES} == set(), "write docs/vendors/NAME.md"


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_a_setup_page_is_of_a_connector_and_its_secrets_are_read(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert page.stem in {row.name for row in CONNECTORS}
    for block in re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        # a page may show a part of the file twice, before and after a key is there
        assert f"[connectors.{page.stem}]" in block
        if block.count("[") == block.count("]") and block.count(f"[connectors.{page.stem}]") == 1:
            assert page.stem in secrets_of(tomllib.loads(block)).connectors


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_what_a_setup_page_tells_to_run_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if len(line) > 170 and "|" not in line] == []
    known = {words for words, _ in every_command(COMMANDS)}
    # a command is found where the newcomer stands, as README has it
    assert re.findall(r"^ *kadens [a-z]+ .*$", text, re.MULTILINE) == []
    assert re.findall(r"`kadens \w+\s[^`]+`", text) == []
    for line in re.findall(r"^ *\.venv/bin/kadens (.*)$", text, re.MULTILINE):
        words = tuple(line.split())
        assert words[:1] in known or words[:2] in known, line
    for path in re.findall(r"tests/data/[a-z_/]+(?:\.[a-z]+)?", text):
        assert (ROOT / path.rstrip("/")).exists(), path


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_the_page_of_a_vendor_that_can_be_played_says_how(name: str) -> None:
    text = (vendor_pages.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    words = f".venv/bin/python -m simulate.vendors {name} "
    assert words in text
    trying = text[text.index("## T") :]
    hook = f"--hook http://127.0.0.1:8801/v1/hooks/{name}"
    assert hook in trying
    shown = re.findall(r"^```toml\n(.*?)^```", trying, re.DOTALL | re.MULTILINE)
    (own,) = [secrets_of(tomllib.loads(block)).connectors[name] for block in shown]
    # what the played vendor proves its bodies with, and where it answers
    key = re.search(r"--key (\"[^\"]+\"|\S+)", trying)
    usual = USUAL_KEYS.get(name, USUAL_KEY)
    played = VENDORS[name](_NOW_S, key[1].strip('"') if key else usual).server
    assert (own.client_id, own.client_secret) == (played.client_id, played.client_secret)
    assert own.api == "http://127.0.0.1:9301"
    assert f"`{played.user}`" in trying
    assert ".venv/bin/kadens connect" in trying
