"""The list of connectors against the folder, the parsers and the paths."""

from ingest.connector import Account
from ingest.vendors import CONNECTORS
from parsers.formats import FILES, FORMATS
from tests.rooms import ROOT

FOLDER = ROOT / "ingest" / "vendors"


def test_every_file_of_the_folder_is_a_connector() -> None:
    assert {row.name for row in CONNECTORS} == {path.stem for path in FOLDER.glob("*.py")} - {
        "__init__"
    }
    assert len({row.name for row in CONNECTORS}) == len(CONNECTORS)


def test_every_connector_has_a_parser_of_its_name() -> None:
    assert {row.parser for row in CONNECTORS} <= {row.name for row in FORMATS} | {FILES}
    assert all(row.parser == row.name for row in CONNECTORS)


def test_every_connector_is_proved_somehow() -> None:
    assert all(row.schemes or row.account is Account.LINK for row in CONNECTORS)
