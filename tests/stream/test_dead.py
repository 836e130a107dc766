"""Dead letters on the log are written and read back.

Also the limit that ends a program whose messages all fail.
"""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.facts import Reject, RejectKind
from stream.dead.letters import LISTED_REJECTS, DeadFloodError, DeadLimit, dead_letter, read_letter
from stream.log.messages import Message
from tests.rows import values_of

MESSAGE = Message(
    topic="kadens.raw",
    partition=3,
    offset=17,
    value=b"{broken",
    headers=(
        ("connector", b"open_wearables"),
        ("received_ms", b"1700000000000"),
        ("sha256", b"ab"),
        ("x", b"y"),
    ),
)
_PATIENTS = st.sampled_from([f"p{n}" for n in range(6)])
BATCHES = st.lists(st.tuples(st.lists(_PATIENTS), st.lists(_PATIENTS)))


def test_a_letter_reads_back_as_a_line_a_reject_without_the_body() -> None:
    rejects = [
        Reject(where="@7", why="not JSON", kind=RejectKind.DAMAGED),
        Reject(where="data[1].t", why="no instant", kind=RejectKind.RANGE),
    ]
    letter = dead_letter(MESSAGE, rejects)
    assert letter.value == b""
    assert letter.key == b"kadens.raw/3/17"
    lines = read_letter(letter.headers)
    assert values_of(lines, "where", "why") == [
        ("@7", "not JSON"),
        ("data[1].t", "no instant"),
    ]
    assert set(
        values_of(lines, "topic", "partition", "offset", "kind", "connector", "received_ms", "size")
    ) == {("kadens.raw", 3, 17, "damaged", "open_wearables", 1700000000000, 7)}
    assert "x" not in dict(letter.headers)


def test_the_size_is_that_of_a_body_in_the_store_too() -> None:
    message = Message(
        topic="kadens.raw", partition=0, offset=0, value=b"", headers=(("size", b"20000000"),)
    )
    (line,) = read_letter(dead_letter(message, [Reject(where="", why="no")]).headers)
    assert line.size == 20_000_000


def test_a_letter_names_a_bounded_number_of_rejects_and_counts_all() -> None:
    letter = dead_letter(
        MESSAGE, [Reject(where=f"r[{n}]", why="no") for n in range(LISTED_REJECTS + 9)]
    )
    assert dict(letter.headers)["rejected"] == b"59"
    assert len(read_letter(letter.headers)) == LISTED_REJECTS


def test_a_letter_without_headers_still_reads() -> None:
    (line,) = read_letter([])
    assert (line.topic, line.offset, line.received_ms) == ("", -1, None)


def test_a_flood_of_patients_is_refused_at_the_batch_that_passes_the_limit() -> None:
    limit, numbers = DeadLimit(window=200, least=100, share=0.9), count()
    limit.check(dead={f"p{next(numbers)}" for _ in range(99)}, good=())
    with pytest.raises(DeadFloodError, match="100 of the last 100"):
        limit.check(dead={"p99"}, good=())


def test_one_big_bad_batch_is_refused_whole() -> None:
    with pytest.raises(DeadFloodError):
        DeadLimit(window=50, least=20, share=0.9).check(
            dead={f"p{n}" for n in range(80)}, good={"q"}
        )


def test_what_the_window_has_passed_counts_no_more() -> None:
    limit = DeadLimit(window=10, least=5, share=0.5)
    limit.check(dead=(), good={f"good{n}" for n in range(20)})
    for n in range(5):
        limit.check(dead={f"p{n}"}, good=())
    with pytest.raises(DeadFloodError, match="6 of the last 10"):
        limit.check(dead={"p5"}, good=())


@given(st.lists(st.integers(1, 2_000), max_size=30), st.integers(2, 50))
def test_facts_of_one_patient_never_stop_anything(sizes: list[int], least: int) -> None:
    limit = DeadLimit(window=400, least=least, share=0.0)
    for size in sizes:
        limit.check(dead=["p"] * size, good=())


@given(BATCHES)
def test_only_as_many_as_were_of_different_patients_count(
    batches: list[tuple[list[str], list[str]]],
) -> None:
    """With few patients the limit never applies.

    Where the limit applies, the last result of each patient decides.
    """
    patient = DeadLimit(window=400, least=7, share=0.0)
    strict = DeadLimit(window=400, least=1, share=0.5)
    last: dict[str, bool] = {}
    for dead, good in batches:
        patient.check(dead, good)
        last |= dict.fromkeys(dead, True) | dict.fromkeys(good, False)
        if dead and sum(last.values()) > 0.5 * len(last):
            with pytest.raises(DeadFloodError):
                strict.check(dead, good)
        else:
            strict.check(dead, good)


def test_good_patients_never_raise() -> None:
    limit = DeadLimit(window=4, least=2, share=0.5)
    limit.check(dead={"a"}, good=())
    limit.check(dead=(), good={f"p{n}" for n in range(9)})
