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

KEY, OTHER_KEY = KeyRing.single(bytes(range(32))), KeyRing((Key(id="2", secret=bytes(32)),))
NOW = 1_790_000_000_000
ISSUER = "https://id.example.org"
WHO = Identity(
    subject="u-1",
    name="Åsa Öberg",
    care_unit="Physiotherapy North",
    role="nurse",
    session="5e551011-0000-4000-8000-000000000001",
)
BEGUN = PendingSignIn(state="s", nonce="n", verifier="v", page="/patients/p")


def test_a_session_is_opened_until_it_runs_out() -> None:
    cookie = seal_identity(KEY, ISSUER, WHO, NOW + 60_000)
    assert opened_identity(KEY, ISSUER, cookie, NOW) == WHO
    assert opened_identity(KEY, ISSUER, cookie, NOW + 59_999) == WHO
    assert opened_identity(KEY, ISSUER, cookie, NOW + 60_000) is None


def test_a_cookie_that_names_no_session_opens_nothing() -> None:
    cookie = seal_identity(KEY, ISSUER, replace(WHO, session=""), NOW + 60_000)
    assert opened_identity(KEY, ISSUER, cookie, NOW) is None


def test_another_key_or_provider_opens_nothing() -> None:
    cookie = seal_identity(KEY, ISSUER, WHO, NOW + 60_000)
    assert opened_identity(OTHER_KEY, ISSUER, cookie, NOW) is None
    assert opened_identity(KEY, "https://id.example.com", cookie, NOW) is None


def test_a_session_by_the_key_before_stays_open_until_that_is_retired() -> None:
    cookie = seal_identity(KEY, ISSUER, WHO, NOW + 60_000)
    both = KeyRing((OTHER_KEY.active, KEY.active))
    assert opened_identity(both, ISSUER, cookie, NOW) == WHO
    fresh = seal_identity(both, ISSUER, WHO, NOW + 60_000)
    assert opened_identity(OTHER_KEY, ISSUER, fresh, NOW) == WHO
    assert opened_identity(KEY, ISSUER, fresh, NOW) is None


def test_a_begun_sign_in_belongs_to_its_state() -> None:
    cookie = seal_pending(KEY, BEGUN, NOW + 60_000)
    assert opened_pending(KEY, cookie, "s", NOW) == BEGUN
    assert opened_pending(KEY, cookie, "t", NOW) is None
    assert opened_pending(KEY, cookie, "å", NOW) is None
    assert opened_pending(KEY, cookie, "s", NOW + 60_000) is None


def test_one_kind_never_passes_for_another() -> None:
    assert opened_identity(KEY, ISSUER, seal_pending(KEY, BEGUN, NOW + 60_000), NOW) is None
    assert opened_pending(KEY, seal_identity(KEY, ISSUER, WHO, NOW + 60_000), "s", NOW) is None
    assert derived_key(KEY.active.secret, "forms") != derived_key(
        KEY.active.secret, "kadens-session"
    )


@given(st.integers(min_value=0, max_value=400), st.characters(codec="ascii"))
def test_a_changed_cookie_opens_nothing(place: int, letter: str) -> None:
    cookie = seal_identity(KEY, ISSUER, WHO, NOW + 60_000)
    at = place % (len(cookie) - 1)  # the last letter of a signature holds bits that do not count
    changed = cookie[:at] + letter + cookie[at + 1 :]
    assert changed == cookie or opened_identity(KEY, ISSUER, changed, NOW) is None


@given(st.text())
def test_any_other_text_opens_nothing(said: str) -> None:
    assert opened_identity(KEY, ISSUER, said, NOW) is None
    assert opened_pending(KEY, said, "s", NOW) is None


def test_a_cookie_fits_into_a_browser() -> None:
    who = Identity(subject="s" * 255, name="n" * 255, care_unit="u" * 255, role="r" * 255)
    assert len(seal_identity(KEY, ISSUER, who, NOW)) < 4_000
