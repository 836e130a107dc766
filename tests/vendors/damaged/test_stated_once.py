"""A member that is stated twice: neither of two different values counts."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.stated_once import TWICE, dumps_once, loads_once, members_once, states_once


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b'{"a":1,"a":2}', {"a": TWICE}),
        (b'{"a":1,"a":1}', {"a": 1}),
        (b'{"a":1,"a":1.0}', {"a": 1}),
        (b'{"a":1,"a":true}', {"a": TWICE}),
        (b'{"a":null,"a":"x"}', {"a": "x"}),
        (b'{"a":null,"a":null}', {"a": None}),
        (b'{"a":1,"a":2,"a":1}', {"a": TWICE}),
        (b'[{"b":{"a":[1],"a":[2],"c":3}},{"a":1}]', [{"b": {"a": TWICE, "c": 3}}, {"a": 1}]),
        # in texts a colon is no member, however it is written
        (b'{"a":":","b":"c:d\\"e\\":","f:":[]}', {"a": ":", "b": 'c:d"e":', "f:": []}),
        (b'{"a":"\\u003a","a":"y"}', {"a": TWICE}),
        (b'{"a":"\\u003A","b":"\\\\u003a"}', {"a": ":", "b": "\\u003a"}),
        (b'{"\\u0061":1,"a":2}', {"a": TWICE}),
        (b' { "a" : 1 , "b" : { } } ', {"a": 1, "b": {}}),
    ],
)
def test_a_member_of_two_values_has_none(written: bytes, value: object) -> None:
    assert loads_once(written) == loads_once(written.decode()) == value


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(':"\\a', max_size=3))
_PAIRS = st.recursive(
    _VALUES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(st.tuples(st.text("ab:", max_size=1), inner), max_size=4).map(tuple),
    ),
    max_leaves=20,
)


def _written(value: object) -> str:
    """Return JSON in which a tuple of pairs is an object, with every pair as it is."""
    if isinstance(value, tuple):
        members = [f"{json.dumps(name)}: {_written(item)}" for name, item in value]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return json.dumps(value)


@given(_PAIRS)
def test_the_quick_way_finds_what_the_slow_one_finds(value: object) -> None:
    text = _written(value)
    expected = json.loads(text, object_pairs_hook=members_once)
    assert loads_once(text) == expected
    # what is written again holds no such member, and reads as what it is
    again = orjson.loads(dumps_once(expected))
    assert states_once(dumps_once(expected), again)


def test_what_is_deeper_than_can_be_written_is_left_out() -> None:
    deep: list[object] = []
    for _ in range(1_000):
        deep = [deep]
    again = orjson.loads(dumps_once({"a": TWICE, "b": [1], "c": deep}))
    assert (again["a"], again["b"], str(again["c"])[:3]) == (None, [1], "[[[")


class _Pairs(list[tuple[str, Any]]):
    """Members of an object, which count how often somebody goes through them."""

    walks = 0

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        self.walks += 1
        return super().__iter__()


def test_an_object_of_many_members_is_walked_a_few_times_only() -> None:
    pairs = _Pairs([*((f"k{number}", number) for number in range(1_000)), ("k7", 8)])
    assert members_once(pairs)["k7"] is TWICE
    assert pairs.walks <= 2


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1,"a":2', b"\xff", b'{"a":NaN,"a":1}'])
def test_what_is_no_json_is_refused_as_ever(body: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        loads_once(body)


@pytest.mark.parametrize(
    "inner", [b"[" * 1_000 + b"]" * 1_000, b"9" * 5_000], ids=["deep", "a long number"]
)
def test_a_member_twice_beside_much_is_read_or_refused(inner: bytes) -> None:
    body = b'{"a":1,"a":2,"b":' + inner + b"}"
    try:
        parsed: Any = loads_once(body)
    except json.JSONDecodeError:
        return
    assert parsed["a"] is TWICE
