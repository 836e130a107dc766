"""`kadens rectify`: each step has an audit row, each refusal its reason in a sentence."""

import asyncio
from itertools import chain, combinations

import orjson
import psycopg
import pytest
from psycopg import AsyncConnection

from model.calendar import DAY_MS
from storage.facts.writer import write_facts
from tests.program.privacy.running import kadens, refused
from tests.storage.tellers import attributed_fact, pain

_AT = 1_700_000_000_000 - 2 * DAY_MS
_OPTIONS = (
    ("--patient", "a-1"),
    ("--report", "q1"),
    ("--value", "2"),
    ("--why", "a slip"),
    ("--session", "s-1"),
)
_ACTIONS = "select action, object from audit where action like 'rectification%' order by id"


async def _tell(dsn: str, record: str = "q1", at: int = _AT) -> None:
    async with await AsyncConnection.connect(dsn) as conn:
        await write_facts(conn, [attributed_fact(pain(record, at, 9.0), "a-1", received=_AT)])


@pytest.mark.promise(11)
def test_a_value_is_corrected_listed_and_taken_back(installation: str) -> None:
    asyncio.run(_tell(installation))
    add = ("rectify", "add", "--patient", "a-1", "--why", "a slip", "--report", "q1")
    assert "a whole number from 0 to 10" in refused(*add, "--value", "11")
    assert "that report has no type" in refused(*add, "--type", "walking")
    assert "say what is right instead" in refused(*add)
    before = orjson.loads(kadens("rectify", "reports", "--patient", "a-1", "--json").stdout)
    assert [(row["report"], row["value"]) for row in before] == [("q1", 9.0)]
    number = kadens(*add, "--value", "2").stdout.strip()
    after = kadens("rectify", "reports", "--patient", "a-1")
    assert [word for word in after.stdout.split() if word in {"q1", "2.0", "9.0", "nrs-0-10"}] == [
        "q1",
        "2.0",
        "nrs-0-10",
    ]
    (row,) = orjson.loads(kadens("rectify", "list", "--patient", "a-1", "--json").stdout)
    assert (row["was"], row["fields"], row["why"]) == ({"value": 9.0}, {"value": 2.0}, "a slip")
    assert "value 9.0" in " ".join(kadens("rectify", "list", "--patient", "a-1").stdout.split())
    back = ("rectify", "withdraw", number, "--why", "it was 9")
    kadens(*back)
    assert "ended already" in refused(*back)
    assert "no such correction" in refused("rectify", "withdraw", "99", "--why", "w")
    with psycopg.connect(installation) as conn:
        assert conn.execute(_ACTIONS).fetchall() == [
            ("rectification.make", "report:q1"),
            ("rectification.withdraw", number),
        ]


def test_of_many_reports_the_newest_are_listed(installation: str) -> None:
    asyncio.run(_tell(installation, "q2", _AT + 1_000))
    asyncio.run(_tell(installation, "q3", _AT + 2_000))
    done = kadens("rectify", "reports", "--patient", "a-1", "--limit", "1")
    assert ("q3" in done.stdout, "q2" in done.stdout) == (True, False)
    assert "older ones are left out" in done.stderr
    assert "no such patient" in refused("rectify", "reports", "--patient", "nobody")
    kadens("rectify", "reports", code=2)
    kadens("rectify", "reports", "--patient", "a-1", "--limit", "0", code=2)


@pytest.mark.usefixtures("installation")
def test_options_left_out_are_answered_plainly() -> None:
    for size in range(len(_OPTIONS) + 1):
        for some in combinations(_OPTIONS, size):
            words = list(chain.from_iterable(some))
            # a report and a session at once, neither, or no patient and reason: a wrong use
            named = ("--report" in words) != ("--session" in words)
            wrong = not named or not {"--patient", "--why"} <= set(words)
            # there is no such session, and a report without a right value is refused
            fails = "--session" in words or "--value" not in words
            kadens("rectify", "add", *words, code=2 if wrong else 1 if fails else 0)
