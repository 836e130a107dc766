"""What does not fit for a holder counts for none of the holders; what was there counts."""

from hypothesis import given
from hypothesis import strategies as st

from storage.bodies.caps import CONNECTOR_CAP, SENDER_CAP, Cap, Room
from tests.rows import cells_of

_SMALL = Cap(bodies=3, bytes=100)
_WIDE = Cap(bodies=5, bytes=160)


def test_the_last_that_fits_and_the_first_that_does_not() -> None:
    room = Room(used={"a": (1, 50)})
    assert room.take([("a", _SMALL)], 30)
    assert not room.take([("a", _SMALL)], 21)
    assert room.take([("a", _SMALL)], 20)
    assert not room.take([("a", _SMALL)], 0)


def test_what_is_refused_takes_no_room_of_others() -> None:
    room = Room(used={})
    assert [room.take([("a", _SMALL), ("all", _WIDE)], 1) for _ in range(5)] == [True] * 3 + [
        False
    ] * 2
    assert [room.take([("b", _SMALL), ("all", _WIDE)], 1) for _ in range(3)] == [True] * 2 + [False]


def test_a_connector_has_room_for_more_than_one_sender() -> None:
    assert CONNECTOR_CAP.bodies > SENDER_CAP.bodies
    assert CONNECTOR_CAP.bytes > SENDER_CAP.bytes


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60))))
def test_nobody_ever_has_more_than_their_caps(requests: list[tuple[str, int]]) -> None:
    room = Room(used={})
    taken = [
        (who, size) for who, size in requests if room.take([(who, _SMALL), ("all", _WIDE)], size)
    ]
    for who in "abc":
        mine = [size for sender, size in taken if sender == who]
        assert len(mine) <= _SMALL.bodies
        assert sum(mine) <= _SMALL.bytes
    assert len(taken) <= _WIDE.bodies
    assert sum(cells_of(taken, 1)) <= _WIDE.bytes
