"""The list of connectors against the folder, the parsers and the paths."""

from ingest.vendors import CONNECTORS
from tests.rooms import ROOT

FOLDER = ROOT / "ingest" / "vendors"


def test_every_file_of_the_folder_is_a_connector() -> None:
    assert {row.name for row in CONNECTORS} == {path.stem for path in FOLDER.glob("*.py")} - {
        "__init__"
    }
    assert len({row.name for row in CONNECTORS}) == len(CONNECTORS)
