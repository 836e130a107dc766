"""A member that stands twice in a file of a person is refused by every command that reads one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from tests.program.test_mistakes import PRESCRIPTION, PROFILE_FIELDS

_RX = json.dumps(PRESCRIPTION)[1:-1]
_PROFILE = json.dumps(PROFILE_FIELDS)[1:-1]


@pytest.mark.parametrize(
    ("words", "content", "member"),
    [
        (["prescribe"], f'{{{_RX}, "minutes_per_session": 60}}', "minutes_per_session"),
        (["prescribe"], f'{{{_RX}, "rules": {{"P1": {{"high": 5, "high": 6}}}}}}', "rules.P1.high"),
        (["patient", "profile"], f'{{{_PROFILE}, "hr_max": 180}}', "hr_max"),
        (["prescription", "import"], '{"entry": [{"a": 1}, {"b": 1, "b": 2}]}', "entry.1.b"),
    ],
)
def test_the_command_names_the_member(
    tmp_path: Path, words: list[str], content: str, member: str
) -> None:
    path = tmp_path / "value.json"
    path.write_text(content)
    done = CliRunner().invoke(
        app, [*words, str(path), "--patient", "p", "--data", str(tmp_path / "data")]
    )
    text = " ".join(done.output.split())
    assert (done.exit_code, done.exception.__class__) == (2, SystemExit)
    assert f"{member} stands twice" in text or f"has {member} twice" in text
    assert not (tmp_path / "data").exists()
