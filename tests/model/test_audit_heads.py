"""Signed heads: what is signed comes back, and nothing that was touched does."""

import json

import pytest

from model.audit_log.chain import ChainHead
from model.audit_log.heads import HeadLineError, noted_heads, public_keys, signed_line
from model.keyring import Key, KeyRing

_OLD = Key(id="1", secret=bytes(range(32)))
_NEW = Key(id="2", secret=bytes(range(1, 33)))
_KEYS = KeyRing((_NEW, _OLD))
_HEAD = ChainHead(seq=7, hash=b"\x01" * 32)
_AT_MS = 1_764_000_000_000


def test_a_signed_line_gives_its_head() -> None:
    lines = [signed_line(_HEAD, KeyRing((_OLD,)), _AT_MS), "", signed_line(_HEAD, _KEYS, _AT_MS)]
    noted = list(noted_heads(lines, _KEYS))
    assert [(item.at, item.head) for item in noted] == [("2025-11-24T16:00:00Z", _HEAD)] * 2
    assert list(public_keys(_KEYS)) == ["2", "1"]


@pytest.mark.parametrize("name", ["at", "seq", "hash", "key", "signature"])
def test_a_line_that_was_touched_is_refused_with_its_number(name: str) -> None:
    values = json.loads(signed_line(_HEAD, _KEYS, _AT_MS))
    changed = {"at": "2025-11-24T17:00:00Z", "seq": 6, "hash": "00", "key": "1"}
    touched = json.dumps(values | {name: changed.get(name, "00" * 64)})
    with pytest.raises(HeadLineError, match="line 2: the signature does not hold"):
        list(noted_heads([json.dumps(values), touched], _KEYS))


@pytest.mark.parametrize(
    "line", ["x", "[]", "{}", "1", '{"signature": 1}', '{"signature": "00", "key": "9"}', "\ud800"]
)
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(HeadLineError, match="line 1: no head"):
        list(noted_heads([line], _KEYS))
