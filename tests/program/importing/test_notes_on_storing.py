"""What commands say of bodies that are not stored, and of letters and time that is unknown."""

import pytest

from clinic.answers.shape import Zones
from clinic.pages.words import NOTHING
from kadens.commands.accounts import _linking_notes, _released_note, _storing_notes
from kadens.commands.sending import _accounts
from kadens.output.answer_tables import _intensities
from kadens.output.letters import lines_of_field
from tests.rooms import ROOT


def test_a_body_names_its_accounts() -> None:
    body = (ROOT / "tests/data/polar/activity_summary/body.json").read_bytes()
    assert _accounts("polar", body, {"Content-Type": "application/json"}) == {"475"}
    assert _accounts("polar", b"{", {}) == set()


@pytest.mark.parametrize(
    ("unlinked", "refused", "lines"),
    [
        (0, 0, []),
        (1, 0, ["1 of its accounts linked to no patient: that waits for a day"]),
        (0, 2, ["2 of its patients without consent to polar: that is dropped"]),
    ],
)
def test_what_is_not_stored_is_told(unlinked: int, refused: int, lines: list[str]) -> None:
    assert _storing_notes("polar", unlinked, refused) == lines


def test_an_account_of_a_recorded_case_is_named() -> None:
    assert _linking_notes("polar", []) == []
    assert _linking_notes("polar", ["475"]) == [
        "link 475 with `kadens patient link ACCOUNT --patient PATIENT --source polar`"
    ]
    assert "link 1, 2, 3, 4, 5, … with" in _linking_notes("polar", list("1234567"))[0]


@pytest.mark.parametrize(
    ("released", "dropped", "note"),
    [
        (0, 0, "0 bodies released from quarantine"),
        (1, 0, "1 body released from quarantine"),
        (
            1,
            1,
            "1 body was released; the patient had not consented when it came, so it is not kept",
        ),
        (
            3,
            2,
            (
                "3 bodies were released; the patient had not consented when 2 of them came, "
                "so what came then is not kept"
            ),
        ),
    ],
)
def test_what_came_before_the_consent_is_told(released: int, dropped: int, note: str) -> None:
    assert _released_note(released, dropped) == note


def test_a_letter_is_shown_in_lines() -> None:
    assert lines_of_field([("body.a", "not a number"), ("body", "cut off")]) == [
        "body.a: not a number",
        "body: cut off",
    ]
    assert lines_of_field({"kadens-connector": "polar"}) == ["kadens-connector: polar"]
    empty: tuple[object, ...] = (None, "", [])
    assert list(map(lines_of_field, (*empty, 7))) == [["none"], ["none"], ["none"], ["7"]]


def test_time_that_is_all_unknown_shows_no_zero() -> None:
    none = dict.fromkeys(("very_light", "light", "moderate", "vigorous", "near_max"), 0)
    assert _intensities(Zones(**none, unknown=60_000)) == (NOTHING, NOTHING, NOTHING, "1:00")
    some = {**none, "moderate": 120_000}
    assert _intensities(Zones(**some, unknown=60_000)) == ("0:00", "2:00", "0:00", "1:00")
