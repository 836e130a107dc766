"""Link tokens: what was minted is read until it expires, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.links import LONGEST, digest, mint, read_link
from model.keyring import Key, KeyRing

_KEYS = KeyRing.single(b"k" * 32)
_NOW = 1_700_000_000_000
_LATER = _NOW + 86_400_000


@given(
    patient=st.text(min_size=1, max_size=60),
    key=st.binary(min_size=1, max_size=40),
    issue=st.integers(1, 2**31 - 1),
    expires_ms=st.integers(1, 10**14),
)
def test_round_trip(patient: str, key: bytes, issue: int, expires_ms: int) -> None:
    token = mint(patient, KeyRing.single(key), issue=issue, expires_ms=expires_ms)
    link = read_link(token, KeyRing.single(key), expires_ms - 1)
    assert link is not None
    assert (link.patient, link.issue, link.expires_ms, link.key_id) == (
        patient,
        issue,
        expires_ms,
        "1",
    )
    assert link.digest == digest(token)
    assert read_link(token, KeyRing.single(key), expires_ms) is None
    assert read_link(token, KeyRing.single(key + b"x"), expires_ms - 1) is None
    for char in token:
        assert char.isascii()
        assert char.isalnum() or char in "-_."
    assert len(token) <= LONGEST


@given(
    token=st.text(max_size=80)
    | st.from_regex(r"2\.1\.[0-9]{1,5}\.[0-9]{1,20}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{43}")
)
def test_nothing_invented_is_read(token: str) -> None:
    assert read_link(token, _KEYS, 0) is None


@given(position=st.integers(0, 90), char=st.sampled_from("ABab01-_.="))
def test_a_token_with_one_other_character_is_not_read(position: int, char: str) -> None:
    token = mint("patient-1", _KEYS, issue=7, expires_ms=_LATER)
    at = position % len(token)
    changed = token[:at] + char + token[at + 1 :]
    assert changed == token or read_link(changed, _KEYS, _NOW) is None


def test_issued_twice_they_differ() -> None:
    first, second = (mint("patient-1", _KEYS, issue=n, expires_ms=_LATER) for n in (1, 2))
    assert first != second
    assert digest(first) != digest(second)


def test_parts_of_two_tokens_make_none() -> None:
    mine, hers = (
        mint(name, _KEYS, issue=1, expires_ms=_LATER) for name in ("patient-1", "patient-2")
    )
    assert read_link(f"{hers.rpartition('.')[0]}.{mine.rpartition('.')[2]}", _KEYS, _NOW) is None
    assert read_link(mine[:-4], _KEYS, _NOW) is None
    assert read_link(mine + "A" * LONGEST, _KEYS, _NOW) is None


def test_a_token_of_the_form_before_is_not_read() -> None:
    assert (
        read_link("cGF0aWVudC0x.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", _KEYS, _NOW) is None
    )


def test_an_accepted_key_still_reads_and_the_active_one_mints() -> None:
    old, new = Key(id="1", secret=b"k" * 32), Key(id="2", secret=b"n" * 32)
    before = mint("patient-1", _KEYS, issue=1, expires_ms=_LATER)
    after = mint("patient-1", KeyRing((new, old)), issue=2, expires_ms=_LATER)
    links = [
        read_link(before, KeyRing((new, old)), _NOW),
        read_link(after, KeyRing((new, old)), _NOW),
    ]
    assert [link.key_id for link in links if link] == ["1", "2"]
    assert read_link(before, KeyRing((new,)), _NOW) is None
    assert read_link(after, _KEYS, _NOW) is None


def test_without_a_key_nothing_is_minted_or_read() -> None:
    with pytest.raises(ValueError, match="link key"):
        mint("patient-1", KeyRing(), issue=1, expires_ms=_LATER)
    with pytest.raises(ValueError, match="patient"):
        mint("", _KEYS, issue=1, expires_ms=_LATER)
    with pytest.raises(ValueError, match="issue"):
        mint("patient-1", _KEYS, issue=0, expires_ms=_LATER)
    with pytest.raises(ValueError, match="too long"):
        mint("p" * 1000, _KEYS, issue=1, expires_ms=_LATER)
    assert read_link(mint("patient-1", _KEYS, issue=1, expires_ms=_LATER), KeyRing(), _NOW) is None
