"""Text from outside cannot move a cursor, hide a line, or run in a spreadsheet."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from kadens.output.console import PlainConsole
from kadens.output.terminal import print_json
from kadens.output.visible import cell, quiet_json, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("walking", "walking"),
        ("Åsa 歩く", "Åsa 歩く"),
        ("two\nlines", "two\nlines"),
        ("\x1b[2Jgone", "\ufffd[2Jgone"),
        ("a\rb\tc\x00\x07\x7f", "a\ufffdb\ufffdc\ufffd\ufffd\ufffd"),
        ("\x9b2J", "\ufffd2J"),
        ("\u202egpj\u2066", "\ufffdgpj\ufffd"),
    ],
)
def test_what_a_terminal_would_obey_is_replaced(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(first: str) -> None:
    assert cell(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"


@pytest.mark.parametrize("value", [-5, -0.5, None, True, "walking", "2026-11-01", ""])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert cell(value) is value


def test_a_console_lets_no_escape_sequence_through(capsys: pytest.CaptureFixture[str]) -> None:
    console = PlainConsole(markup=False, emoji=False, force_terminal=True, color_system="standard")
    console.print("a\x1b]0;title\x07b", style="bold red")
    result = capsys.readouterr().out
    assert "\x1b]" not in result
    assert "\x07" not in result
    assert "\x1b[1;31m" in result  # our own style reaches it


def test_json_says_the_same_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"type": "\x9b2J\x7f\x1b[2J"})
    result = capsys.readouterr().out
    for item in "\x9b\x7f\x1b":
        assert item not in result
    assert json.loads(result) == {"type": "\x9b2J\x7f\x1b[2J"}
    assert quiet_json('{"a": 1}') == '{"a": 1}'


def test_a_name_in_square_brackets_is_text(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["inspect", str(tmp_path / "[/bold]\x1b[2J.fit")])
    assert done.exit_code == 2
    assert "[/bold]" in done.stderr
    assert "\x1b[2J" not in done.stderr
