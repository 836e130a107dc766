"""Which message caused a failure.

These are pure decisions over notes, and halves of a batch down to a single message.
"""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError
from psycopg import DataError, OperationalError

from storage.facts.in_work import Note
from stream.dead.isolate import blames_message, halves, is_suspect, next_note
from stream.faults import WorkerError
from stream.log.ledger import HoleError
from stream.log.messages import Message, Run


def _run(first: int, following: int, partition: int = 0) -> Run:
    messages = tuple(
        Message(topic="t", partition=partition, offset=offset, value=b"")
        for offset in range(first, following)
    )
    return Run(topic="t", partition=partition, messages=messages)


@pytest.mark.parametrize(
    ("error", "blames"),
    [
        (DataError(), True),
        (IndexError(), True),
        (MemoryError(), True),
        (OperationalError(), False),
        (KafkaConnectionError(), False),
        (OSError(), False),
        (TimeoutError(), False),
        (HoleError("t", 0, 1, 2), False),
        (WorkerError(), False),
        (asyncio.CancelledError(), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_an_outage_blames_no_message(error: BaseException, blames: bool) -> None:  # noqa: FBT001
    assert blames_message(error) is blames


@pytest.mark.parametrize(
    ("note", "first", "suspect"),
    [
        (None, 5, False),
        (Note(first=5, next=9, finished=5), 5, True),
        (Note(first=5, next=9, finished=9), 5, False),
        (Note(first=5, next=9, finished=9), 9, False),
        (Note(first=5, next=9, finished=7), 7, True),
        (Note(first=5, next=6, finished=6, alone_until=9), 6, True),
        (Note(first=8, next=9, finished=9, alone_until=9), 9, False),
        (Note(first=5, next=6, finished=5, alone_until=9), 5, True),
        (Note(first=5, next=6, finished=9, alone_until=9), 5, False),
    ],
)
def test_what_a_process_ended_with_is_suspect(
    note: Note | None,
    first: int,
    suspect: bool,  # noqa: FBT001
) -> None:
    assert is_suspect(note, _run(first, first + 20)) is suspect


def test_after_a_batch_has_ended_a_process_each_message_is_tried_alone() -> None:
    note = next_note(Note(first=5, next=9, finished=5), 5)
    assert note == Note(first=5, next=6, tries=1, alone_until=9, finished=5)
    again = next_note(note, 5)
    assert again == Note(first=5, next=6, tries=2, alone_until=9, finished=5)
    assert next_note(again, 5).tries == 3
    assert next_note(again, 6) == Note(first=6, next=7, tries=1, alone_until=9, finished=6)


def test_halves_keep_the_order_of_each_partition() -> None:
    assert halves([_run(0, 5)]) == ([_run(0, 2)], [_run(2, 5)])
    assert halves([_run(0, 5), _run(0, 1, 1), _run(3, 9, 2)]) == (
        [_run(0, 5)],
        [_run(0, 1, 1), _run(3, 9, 2)],
    )
