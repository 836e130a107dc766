"""Categories of data and origins of the audit log: every action has its categories or has none."""

from itertools import chain

import pytest

from model.audit_log.categories import (
    CATEGORIES,
    DONE_CATEGORIES,
    READ_CATEGORIES,
    categories_of,
)
from model.audit_log.extract import extract_lines, extract_sentence
from model.audit_log.kinds_read import KINDS_READ
from model.audit_log.origins import (
    UNSTATED_ORIGIN,
    AccessOrigin,
    access_origin,
    address_class,
    coming_from,
)
from model.audit_log.plain_words import ADDRESS_WORDS, CATEGORY_WORDS
from storage.audit_actions import AuditAction
from tests.model.test_audit_extract import access

# First words of actions on nothing of a patient, or on what nobody knows the patient of.
_NO_DATA = {
    *("duty", "absence", "access", "keys", "digest", "letter", "message", "clinician"),
    *("backup", "statistics"),
}


def test_every_action_has_categories_or_is_about_nobody() -> None:
    words = {action.value.partition(".")[0] for action in AuditAction} - {"data", "list"}
    assert words - set(DONE_CATEGORIES) - _NO_DATA == set()


def test_whatever_is_read_has_categories_and_each_has_words() -> None:
    assert set(KINDS_READ) - set(READ_CATEGORIES) == set()
    tables = (*READ_CATEGORIES.values(), *DONE_CATEGORIES.values())
    assert set(chain.from_iterable(tables)) == set(CATEGORIES) == set(CATEGORY_WORDS)


@pytest.mark.parametrize(
    ("action", "about", "categories"),
    [
        ("data.read", "session:0190", ("sessions", "measurements", "reports")),
        ("list.read", "rules", ("alerts",)),
        ("data.read", "never seen", ()),
        ("alert.resolve", "alert:0191", ("alerts",)),
        ("access.signin", "", ()),
        ("consent.give", "polar", ("consents",)),
    ],
)
def test_a_row_has_the_categories_of_its_action_and_object(
    action: str, about: str, categories: tuple[str, ...]
) -> None:
    assert categories_of(action, about) == categories


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "this machine"),
        ("::1", "this machine"),
        ("10.1.2.3", "own network"),
        ("192.168.0.9", "own network"),
        ("fe80::1%eth0", "own network"),
        ("8.8.8.8", "internet"),
        ("2001:4860:4860::8888", "internet"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_address_is_known_by_its_class_only(address: str, kind: str) -> None:
    assert address_class(address) == kind
    assert kind == "unknown" or kind in ADDRESS_WORDS


def test_an_origin_holds_within_its_block() -> None:
    with coming_from(AccessOrigin(door="command", command="patient show")):
        assert access_origin().plain() == {"door": "command", "command": "patient show"}
    assert access_origin() == UNSTATED_ORIGIN
    assert not UNSTATED_ORIGIN.plain()


def test_the_extract_says_which_data_and_from_where() -> None:
    rows = (
        access(categories=["identity", "log"], door="clinic", address="own network"),
        access(1, categories=["log"], door="clinic", address="internet"),
        access(2, actor="op", role="operator", door="command", reason="case 12"),
    )
    (first, second) = extract_lines(rows, "Europe/Stockholm", "sv")
    assert extract_sentence(first).endswith(
        "(2 gånger). Uppgifter: namn och personuppgifter; vilka som tittat. "
        "Från: klinikens sidor, i klinikens nät; klinikens sidor, över internet."
    )
    assert extract_sentence(second).endswith(
        " tittade på sidan om dig. Angivet skäl: case 12. Från: ett kommando på servern."
    )
