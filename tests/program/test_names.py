"""Names and ids that people type: bounded, of a safe alphabet, refused without being repeated."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from kadens.names import ACCOUNT, CARE_UNIT, KEY_ID, PERSON, PSEUDONYM, BadNameError, check_name

_BAD = ("../../etc/passwd", "x" * 10_240, "a\x1b[2Jb", "a\nb", " wrong", "-wrong", "a/b", "\u202ea")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (PSEUDONYM, "p-1"),
        (PSEUDONYM, "x" * 64),
        (KEY_ID, "2"),
        (CARE_UNIT, "Hjärtrehab, Avd. 3 (Söder)"),
        (PERSON, "Zoë O'Neill-歩く"),
        (ACCOUNT, "auth0|5f7c8ec7c33c6c004bbafe82"),
        (ACCOUNT, "somebody+watch@example.org"),
    ],
)
def test_a_good_name_is_returned(rule: object, text: str) -> None:
    assert check_name(rule, text) is text  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", [PSEUDONYM, KEY_ID, CARE_UNIT, PERSON, ACCOUNT])
@pytest.mark.parametrize("text", [*_BAD, ""], ids=range(len(_BAD) + 1))
def test_a_bad_name_is_refused_and_not_repeated(rule: object, text: str) -> None:
    with pytest.raises(BadNameError, match=r"^must be 1 to \d+ characters: letters") as refused:
        check_name(rule, text)  # type: ignore[arg-type]
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", _BAD, ids=range(len(_BAD)))
@pytest.mark.parametrize(
    "words",
    [
        ["patient", "add", "--pseudonym"],
        ["patient", "add", "--name"],
        ["patient", "add", "--unit"],
        ["patient", "list", "--unit"],
        ["patient", "list", "--after"],
        ["patient", "show", "--patient"],
        ["patient", "token", "--patient"],
        ["patient", "link", "--patient", "p", "--source", "reports", "--"],
        ["patient", "unlink", "--source", "reports", "--"],
        ["keys", "retire", "link", "--"],
        ["replay", "--patient"],
        ["erase", "--yes", "--patient"],
        ["query", "days", "--patient"],
        ["query", "weeks", "--patient", "p", "--prescription"],
    ],
    ids=" ".join,
)
def test_a_command_refuses_a_bad_name_before_it_looks_for_an_installation(
    words: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*words, text])
    assert (done.exit_code, "must be 1 to" in done.stderr) == (2, True), done.stderr
    assert len(done.stderr) < 600
    assert text not in done.stderr
