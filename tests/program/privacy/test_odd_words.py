"""Texts that people give to commands: what no store or terminal takes is refused in a sentence."""

import pytest

from tests.program.privacy.running import kadens

_OF = ("--patient", "a-1")
_SPAN = ("--from", "2023-11-01T00:00:00Z")
# Each with the text at its end.
_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("support", "open", *_OF, "--about"),
    ("support", "access", "1", "--staff", "s-1", "--reason"),
    ("support", "close", "1", "--answer"),
    ("account", "close", *_OF, "--why"),
    ("restrict", "add", *_OF, *_SPAN, "--why"),
    ("restrict", "notice", "1", "--how"),
    ("objection", "record", *_OF, "--why"),
    ("block", "lift", *_OF, "--consent"),
    ("rights", "open", "access", *_OF, "--identified"),
    ("rights", "answer", "1", "--text"),
    ("rights", "refuse", "1", "--text"),
    ("rectify", "add", *_OF, "--report", "r-1", "--why"),
    ("audit", "review", "1", "--row", "1", "--verdict", "unclear", "--reason"),
)
# Ids and names without a rule of their own; TEXT is the odd one.
_NAMES: tuple[tuple[str, ...], ...] = (
    ("mark", "TEXT", *_OF, "--as", "other", "--reason", "driving"),
    ("rectify", "withdraw", "TEXT"),
    ("duty", "away", "TEXT", "--unit", "Ward", "--from", "2023-12-01", "--to", "2023-12-02"),
    ("reach", "TEXT", "--way", "sms", "--phone", "+46700000000"),
    ("audit", "export", "--fhir", "--since", "TEXT", "--out", "x"),
    ("messages", "--channel", "TEXT"),
)


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(
    ("text", "why"),
    [("a\udcff", "has bytes that are no UTF-8 text"), ("a\x1b[2Jb", "has a control character")],
    ids=["bytes", "terminal"],
)
@pytest.mark.parametrize("words", _COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_text_has_only_what_is_shown(words: tuple[str, ...], text: str, why: str) -> None:
    assert why in " ".join(kadens(*words, text, code=2).stderr.split())


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("words", _NAMES, ids=lambda words: " ".join(words[:2]))
def test_a_name_of_any_bytes_is_no_traceback(words: tuple[str, ...]) -> None:
    done = kadens(*(word.replace("TEXT", "a\udcff") for word in words), code=2)
    assert not done.stdout
    assert done.stderr


@pytest.mark.usefixtures("installation")
def test_a_text_may_have_lines() -> None:
    printed = kadens("support", "open", *_OF, "--about", " no watch\nsince Monday ").stdout
    assert printed.startswith("1  removed ")
