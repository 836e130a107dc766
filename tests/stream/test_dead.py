"""Dead letters: written and read back whole, and a flood of them is refused before it is sent."""

import pytest

from kadens.model.facts import Reject
from kadens.stream.dead import LISTED, DeadFloodError, DeadLimit, dead_letter, read_letter
from kadens.stream.messages import Message

MESSAGE = Message(
    topic="kadens.raw",
    partition=3,
    offset=17,
    value=b"{broken",
    headers=(("connector", b"open_wearables"), ("received_ms", b"1700000000000"), ("sha256", b"ab"), ("x", b"y")),
)


def test_a_letter_reads_back_as_a_line_a_reject() -> None:
    letter = dead_letter(MESSAGE, [Reject(where="@7", why="not JSON"), Reject(where="data[1].t", why="no instant")])
    assert letter.value == b"{broken"
    assert letter.key == b"kadens.raw/3/17"
    lines = read_letter(letter.value, letter.headers)
    assert [(line.where, line.why) for line in lines] == [("@7", "not JSON"), ("data[1].t", "no instant")]
    assert {
        (line.topic, line.partition, line.offset, line.connector, line.received_ms, line.size) for line in lines
    } == {("kadens.raw", 3, 17, "open_wearables", 1700000000000, 7)}
    assert "x" not in dict(letter.headers)


def test_a_letter_names_a_bounded_number_of_rejects_and_counts_all() -> None:
    letter = dead_letter(MESSAGE, [Reject(where=f"r[{n}]", why="no") for n in range(LISTED + 9)])
    assert dict(letter.headers)["rejected"] == b"59"
    assert len(read_letter(letter.value, letter.headers)) == LISTED


def test_a_letter_without_headers_still_reads() -> None:
    (line,) = read_letter(None, [])
    assert (line.topic, line.offset, line.received_ms) == ("", -1, None)


def test_a_flood_is_refused_at_the_batch_that_passes_the_limit() -> None:
    limit = DeadLimit(window=200, least=100, share=0.9)
    limit.check(dead=99, good=0)
    with pytest.raises(DeadFloodError, match="100 of the last 100"):
        limit.check(dead=1, good=0)


def test_one_big_bad_batch_is_refused_whole() -> None:
    with pytest.raises(DeadFloodError):
        DeadLimit(window=50, least=20, share=0.9).check(dead=80, good=1)


def test_a_bad_day_of_one_vendor_passes() -> None:
    limit = DeadLimit(window=200, least=100, share=0.9)
    for _ in range(100):
        limit.check(dead=8, good=2)


def test_good_bodies_never_raise() -> None:
    limit = DeadLimit(window=4, least=2, share=0.5)
    limit.check(dead=1, good=0)
    limit.check(dead=0, good=9)
