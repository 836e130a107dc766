"""Cookies that say who is signed in: only ours, only of their kind, only for their time."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from model.keyring import Key, KeyRing
from web.sign_in.cookies import (
    PendingSignIn,
    derived_key,
    opened_identity,
    opened_pending,
    seal_identity,
    seal_pending,
)
from web.sign_in.identity import Identity

_KEY, OTHER_KEY = KeyRing.single(bytes(range(32))), KeyRing((Key(id="2", secret=bytes(32)),))
_NOW = 1_790_000_000_000
ISSUER = "https://id.example.org"
_WHO = Identity(
    subject="u-1",
    name="Åsa Öberg",
    care_unit="Physiotherapy North",
    role="nurse",
    session="5e551011-0000-4000-8000-000000000001",
)
BEGUN = PendingSignIn(state="s", nonce="n", verifier="v", page="/patients/p")


def test_a_session_is_opened_until_it_runs_out() -> None:
    cookie = seal_identity(_KEY, ISSUER, _WHO, _NOW + 60_000)
    assert opened_identity(_KEY, ISSUER, cookie, _NOW) == _WHO
    assert opened_identity(_KEY, ISSUER, cookie, _NOW + 59_999) == _WHO
    assert opened_identity(_KEY, ISSUER, cookie, _NOW + 60_000) is None


def test_a_cookie_that_names_no_session_opens_nothing() -> None:
    cookie = seal_identity(_KEY, ISSUER, replace(_WHO, session=""), _NOW + 60_000)
    assert opened_identity(_KEY, ISSUER, cookie, _NOW) is None


def test_another_key_or_provider_opens_nothing() -> None:
    cookie = seal_identity(_KEY, ISSUER, _WHO, _NOW + 60_000)
    assert opened_identity(OTHER_KEY, ISSUER, cookie, _NOW) is None
    assert opened_identity(_KEY, "https://id.example.com", cookie, _NOW) is None


def test_a_session_by_the_key_before_stays_open_until_that_is_retired() -> None:
    cookie = seal_identity(_KEY, ISSUER, _WHO, _NOW + 60_000)
    both = KeyRing((OTHER_KEY.active, _KEY.active))
    assert opened_identity(both, ISSUER, cookie, _NOW) == _WHO
    fresh = seal_identity(both, ISSUER, _WHO, _NOW + 60_000)
    assert opened_identity(OTHER_KEY, ISSUER, fresh, _NOW) == _WHO
    assert opened_identity(_KEY, ISSUER, fresh, _NOW) is None


def test_a_begun_sign_in_belongs_to_its_state() -> None:
    cookie = seal_pending(_KEY, BEGUN, _NOW + 60_000)
    assert opened_pending(_KEY, cookie, "s", _NOW) == BEGUN
    assert opened_pending(_KEY, cookie, "t", _NOW) is None
    assert opened_pending(_KEY, cookie, "å", _NOW) is None
    assert opened_pending(_KEY, cookie, "s", _NOW + 60_000) is None


def test_one_kind_never_passes_for_another() -> None:
    assert opened_identity(_KEY, ISSUER, seal_pending(_KEY, BEGUN, _NOW + 60_000), _NOW) is None
    assert opened_pending(_KEY, seal_identity(_KEY, ISSUER, _WHO, _NOW + 60_000), "s", _NOW) is None
    assert derived_key(_KEY.active.secret, "forms") != derived_key(
        _KEY.active.secret, "kadens-session"
    )


@given(st.integers(min_value=0, max_value=400), st.characters(codec="ascii"))
def test_a_changed_cookie_opens_nothing(position: int, letter: str) -> None:
    cookie = seal_identity(_KEY, ISSUER, _WHO, _NOW + 60_000)
    at = position % (len(cookie) - 1)  # the last letter of a signature holds bits that do not count
    changed = cookie[:at] + letter + cookie[at + 1 :]
    assert changed == cookie or opened_identity(_KEY, ISSUER, changed, _NOW) is None


@given(st.text())
def test_any_other_text_opens_nothing(text: str) -> None:
    assert opened_identity(_KEY, ISSUER, text, _NOW) is None
    assert opened_pending(_KEY, text, "s", _NOW) is None


def test_a_cookie_fits_into_a_browser() -> None:
    who = Identity(subject="s" * 255, name="n" * 255, care_unit="u" * 255, role="r" * 255)
    assert len(seal_identity(_KEY, ISSUER, who, _NOW)) < 4_000
