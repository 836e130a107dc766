"""Spot checks of the log: what is drawn, what a reviewer finds, and what is overdue."""

import asyncio
import json
from itertools import chain
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from kadens.settings import operator
from model.audit_log.sampling import AuditSample, drawn_rows, sample_state
from model.calendar import DAY_MS
from storage.audit import Actor, AuditEntry, write_entry
from storage.audit_actions import AuditAction
from storage.rights.audit_samples import JudgedAlreadyError, judge_access
from tests.program.privacy.running import kadens, refused

_NOW_MS = 1_700_000_000_000
_COLLEAGUE = "os:somebody-else"


def _sample(judged: int) -> AuditSample:
    return AuditSample(
        number=1,
        drawn_ms=0,
        drawn_by="op",
        since_ms=0,
        until_ms=1,
        seed=1,
        due_ms=10,
        size=2,
        judged=judged,
    )


def _look(dsn: str, actor: str) -> None:
    """Leave the row of somebody who looks at the patient."""
    entry = AuditEntry(
        at_ms=_NOW_MS,
        actor=Actor(subject=actor, role="operator"),
        action=AuditAction.DATA_READ,
        patient="a-1",
        object="patient",
    )

    async def write() -> None:
        async with await AsyncConnection.connect(dsn) as conn:
            await write_entry(conn, entry)

    asyncio.run(write())


def _draw(dsn: str) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """Draw a sample of every access; return its number, and its accesses by who made them."""
    _look(dsn, _COLLEAGUE)
    kadens("patient", "show", "--patient", "a-1")
    number = kadens("audit", "sample", "--size", "1000", "--seed", "7").stdout.strip()
    shown: dict[str, list[dict[str, Any]]] = {}
    for line in _shown(number):
        shown.setdefault(line["actor"], []).append(line)
    return number, shown


def _shown(number: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(kadens("audit", "review", number, "--json").stdout)
    return lines


def _listed(number: str, code: int = 0) -> dict[str, Any]:
    lines = json.loads(kadens("audit", "samples", "--json", code=code).stdout)
    return next(line for line in lines if str(line["number"]) == number)


def test_the_same_seed_draws_the_same_and_never_more_than_there_are() -> None:
    rows = range(1, 1001)
    assert drawn_rows(rows, 5, 7) == drawn_rows(list(reversed(rows)), 5, 7)
    assert drawn_rows(rows, 5, 7) != drawn_rows(rows, 5, 8)
    assert drawn_rows([3, 1], 5, 7) == (1, 3)
    # every access may be drawn
    drawn = (drawn_rows(range(20), 2, seed) for seed in range(400))
    assert set(chain.from_iterable(drawn)) == set(range(20))


@pytest.mark.parametrize(
    ("judged", "now_ms", "state"),
    [(0, 10, "open"), (1, 11, "OVERDUE"), (2, 11, "done")],
)
def test_a_sample_is_overdue_until_all_of_it_is_judged(
    judged: int, now_ms: int, state: str
) -> None:
    assert sample_state(_sample(judged), now_ms) == state


@pytest.mark.promise(19)
def test_a_sample_is_drawn_reviewed_and_listed(installation: str) -> None:
    number, shown = _draw(installation)
    every = list(chain.from_iterable(shown.values()))
    assert {line["verdict"] for line in every} == {None}
    assert {line["patient"] for line in every} == {"a-1"}
    assert set(shown) == {_COLLEAGUE, operator()}
    row = str(shown[_COLLEAGUE][0]["row"])
    judge = ("audit", "review", number, "--row", row, "--verdict", "justified")
    kadens(*judge, "--reason", "support case 12")
    [judged] = [line for line in _shown(number) if line["verdict"]]
    assert (str(judged["row"]), judged["reason"]) == (row, "support case 12")
    assert (judged["verdict"], judged["reviewer"]) == ("justified", operator())
    line = _listed(number)
    assert (line["size"], line["judged"], line["state"]) == (len(every), 1, "open")
    # the second reviewer is told, and the first verdict stays
    assert "that verdict stays" in refused(*judge[:-1], "unjustified", "--reason", "no")
    assert _listed(number)["judged"] == 1
    with psycopg.connect(installation) as conn:
        rows = conn.execute(
            "select p.pseudonym, a.object from audit a join patient p on p.id = a.patient "
            "where a.action = 'log.review'"
        ).fetchall()
    assert rows == [("a-1", f"sample:{number}")]


@pytest.mark.promise(19)
def test_nobody_judges_their_own_access_by_command(installation: str) -> None:
    number, shown = _draw(installation)
    own, other = shown[operator()][0], shown[_COLLEAGUE][0]
    judging = ("--verdict", "justified", "--reason", "I had to")
    printed = refused("audit", "review", number, "--row", str(own["row"]), *judging)
    assert printed == "error: this is your own access: another person judges it"
    assert _listed(number)["judged"] == 0
    with psycopg.connect(installation) as conn:
        reviews = "select count(*) from audit where action = 'log.review' and object = %s"
        assert conn.execute(reviews, [f"sample:{number}"]).fetchall() == [(0,)]
    kadens("audit", "review", number, "--row", str(other["row"]), *judging)
    assert _listed(number)["judged"] == 1


def test_a_sample_that_is_not_judged_in_time_is_overdue(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = _draw(installation)
    assert _listed(number)["state"] == "open"
    monkeypatch.setenv("KADENS_CLOCK", f"fixed:{_NOW_MS + 15 * DAY_MS}")
    assert _listed(number, code=1)["state"] == "OVERDUE"


def test_of_two_reviewers_at_once_one_judges_and_one_is_told(installation: str) -> None:
    number, shown = _draw(installation)
    row = int(shown[_COLLEAGUE][0]["row"])

    async def judge(by: str) -> str:
        async with await AsyncConnection.connect(installation) as conn:
            try:
                await judge_access(
                    conn, int(number), row, "unclear", "asked", by=by, now_ms=_NOW_MS
                )
            except JudgedAlreadyError as error:
                return str(error)
        return "judged"

    async def both() -> list[str]:
        return await asyncio.gather(*map(judge, ("r-1", "r-2")))

    answers = sorted(asyncio.run(both()))
    assert answers[0] == "judged"
    assert answers[1].endswith(
        "judged this access at 2023-11-14T22:13:20Z: unclear; that verdict stays"
    )


def test_what_cannot_be_judged_is_refused_plainly(installation: str) -> None:
    number, shown = _draw(installation)
    judging = ("--row", str(shown[_COLLEAGUE][0]["row"]), "--verdict", "justified")
    assert "--reason" in kadens("audit", "review", number, *judging, code=2).stderr
    assert "--reason" in kadens("audit", "review", number, *judging, "--reason", " ", code=2).stderr
    wrong = ("--row", "999999", "--verdict", "justified", "--reason", "x")
    assert "no such access" in refused("audit", "review", number, *wrong)
    assert "no such sample" in refused("audit", "review", "999")
    assert "no such sample" in refused("audit", "review", "999", *wrong)
    # it outlives the patient, and stands on a page
    for named in ("asked for by A-1", "a-1"):
        printed = refused("audit", "review", number, *judging, "--reason", named)
        assert printed.endswith("without the patient's name or pseudonym: it outlives an erasure")
    for odd in ("a\x1b[2J", "a\udcff", "x" * 501):
        kadens("audit", "review", number, *judging, "--reason", odd, code=2)
    assert _listed(number)["judged"] == 0
