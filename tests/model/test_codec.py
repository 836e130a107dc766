"""The codec: what is written is read back, and equal facts give equal bytes.

Another version is refused.
"""

import random
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.codec import (
    FACT_KINDS,
    UnknownSchemaError,
    decode_attributed,
    decode_fact,
    dumps,
    encode_attributed,
    encode_fact,
    kind_of,
    loads,
    plain,
)
from model.envelope import Envelope
from model.fact_properties import content_hash
from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Joining,
    Method,
    OffsetOrigin,
    Phase,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from tests.rooms import ROOT
from tests.rows import cells_of

_text = st.text(st.characters(codec="utf-8"), max_size=12)
number = st.floats(allow_nan=False, allow_infinity=False)
ms = st.integers(-(2**53), 2**53)
_heads = st.builds(
    Head,
    source=st.builds(
        Source,
        vendor=_text,
        app=_text,
        device=_text,
        device_type=st.sampled_from(DeviceType),
        method=st.sampled_from(Method),
    ),
    record=_text,
    revision=ms,
    start_ms=ms,
    end_ms=ms,
    offset_min=st.none() | st.integers(-840, 840),
    offset_origin=st.sampled_from(OffsetOrigin),
)


@st.composite
def blocks(draw: st.DrawFn) -> SampleBlock:
    rows = draw(st.lists(st.tuples(ms, number), max_size=20))
    return SampleBlock(
        head=draw(_heads),
        metric="heart_rate",
        t=np.array(cells_of(rows, 0), dtype=np.int64),
        v=np.array(cells_of(rows, 1), dtype=np.float64),
        joining=draw(st.sampled_from(Joining)),
        part=draw(st.integers(0, 9)),
        until=draw(st.none() | st.just(np.array(cells_of(rows, 0), dtype=np.int64) + 1)),
    )


_facts: st.SearchStrategy[Fact] = st.one_of(
    blocks(),
    st.builds(
        Workout,
        head=_heads,
        type=_text,
        vendor_type=_text,
        moving_ms=st.none() | ms,
        pauses=st.lists(st.tuples(ms, ms), max_size=3).map(tuple),
        exertion_cr10=st.none() | number,
        summary=st.dictionaries(_text, number, max_size=3),
    ),
    st.builds(
        DaySummary,
        head=_heads,
        local_date=st.dates(),
        values=st.dictionaries(_text, number, max_size=3),
    ),
    st.builds(
        Report,
        head=_heads,
        instrument=st.sampled_from(Instrument),
        phase=st.sampled_from(Phase),
        value=st.none() | number,
        scale=_text,
        session=_text,
        site=_text,
        type=_text,
        equipment=st.lists(_text, max_size=3).map(tuple),
    ),
    st.builds(Deletion, head=_heads, target=_text, metric=_text),
)


@given(_facts)
def test_a_fact_is_read_back(fact: Fact) -> None:
    again = decode_fact(loads(encode_fact(fact)))
    assert type(again) is type(fact)
    assert encode_fact(again) == encode_fact(fact)
    if not isinstance(fact, SampleBlock):
        assert again == fact


@given(_facts, _text, ms)
def test_a_told_is_read_back(fact: Fact, patient: str, received_ms: int) -> None:
    attributed_fact = AttributedFact(
        patient=patient, connector="c", received_ms=received_ms, body="f" * 64, fact=fact
    )
    again = decode_attributed(encode_attributed(attributed_fact))
    assert (again.patient, again.connector, again.received_ms, again.body) == (
        patient,
        "c",
        received_ms,
        "f" * 64,
    )
    assert encode_attributed(again) == encode_attributed(attributed_fact)


