"""Who or what is named and is not there is said, and nothing empty is taken for an answer."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.program.privacy.running import kadens, refused

pytestmark = pytest.mark.usefixtures("installation")
_NOBODY = ("--patient", "nobody")
_MESSAGES = """
insert into outbox (created_at, channel, key, recipient, body, not_before)
values (now(), 'email', 'a', 'x', '{}', now()), (now(), 'old-hub', 'b', 'x', '{}', now())"""
_OF = ("--patient", "a-1", "--source", "polar")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("restrict", "list", *_NOBODY), "there is no such patient"),
        (("rectify", "list", *_NOBODY), "there is no such patient"),
        (("patient", "list", "--unit", "nope"), "there is no such care unit"),
        (("account", "list", "--unit", "nope"), "there is no such care unit"),
        (("account", "warnings", "--unit", "nope"), "there is no such care unit"),
        (("rights", "list", "--unit", "nope"), "there is no such care unit"),
        (("objection", "answer", "9", "--ground", "care"), "no restriction or objection of that"),
        (("restrict", "lift", "9"), "no restriction or objection of that number"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_who_is_not_there_is_no_empty_list(words: tuple[str, ...], why: str) -> None:
    assert why in refused(*words)


def test_a_text_that_is_not_named_is_no_text() -> None:
    for text in ("", "/1"):
        done = kadens("consent", "give", *_OF, "--text", text, code=2)
        assert "must name a text" in done.stderr


def test_a_text_about_messages_is_none_about_a_source(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("We send messages.", encoding="utf-8")
    kadens("consent", "text", "add", "sms.en", str(file), "--purpose", "news", "--about", "channel")
    why = "that text asks for consent to messages on a channel"
    assert why in refused("consent", "give", *_OF, "--text", "sms.en")


def test_a_withdrawal_lies_at_most_a_year_ahead() -> None:
    kadens("consent", "give", *_OF)
    far = ("consent", "withdraw", *_OF, "--at", "2024-11-15T22:13:20.001Z")
    assert "a withdrawal lies at most a year ahead" in refused(*far)
    kadens("consent", "withdraw", *_OF, "--at", "2024-11-14T22:13:20Z")


def test_an_issue_that_no_token_can_have_is_refused() -> None:
    done = kadens("patient", "revoke", "--patient", "a-1", "--issue", "2147483648", code=2)
    assert "--issue" in done.stderr


def test_a_file_about_a_patient_is_new_and_its_owners_alone(tmp_path: Path) -> None:
    left, public = tmp_path / ".days.part", 0o644
    left.touch()
    left.chmod(public)  # as a killed command left it
    for words in (
        ("query", "days", "--format", "json"),
        ("query", "days", "--format", "table"),
        ("audit", "extract"),
        ("audit", "export", "--fhir"),
        ("rights", "access"),
    ):
        file = tmp_path / "days"
        kadens(*words, "--patient", "a-1", "--out", str(file))
        assert file.stat().st_mode & 0o777 == 0o600, words
        first = file.read_bytes()
        assert "exists already" in refused(*words, "--patient", "a-1", "--out", str(file))
        assert file.read_bytes() == first
        file.unlink()
    assert not list(tmp_path.iterdir())


def test_an_answer_may_go_to_a_device() -> None:
    kadens("query", "days", "--patient", "a-1", "--format", "parquet", "--out", "/dev/null")


def test_an_extract_replaces_no_file(tmp_path: Path) -> None:
    file = tmp_path / "extract"
    kadens("audit", "extract", "--patient", "a-1", "--out", str(file))
    first = file.read_bytes()
    assert first
    assert "exists already" in refused("audit", "extract", "--patient", "a-1", "--out", str(file))
    assert file.read_bytes() == first
    nowhere = str(tmp_path / "gone" / "x")
    why = refused("audit", "extract", "--patient", "a-1", "--out", nowhere)
    assert "cannot be written: No such file or directory" in why


def test_a_file_of_heads_that_is_none_is_told(tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff\xfe")
    assert "is no UTF-8 text" in refused("audit", "verify", "--heads", str(noise))
    empty = tmp_path / "empty"
    empty.touch()
    assert "holds no head" in kadens("audit", "verify", "--heads", str(empty)).stderr


def test_a_file_of_heads_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "heads"
    monkeypatch.setenv("KADENS_AUDIT_HEADS", str(gone))
    words = f"no head is compared: {gone} of KADENS_AUDIT_HEADS is not there"
    assert words in kadens("audit", "verify").stderr
    gone.touch()
    assert f"{gone} holds no head" in kadens("audit", "verify").stderr


def test_a_request_is_not_closed_with_an_empty_file(tmp_path: Path) -> None:
    number = kadens("rights", "open", "access", "--patient", "a-1").stdout.split()[0]
    empty = tmp_path / "access.zip"
    empty.touch()
    answer = ("rights", "answer", number, "--identified", "BankID", "--file")
    assert f"{empty} is empty" in refused(*answer, str(empty))


def test_messages_of_a_channel_are_its_own_and_of_none_are_refused(installation: str) -> None:
    with psycopg.connect(installation) as conn:
        conn.execute(_MESSAGES)
    shown = kadens("messages", "--channel", "email", "--json").stdout
    assert [row["channel"] for row in json.loads(shown)["channels"]] == ["email"]
    # a receiver that is no more may have messages still
    assert "old-hub" in kadens("messages", "--channel", "old-hub").stdout
    assert json.loads(kadens("messages", "--channel", "alerts", "--json").stdout)["channels"] == []
    for words in (("messages",), ("messages", "retry")):
        done = kadens(*words, "--channel", "foo", code=2)
        assert "--channel must be one of alerts, email, old-hub" in done.stderr


def test_a_watch_begins_with_the_patient(tmp_path: Path) -> None:
    file = tmp_path / "walk.fit"
    file.write_bytes(b"x")
    for once in ((), ("--once",)):
        words = ("watch", str(tmp_path), "--settle", "0", *once, "--patient")
        assert "no patient has this pseudonym" in refused(*words, "nobody")
        assert "the patient does not consent to files" in refused(*words, "a-1")
    assert list(tmp_path.iterdir()) == [file]


def test_no_account_to_erase_is_told() -> None:
    assert "no account is due to be erased" in kadens("account", "erase").stderr
