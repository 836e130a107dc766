"""What lies on `kadens.facts` and is no fact becomes a dead letter, whatever its shape."""

import pytest

from stream.deriving.derive_batch import _decode
from stream.log.messages import Message
from tests.rows import values_of


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"7",
        b"[]",
        b"null",
        b'"fact"',
        b'{"v": 1}',
        b'{"v": 1, "patient": "p", "fact": []}',
        b"\xff",
        b'{"v": 2}',
    ],
)
def test_json_of_any_shape_is_a_dead_letter(value: bytes) -> None:
    reported, letters = _decode([Message(topic="kadens.facts", partition=0, offset=1, value=value)])
    assert reported == []
    assert values_of(letters, "body") == [value]
