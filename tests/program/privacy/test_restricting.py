"""`kadens restrict` and `kadens objection`: each step has an audit row, each refusal its reason."""

import psycopg
import pytest

from tests.program.privacy.running import kadens, refused

_FROM, _UNTIL = "2023-11-01T00:00:00Z", "2023-11-08T00:00:00Z"
_ACTIONS = """
select a.action, p.pseudonym from audit a join patient p on p.id = a.patient
where a.action ~ '^(restriction|objection)' order by a.id"""


@pytest.mark.promise(9)
@pytest.mark.promise(10)
def test_a_restriction_and_an_objection_from_beginning_to_end(installation: str) -> None:
    of = ("--patient", "a-1", "--why", "disputed")
    add = ("restrict", "add", *of, "--from", _FROM)
    assert kadens(*add, "--until", _UNTIL, "--source", "files").stdout == "1\n"
    assert "overlaps another restriction" in refused(*add, "--source", "files")
    assert "must end after it begins" in refused(*add, "--until", _FROM)
    assert "must be given notice" in refused("restrict", "lift", "1")
    assert kadens("restrict", "notice", "1", "--how", "by phone").exit_code == 0
    assert kadens("restrict", "lift", "1").exit_code == 0
    assert "ended already" in refused("restrict", "lift", "1")
    assert kadens("objection", "record", *of).stdout == "2\n"
    assert "answered, with a ground" in refused("restrict", "lift", "2")
    assert kadens("objection", "answer", "2", "--ground", "care").exit_code == 0
    assert "no restriction or objection" in refused("objection", "answer", "9", "--ground", "care")
    listed = kadens("restrict", "list", "--patient", "a-1").stdout
    assert "objection" in listed
    assert "files" in listed
    with psycopg.connect(installation) as conn:
        assert conn.execute(_ACTIONS).fetchall() == [
            ("restriction.add", "a-1"),
            ("restriction.notice", "a-1"),
            ("restriction.lift", "a-1"),
            ("objection.record", "a-1"),
            ("objection.answer", "a-1"),
        ]


@pytest.mark.usefixtures("installation")
def test_an_unknown_source_is_refused_with_the_list_of_all() -> None:
    done = kadens(
        "restrict",
        "add",
        "--patient",
        "a-1",
        "--why",
        "w",
        "--from",
        _FROM,
        "--source",
        "nosuch",
        code=2,
    )
    assert "must be one of" in done.stderr
