"""Cyclic garbage is looked for as before behind the block, however it ends."""

import gc

import pytest

from runtime.garbage import RARELY, garbage_sought_rarely


def test_it_is_sought_rarely_within_the_block_only() -> None:
    before = gc.get_threshold()
    with garbage_sought_rarely():
        assert gc.get_threshold()[0] == RARELY
        with garbage_sought_rarely():
            pass
        assert gc.get_threshold()[0] == RARELY
    assert gc.get_threshold() == before


def test_an_error_ends_it_too() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="of the block"), garbage_sought_rarely():
        raise ValueError("of the block")
    assert gc.get_threshold() == before
