"""Cyclic garbage is collected again behind the block, however it ends."""

import gc

import pytest

from runtime.garbage import garbage_kept


def test_it_is_kept_within_the_block_only() -> None:
    assert gc.isenabled()
    with garbage_kept():
        assert not gc.isenabled()
        with garbage_kept():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_it_too() -> None:
    with pytest.raises(ValueError, match="of the block"), garbage_kept():
        raise ValueError("of the block")
    assert gc.isenabled()
