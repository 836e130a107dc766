"""The pages for vendors' engineers are what rows and recorded cases say."""

from ingest.vendors import CONNECTORS
from parsers.formats import FILES_CONNECTOR
from tests.guards import vendor_pages


def test_the_pages_are_made_from_the_tables_and_the_recorded_cases() -> None:
    for name, text in vendor_pages.vendor_pages().items():
        on_disk = (vendor_pages.FOLDER / name).read_text(encoding="utf-8")
        assert on_disk == text, "write it again: python -m tests.guards.vendor_pages"


def test_every_connector_has_a_row_in_both_pages() -> None:
    pages = vendor_pages.vendor_pages()
    for row in CONNECTORS:
        assert f"\n| `{row.name}` |" in pages["README.md"]
        told = f"\n| `{row.name}` |" in pages["coverage.md"]
        assert told is (row.name != FILES_CONNECTOR)


def test_the_table_of_coverage_tells_the_ways_apart() -> None:
    page = vendor_pages.vendor_pages()["coverage.md"]
    lines = page[page.index("| source |") :].partition("\n\n")[0].splitlines()
    rows = {line.split("|")[1].strip(" `"): line.split("|")[2:-1] for line in lines}
    heads = [head.strip() for head in rows["source"]]
    junction = dict(zip(heads, (cell.strip() for cell in rows["junction"]), strict=True))
    assert (junction["heart rate"], junction["workouts"]) == ("push, fetch", "push, fetch")
    assert (junction["steps"], junction["resting heart rate"]) == ("push", "push (days)")
