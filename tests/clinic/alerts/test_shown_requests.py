"""Each request that docs/alerts.md shows is answered as it stands there, in that order."""

import re
import shlex
from collections.abc import Iterator

import httpx2
import pytest

from tests.clinic_world import Served
from tests.rooms import ROOT

_PAGE = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8").replace("\\\n", "")
_LINES = re.findall(r"^curl (.+)$", _PAGE, re.MULTILINE)


@pytest.fixture(name="settled")
def _settled(acting: Served) -> Iterator[Served]:
    """Serve the door, and take out again what the requests have set and prescribed."""
    yield acting
    acting.change("delete from rule_setting")
    acting.change("delete from prescription where body ->> 'id' = 'rx-9'")


def _sent(door: Served, line: str, names: dict[str, str]) -> httpx2.Response:
    for name, value in names.items():
        line = line.replace(f"${name}", value)
    words = shlex.split(line)
    path = next(word for word in words if word.startswith("/api/"))
    if "-d" in words:
        body = words[words.index("-d") + 1]
        return door.post(path, content=body, headers={"Content-Type": "application/json"})
    return door.post(path) if "POST" in words else door.get(path)


def test_each_request_that_the_page_shows_is_answered(settled: Served) -> None:
    alert = next(row for row in settled.get("/api/v1/alerts").json() if row["state"] == "open")
    names = {"DOOR": "", "ALERT": alert["id"], "PATIENT": "p-good"}
    states = []
    for line in _LINES:
        answer = _sent(settled, line, names)
        assert answer.status_code == 200, (line, answer.text)
        if "prescription-drafts" in line and "DRAFT" not in line:
            draft = answer.json()
            names |= {"DRAFT": draft["id"], "NOTE": draft["notes"][0]["key"]}
        if line.endswith("'") and "/moves" in line:
            states.append(answer.json()["state"])
    assert len(_LINES) == 12
    assert states == ["acknowledged", "acknowledged", "resolved"]
