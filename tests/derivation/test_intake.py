"""What becomes of each body of a manifest: whose it is, what it holds, why it is not used."""

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kadens.derivation.derivation import Derivation, derive_manifest
from kadens.derivation.derived_json import derivation_json
from tests.rooms import ROOT
from tests.rows import cells_of

_DATA = ROOT / "tests" / "data"
_THREE_USERS = _DATA / "garmin" / "day_of_three_users" / "body.json"
_SEVERAL = {
    "body": str(_THREE_USERS),
    "where": "account",
    "why": "several accounts: `account` of the body must name the patient's",
}
_OTHER = {
    "body": str(_THREE_USERS),
    "where": "account",
    "why": "an account that is not the patient's",
}


def a_body(
    path: Path, connector: str, at: str = "2025-11-25T08:00:00Z", **more: str
) -> dict[str, Any]:
    return {"path": str(path), "connector": connector, "received": at, **more}


def derivation_of(folder: Path, bodies: Sequence[object]) -> Derivation:
    manifest = {
        "zone": "Europe/Stockholm",
        "now": "2026-12-01T00:00:00Z",
        "bodies": list(bodies),
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return derive_manifest(path)


@pytest.mark.parametrize(
    ("account", "steps"), [("user-a", 4210), ("user-b", 1500), ("user-c", 9000)]
)
def test_of_several_accounts_the_named_one_is_the_patients(
    tmp_path: Path, account: str, steps: int
) -> None:
    body = a_body(_THREE_USERS, "garmin", account=account)
    shown = derivation_json(derivation_of(tmp_path, [body]))
    assert (shown["days"][0]["date"], shown["days"][0]["steps"]) == ("2025-11-24", steps)
    assert shown["refused"] == []


@pytest.mark.parametrize(("more", "refused"), [({}, _SEVERAL), ({"account": "user-z"}, _OTHER)])
def test_no_account_is_guessed(
    tmp_path: Path, more: dict[str, str], refused: dict[str, str]
) -> None:
    shown = derivation_json(derivation_of(tmp_path, [a_body(_THREE_USERS, "garmin", **more)]))
    assert (shown["refused"], shown["days"]) == ([refused], [])


def test_what_must_be_fetched_is_not_silent(tmp_path: Path) -> None:
    body = a_body(_DATA / "polar" / "exercise" / "body.json", "polar")
    shown = derivation_json(derivation_of(tmp_path, [body]))
    assert cells_of(shown["refused"], "where", "why") == [
        ("body", "it only announces data that must be fetched, which is not done here")
    ]


def test_a_damaged_body_says_where_and_why(tmp_path: Path) -> None:
    path = tmp_path / "letter.fit"
    path.write_bytes(b"dear clinician")
    shown = derivation_json(derivation_of(tmp_path, [a_body(path, "files")]))
    assert cells_of(shown["refused"], "body", "where") == [(str(path), "@0")]
    assert (shown["sessions"], shown["days"], shown["weeks"]) == ([], [], [])


def test_a_body_that_comes_twice_counts_once_and_keeps_its_first_receipt(tmp_path: Path) -> None:
    path = _DATA / "garmin" / "activities" / "body.json"
    times = ("2025-11-25T08:00:00Z", "2025-11-26T08:00:00Z")
    bodies = [a_body(path, "garmin", at) for at in times]
    first = derivation_of(tmp_path, bodies[:1])
    assert first.conclusions.derived.sessions
    for order in permutations(bodies):
        both = derivation_of(tmp_path, order)
        assert derivation_json(both) == derivation_json(first)
        assert both.held.reported == first.held.reported
        (payload,) = both.intake.payloads.values()
        assert payload.envelope.received_ms == first.manifest.bodies[0].received_ms


def test_headers_reach_the_reader_as_far_as_the_connector_lets_them(tmp_path: Path) -> None:
    body = a_body(_DATA / "garmin" / "activities" / "body.json", "garmin")
    held = {**body, "headers": {"Content-Type": "application/json", "Authorization": "secret"}}
    derivation = derivation_of(tmp_path, [held])
    (payload,) = derivation.intake.payloads.values()
    assert payload.envelope.content_type == "application/json"
    assert "secret" not in repr(payload.envelope)


def test_neither_the_order_of_bodies_nor_a_row_that_comes_twice_changes_anything(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "b.json").write_text("[]", encoding="utf-8")
    late = "2026-12-02T00:00:00Z"  # after the manifest's `now`
    bodies = [
        a_body(tmp_path / "b.json", "open_wearables"),
        a_body(tmp_path / "a.json", "open_wearables"),
        a_body(tmp_path / "a.json", "reports", late),
        a_body(tmp_path / "b.json", "reports", late),
    ]
    shown = derivation_json(derivation_of(tmp_path, bodies))
    assert len(shown["refused"]) == 4
    for order in permutations(bodies):
        assert derivation_json(derivation_of(tmp_path, order)) == shown
    assert derivation_json(derivation_of(tmp_path, bodies * 2)) == shown
