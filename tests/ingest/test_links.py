"""Link tokens: what was minted is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kadens.ingest.links import LONGEST, mint, read

KEY = b"k" * 32


@given(patient=st.text(min_size=1, max_size=60), key=st.binary(min_size=1, max_size=40))
def test_round_trip(patient: str, key: bytes) -> None:
    token = mint(patient, key)
    assert read(token, key) == patient
    assert read(token, key + b"x") is None
    assert all(char.isascii() and (char.isalnum() or char in "-_.") for char in token)


@given(token=st.text(max_size=80))
def test_nothing_invented_is_read(token: str) -> None:
    assert read(token, KEY) is None


def test_another_patient_with_the_same_mac_is_not_read() -> None:
    mine, hers = mint("patient-1", KEY), mint("patient-2", KEY)
    assert read(f"{hers.split('.')[0]}.{mine.split('.')[1]}", KEY) is None
    assert read(mine[:-4], KEY) is None
    assert read(mine + "A" * LONGEST, KEY) is None


def test_without_a_key_nothing_is_minted_or_read() -> None:
    with pytest.raises(ValueError, match="link_key"):
        mint("patient-1", b"")
    with pytest.raises(ValueError, match="patient"):
        mint("", KEY)
    with pytest.raises(ValueError, match="too long"):
        mint("p" * 1000, KEY)
    assert read(mint("patient-1", KEY), b"") is None
