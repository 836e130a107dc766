"""`kadens block`: each step has an audit row, each refusal a reason, each opening a follow-up."""

import json

import psycopg
import pytest

from tests.program.privacy.running import kadens, refused

_ACTIONS = """
select a.action, p.pseudonym from audit a join patient p on p.id = a.patient
where a.action ~ '^(block|sharing)' order by a.id"""


def test_a_block_from_beginning_to_end(installation: str) -> None:
    of = ("--patient", "a-1")
    with psycopg.connect(installation) as conn:
        conn.execute("insert into care_unit (name) values ('elsewhere')")
    assert kadens("block", "share", *of, "--unit", "elsewhere").exit_code == 0
    assert "already" in refused("block", "share", *of, "--unit", "elsewhere")
    assert "another care unit" in refused("block", "share", *of, "--unit", "nowhere")
    past = ("--until", "2001-01-01T00:00:00Z")
    assert "over already" in refused("block", "share", *of, "--unit", "elsewhere", *past)
    assert kadens("block", "set", *of).exit_code == 0
    assert "has a block already" in refused("block", "set", *of)
    with psycopg.connect(installation) as conn:
        conn.execute(
            "select open_block('a-1', 'elsewhere', 'u-1', 'emergency', 'fell', now(), "
            "now() + interval '4 hours')"
        )
    listed = json.loads(kadens("block", "list", "--json").stdout)
    assert [row["pseudonym"] for row in listed["blocks"]] == ["a-1"]
    [opening] = listed["openings"]
    assert (opening["who"], opening["ground"], opening["reason"]) == ("u-1", "emergency", "fell")
    assert "NOT YET" in kadens("block", "list").stdout
    number = str(opening["id"])
    assert kadens("block", "review", number, "--verdict", "justified").exit_code == 0
    assert "no such opening" in refused("block", "review", number, "--verdict", "again")
    assert "NOT YET" not in kadens("block", "list").stdout
    assert "justified" in kadens("block", "list", "--all").stdout
    assert kadens("block", "lift", *of, "--consent", "by phone").exit_code == 0
    assert "has no block" in refused("block", "lift", *of, "--consent", "by phone")
    assert kadens("block", "unshare", *of, "--unit", "elsewhere").exit_code == 0
    assert "does not share" in refused("block", "unshare", *of, "--unit", "elsewhere")
    with psycopg.connect(installation) as conn:
        actions = [action for action, _ in conn.execute(_ACTIONS).fetchall()]
    assert actions == ["sharing.begin", "block.set", "block.review", "block.lift", "sharing.end"]


@pytest.mark.usefixtures("installation")
def test_a_block_is_lifted_with_words_only() -> None:
    assert "--consent" in kadens("block", "lift", "--patient", "a-1", code=2).stderr
    empty = kadens("block", "lift", "--patient", "a-1", "--consent", " ", code=2)
    assert "1 to 500 characters" in empty.stderr
    assert "no such patient" in refused("block", "set", "--patient", "nobody")
