"""The pages say what the database holds, to the right reader, under the strict policy, and write down who read."""

import pytest

from ...clinic_world import ALERTS, Served


def test_worklist(door: Served) -> None:
    said = door.get("/")
    assert said.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/patients/p-pain",
        "/patients/p-new",
        "/patients/p-pause",
        f"/alerts/{ALERTS['pain']}",
        f"/alerts/{ALERTS['old']}",
    ],
)
def test_page(door: Served, path: str) -> None:
    said = door.get(path)
    assert said.status_code == 200
