"""What a text that should be a personal number is, and its keyed digest; all are invented."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.keyring import Key, KeyRing
from patient.sign_in.personal_number import (
    NumberKind,
    PersonalNumber,
    number_digests,
    read_personal_number,
)

_TODAY = date(2026, 11, 29)
_KEYS = KeyRing((Key(id="2", secret=b"\x02" * 32), Key(id="1", secret=b"\x01" * 32)))


def _read(text: str) -> tuple[NumberKind, str]:
    number = read_personal_number(text, _TODAY)
    return number.kind, number.digits


@pytest.mark.parametrize(
    "text", ["191212121212", "19121212-1212", "19121212+1212", " 191212121212\n"]
)
def test_every_spelling_of_a_number_is_the_same_number(text: str) -> None:
    assert _read(text) == (NumberKind.PERSONAL, "191212121212")


def test_a_coordination_number_has_the_day_plus_sixty() -> None:
    assert _read("19701063-2391") == (NumberKind.COORDINATION, "197010632391")


@pytest.mark.parametrize(
    "text",
    ["19800101-T123", "800101-T123", "19800101TF12", "800101K123", "991234567890", "99801231-1234"],
)
def test_an_interim_number_names_nobody(text: str) -> None:
    assert _read(text) == (NumberKind.INTERIM, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "131052-308T",  # Finnish
        "13105230812",  # Norwegian
        "121212-1212",  # Danish, or Swedish without the century
        "1212121212",
        "19121212 1212",
        "1912121212120",
        "19121212--1212",
        "".join(chr(0xFF10 + int(digit)) for digit in "191212121212"),
        "191212121212\x00",
        "p-1",
    ],
)
def test_what_is_no_full_swedish_number_is_foreign(text: str) -> None:
    assert _read(text) == (NumberKind.FOREIGN, "")


@pytest.mark.parametrize(
    "text",
    [
        "191212121213",  # the check digit
        "191213321217",  # no such month
        "191212000002",
        "202612011235",  # born in two days
        "188012121219",  # 146 years old
        "000012121216",
    ],
)
def test_a_number_that_cannot_be_is_wrong(text: str) -> None:
    assert _read(text) == (NumberKind.WRONG, "")


@given(st.text(max_size=40) | st.from_regex(r"[0-9A-Z+-]{6,14}", fullmatch=True))
def test_any_text_is_something(text: str) -> None:
    kind, digits = _read(text)
    names_somebody = kind in {NumberKind.PERSONAL, NumberKind.COORDINATION}
    assert (len(digits) == 12 and digits.isascii() and digits.isdigit()) == names_somebody


def test_a_number_is_not_in_its_repr() -> None:
    assert "1212" not in repr(read_personal_number("191212121212", _TODAY))


def test_a_digest_needs_the_key_and_is_that_of_each_key() -> None:
    number = read_personal_number("191212121212", _TODAY)
    both = number_digests(_KEYS, number)
    assert list(both) == ["2", "1"]
    assert both["1"] == number_digests(KeyRing.single(b"\x01" * 32), number)["1"]
    assert len(set(both.values())) == 2
    assert {len(digest) for digest in both.values()} == {64}
    other = read_personal_number("197010632391", _TODAY)
    assert not set(both.values()) & set(number_digests(_KEYS, other).values())


def test_who_is_nobody_has_no_digest() -> None:
    with pytest.raises(ValueError, match="names somebody"):
        number_digests(_KEYS, PersonalNumber(kind=NumberKind.FOREIGN))
