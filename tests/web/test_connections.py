"""Which connections are closed: slow ones when their time is up, and the oldest half-open ones.

Half-open ones are closed when there are too many.
"""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import matching
from web.connections import BEYOND, ClientConnection, ConnectionTable, Stage
from web.limits import ServerLimits

_LIMITS = ServerLimits(connections=6, per_peer=3, head_s=10, drain_s=5)


def _opened(
    table: ConnectionTable, peer: str, now: float, stage: Stage = Stage.HEAD, **more: bool
) -> ClientConnection:
    connection = table.opened(peer, now, **more)
    assert connection is not None
    if stage is not Stage.HEAD:
        table.moved(connection, stage, now)
    return connection


def _opened_in_turn(
    table: ConnectionTable, peer: str, times: Iterable[int], **more: bool
) -> list[ClientConnection]:
    """Open a connection at each time."""
    return [_opened(table, peer, now, Stage.HEAD, **more) for now in times]


def test_the_oldest_without_a_head_goes_first() -> None:
    table = ConnectionTable(_LIMITS)
    half = _opened_in_turn(table, "a", range(5))
    assert table.is_crowded(half[-1])
    assert table.excess() == half[:2]


def test_half_open_then_drained_then_idle_then_bodies_and_never_who_waits_for_our_answer() -> None:
    order = (Stage.ANSWER, Stage.BODY, Stage.IDLE, Stage.DRAIN, Stage.HEAD)
    table = ConnectionTable(replace(_LIMITS, per_peer=0))
    held = {stage: _opened(table, "a", now, stage) for now, stage in enumerate(order)}
    assert table.excess() == [
        held[Stage.HEAD],
        held[Stage.DRAIN],
        held[Stage.IDLE],
        held[Stage.BODY],
    ]


def test_one_peer_pays_for_itself() -> None:
    table = ConnectionTable(_LIMITS)
    other = _opened(table, "b", 0)
    many = _opened_in_turn(table, "a", range(1, 6))
    assert table.excess() == many[:2]
    assert not table.is_crowded(other)


def test_a_trusted_proxy_is_bounded_in_all_only() -> None:
    table = ConnectionTable(_LIMITS)
    many = _opened_in_turn(table, "proxy", range(8), is_bounded=False)
    assert table.excess() == many[:2]


def test_too_many_at_once_are_not_let_in() -> None:
    table = ConnectionTable(replace(_LIMITS, connections=10_000))
    for number in range(3 + BEYOND):
        _opened(table, "a", number)
    assert table.opened("a", 0) is None
    assert table.opened("b", 0) is not None
    assert ConnectionTable(replace(_LIMITS, connections=-BEYOND)).opened("a", 0) is None


def test_a_head_has_its_time() -> None:
    table = ConnectionTable(_LIMITS)
    slow, fresh = _opened(table, "a", 0), _opened(table, "a", 5)
    assert table.overdue(10) == []
    assert table.overdue(10.1) == [(slow, "slow_head")]
    table.moved(slow, Stage.ANSWER, 11)
    assert table.overdue(100) == [(fresh, "slow_head")]


def test_a_drain_has_its_time() -> None:
    table = ConnectionTable(_LIMITS)
    connection = _opened(table, "a", 0, Stage.DRAIN)
    assert (table.overdue(5), table.overdue(5.1)) == ([], [(connection, "drained")])


def test_a_body_is_timed_from_its_own_beginning() -> None:
    table = ConnectionTable(_LIMITS)
    connection = _opened(table, "a", 0)
    table.moved(connection, Stage.BODY, 100)
    assert (table.overdue(110), table.overdue(110.1)) == ([], [(connection, "slow")])
    table.moved(connection, Stage.ANSWER, 111)
    assert table.overdue(1000) == []


def test_idle_and_answered_connections_are_never_overdue() -> None:
    table = ConnectionTable(_LIMITS)
    for stage in (Stage.IDLE, Stage.ANSWER):
        _opened(table, "a", 0, stage)
    assert table.overdue(1e9) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Stage)), max_size=40))
def test_after_shedding_only_answers_are_above_the_bounds(rows: list[tuple[str, Stage]]) -> None:
    table = ConnectionTable(_LIMITS)
    held = [_opened(table, peer, now, stage) for now, (peer, stage) in enumerate(rows)]
    going = table.excess()
    assert all(connection.stage is not Stage.ANSWER for connection in going)
    assert len(set(going)) == len(going)
    for connection in going:
        table.closed(connection)
    left = [connection for connection in held if connection not in set(going)]
    assert len(table) == len(left)
    waiting = [connection for connection in left if connection.stage is not Stage.ANSWER]
    for peer in "abc":
        of_peer = matching(left, peer=peer)
        assert len(of_peer) <= _LIMITS.per_peer or all(
            item.stage is Stage.ANSWER for item in of_peer
        )
    assert len(left) <= _LIMITS.connections or not waiting
    for connection in left:
        table.closed(connection)
    assert (len(table), table.excess()) == (0, [])
