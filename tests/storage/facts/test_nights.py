"""Bouts over midnight by streaming: after every batch the tables equal those computed at once."""

import pytest
from hypothesis import given

from tests.lives.life import night_lives
from tests.storage.facts.test_life import EMBEDDED, Connected, Ways, check_ways, connected, ways

__all__ = ["connected"]


@EMBEDDED
@given(drawn=ways(night_lives()))
@pytest.mark.parametrize("dsn", ["embedded"], indirect=True)
def test_what_is_active_over_midnight_is_the_same_however_it_arrives(
    connected: Connected, drawn: Ways
) -> None:
    check_ways(connected, drawn)