@given(blocks())
def test_columns_come_back_exact_and_typed(block: SampleBlock) -> None:
    again = decode_fact(loads(encode_fact(block)))
    assert isinstance(again, SampleBlock)
    assert (str(again.t.dtype), str(again.v.dtype)) == ("int64", "float64")
    assert np.array_equal(again.t, block.t)
    assert np.array_equal(again.v, block.v)
    if block.until is None:
        assert again.until is None
    else:
        assert again.until is not None
        assert (str(again.until.dtype), again.until.tolist()) == ("int64", block.until.tolist())


def test_an_end_is_in_the_event_only_where_it_is_stated() -> None:
    instant = SampleBlock(head=_HEAD, metric="steps", t=np.array([0]), v=np.array([60.0]))
    held = replace(instant, until=np.array([60_000]))
    assert "until" not in loads(encode_fact(instant))
    assert loads(encode_fact(held))["until"] == [60_000]
    assert content_hash(instant).hex() == "f244cdf7f117aa98761d1adac882338b"
    assert content_hash(held) != content_hash(instant)


@given(st.dictionaries(_text, number, max_size=6), st.randoms(use_true_random=False))
def test_order_of_keys_changes_no_byte(values: dict[str, float], chance: random.Random) -> None:
    rows = list(values.items())
    assert dumps(dict(chance.sample(rows, len(rows)))) == dumps(values)


def test_every_kind_has_a_name_and_a_reader() -> None:
    assert {kind_of(block): type(block) for block in _ALL} == FACT_KINDS
    for fact in _ALL:
        assert decode_fact(loads(encode_fact(fact))) is not None


_HEAD = Head(source=Source(vendor="v"), record="r", start_ms=0, end_ms=1)
_ALL: tuple[Fact, ...] = (
    SampleBlock(head=_HEAD, metric="heart_rate", t=np.array([0]), v=np.array([60.0])),
    Workout(head=_HEAD, type="walking"),
    DaySummary(head=_HEAD, local_date=date(2026, 11, 23), values={"steps": 1}),
    Report(head=_HEAD, instrument=Instrument.PAIN),
    Deletion(head=_HEAD),
)


@pytest.mark.parametrize(
    "change", [{"v": 2}, {"v": None}, {"fact": {"kind": "dream"}}, {"fact": {}}]
)
def test_another_version_or_kind_is_refused(change: dict[str, Any]) -> None:
    event = loads(
        encode_attributed(
            AttributedFact(patient="p", connector="c", received_ms=0, body="", fact=_ALL[1])
        )
    )
    with pytest.raises(UnknownSchemaError):
        decode_attributed(dumps(event | change))


def test_plain_reaches_all_the_way_down() -> None:
    assert plain([_HEAD.source, {"day": (Phase.AFTER,)}])[1] == {"day": ["after"]}
    assert plain(_HEAD)["source"]["device_type"] == "unknown"


@given(_text.filter(bool), ms, st.integers(0, 10**9))
def test_an_envelope_survives_the_log(message_id: str, received_ms: int, size: int) -> None:
    sent = Envelope(
        connector="files", received_ms=received_ms, sha256="ab", size=size, message_id=message_id
    )
    assert Envelope.read([*sent.headers(), ("of another program", b"x")]) == sent


@pytest.mark.parametrize("headers", [[], [("connector", b"c")], [("received_ms", b"soon")]])
def test_an_envelope_of_something_else_is_refused(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Envelope.read(headers)


# Lists and objects around a number, 35 deep, in a list of 299, and numbers behind it: orjson 3.12.0
# and 3.13.0 write such a value beyond the end of their buffer, which ends the process.
_WRITES_NESTED = """
from model.codec import dumps
def nested(around, value):
    for kind in reversed(around):
        value = {"data": value} if kind == "d" else [value]
    return value
number = 9007199254740992
deep = [nested("lddddlldllldldllldllddldddlllllddld", number) for _ in range(299)]
for _ in range(200):
    written = dumps([deep, *[number] * 400])
print(len(written))
"""


def test_nested_lists_are_written_within_the_buffer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WRITES_NESTED], capture_output=True, text=True, timeout=60,
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "66304\n")
