"""What can be stored: each rule refuses, and what lies just within it is stored."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from model.fact_properties import span_of
from model.facts import (
    DaySummary,
    Deletion,
    Fact,
    Head,
    Instrument,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.metrics import LONGEST_INTERVAL_MS
from model.spans import Span
from model.storable import (
    LAST_MS,
    LONGEST_SESSION_MS,
    MOST_PAUSES,
    fact_refusal,
)

_SOURCE = Source(vendor="files", app="app", device="device")
_HEAD = Head(source=_SOURCE, record="r", start_ms=1_000, end_ms=2_000, offset_min=60)
WORKOUT = Workout(
    head=_HEAD,
    type="walking",
    vendor_type="walk",
    moving_ms=5,
    exertion_cr10=3.5,
    summary={"distance": 1.0},
)
_PAUSED = replace(WORKOUT, pauses=((1_000, 1_200), (1_200, 1_300), (1_900, 2_000)))
_BLOCK = SampleBlock(
    head=_HEAD, metric="heart_rate", t=np.array([1_000, 1_500]), v=np.array([60.0, 61.0])
)
_DAY = DaySummary(head=_HEAD, local_date=date(1970, 1, 1), values={"steps": 5.0})
_REPORT = Report(
    head=_HEAD, instrument=Instrument.PAIN, value=2.0, scale="nrs-0-10", equipment=("band",)
)
_STEPS = replace(_BLOCK, metric="steps", until=np.array([1_600, 2_500]))
DELETION = Deletion(head=_HEAD, target="r", metric="heart_rate")
_ALL: tuple[Fact, ...] = (
    WORKOUT,
    _PAUSED,
    _BLOCK,
    _STEPS,
    replace(_STEPS, until=np.array([1_000, 1_500 + LONGEST_INTERVAL_MS])),
    _DAY,
    _REPORT,
    DELETION,
)


def with_head(**changes: Any) -> list[Fact]:  # noqa: ANN401 - any field of a head
    return [
        replace(fact, head=replace(_HEAD, **changes)) for fact in (WORKOUT, _DAY, _REPORT, DELETION)
    ]


@pytest.mark.parametrize("fact", _ALL, ids=lambda fact: type(fact).__name__)
def test_what_is_right_is_stored(fact: Fact) -> None:
    assert fact_refusal(fact) == ""


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("the interval is not within 1970 to 2100, or ends before it starts", {"start_ms": -1}),
        ("the interval is not within 1970 to 2100, or ends before it starts", {"end_ms": LAST_MS}),
        ("the interval is not within 1970 to 2100, or ends before it starts", {"end_ms": 999}),
        ("the interval is not within 1970 to 2100, or ends before it starts", {"end_ms": 1e300}),
        ("the revision is not a whole number that can be stored", {"revision": 2**63}),
        ("the revision is not a whole number that can be stored", {"revision": -1}),
        ("the revision is not a whole number that can be stored", {"revision": True}),
        ("the offset from UTC is not within 14 hours", {"offset_min": 841}),
        ("the offset from UTC is not within 14 hours", {"offset_min": -841}),
        ("the record id or the source's name is too long", {"record": "x" * 513}),
        (
            "the record id or the source's name is too long",
            {"source": Source(vendor="f", device="x" * 257)},
        ),
        (
            "the source's names together are too long",
            {"source": Source(vendor="🚶" * 200, app="🚶" * 200, device="🚶" * 201)},
        ),
        ("a name holds a NUL character", {"record": "a\0b"}),
        ("a name holds a NUL character", {"source": Source(vendor="f", app="\0")}),
        ("a text is not Unicode", {"record": "a\ud800"}),
    ],
)
def test_heads_that_cannot_be_stored(why: str, changes: dict[str, Any]) -> None:
    assert list(map(fact_refusal, with_head(**changes))) == [why] * 4


@pytest.mark.parametrize(
    "changes",
    [
        {"end_ms": LAST_MS - 1, "start_ms": LAST_MS - 1},
        {"revision": 2**63 - 1},
        {"offset_min": -840},
        {"record": "🚶" * 512},
        {"source": Source(vendor="f", app="🚶" * 256, device="🚶" * 256)},
    ],
)
def test_heads_just_within(changes: dict[str, Any]) -> None:
    head = replace(_HEAD, **changes)
    assert (
        fact_refusal(replace(DELETION, head=head))
        == fact_refusal(replace(WORKOUT, head=head))
        == ""
    )


@pytest.mark.parametrize(
    ("why", "fact"),
    [
        (
            "a session lasts longer than 31 days",
            replace(WORKOUT, head=replace(_HEAD, end_ms=1_001 + LONGEST_SESSION_MS)),
        ),
        (
            "a session lasts longer than 31 days",
            replace(_REPORT, head=replace(_HEAD, end_ms=1_001 + LONGEST_SESSION_MS)),
        ),
        ("the moving time is not a time that a session can have", replace(WORKOUT, moving_ms=-1)),
        (
            "the moving time is not a time that a session can have",
            replace(WORKOUT, moving_ms=2**63),
        ),
        *(
            ("the pauses are not in order within the workout", replace(WORKOUT, pauses=pauses))
            for pauses in (
                ((999, 1_200),),
                ((1_900, 2_001),),
                ((1_500, 1_500),),
                ((1_200, 1_300), (1_100, 1_150)),
                ((1_200, 1_300), (1_299, 1_400)),
                ((-1, 1_300),),
            )
        ),
        (
            "the workout has too many pauses",
            replace(WORKOUT, pauses=((1_200, 1_300),) * (MOST_PAUSES + 1)),
        ),
        ("the exertion is not on any scale", replace(WORKOUT, exertion_cr10=float("nan"))),
        ("a total is not a finite number", replace(WORKOUT, summary={"distance": float("inf")})),
        ("a name holds a NUL character", replace(WORKOUT, vendor_type="\0")),
        ("a name holds a NUL character", replace(WORKOUT, summary={"\0": 1.0})),
        ("a text is too long", replace(WORKOUT, vendor_type="x" * 4_097)),
        (
            "the fact holds too many texts",
            replace(WORKOUT, summary={str(n): 1.0 for n in range(300)}),
        ),
        (
            "the interval does not begin on its local date",
            replace(_DAY, local_date=date(1970, 1, 3)),
        ),
        ("the metric is not in the registry", replace(_DAY, values={"nothing": 1.0})),
        ("a total is greater than any that is read", replace(_DAY, values={"steps": 1e300})),
        ("a total is not a finite number", replace(_DAY, values={"steps": float("nan")})),
        ("the answer is not on any scale", replace(_REPORT, value=float("inf"))),
        ("the session's name is too long", replace(_REPORT, session="x" * 513)),
        ("a name holds a NUL character", replace(_REPORT, equipment=("\0",))),
        ("the deleted record's name is too long", replace(DELETION, target="x" * 513)),
        ("the metric is not in the registry", replace(_BLOCK, metric="nothing")),
        ("the block has too many samples or an impossible part", replace(_BLOCK, part=2**31)),
        ("the samples are not two columns of one length", replace(_BLOCK, v=np.array([1.0]))),
        ("the samples are not two columns of one length", replace(_BLOCK, t=np.array([1e3, 2e3]))),
        ("the samples are not in order of time", replace(_BLOCK, t=np.array([1_500, 1_000]))),
        ("a sample is not a finite number", replace(_BLOCK, v=np.array([1.0, np.inf]))),
        (
            "the interval is not within 1970 to 2100, or ends before it starts",
            replace(_BLOCK, t=np.array([1_000, LAST_MS])),
        ),
        (
            "the interval is not within 1970 to 2100, or ends before it starts",
            replace(_STEPS, until=np.array([LAST_MS, 2_000])),
        ),
        (
            "samples of this metric hold at an instant only",
            replace(_STEPS, metric="heart_rate"),
        ),
        (
            "the ends of the samples are not a column of their length",
            replace(_STEPS, until=np.array([2_000])),
        ),
        (
            "the ends of the samples are not a column of their length",
            replace(_STEPS, until=np.array([2e3, 2e3])),
        ),
        ("a sample ends before it begins", replace(_STEPS, until=np.array([999, 2_000]))),
        (
            "a sample holds longer than 25 hours",
            replace(_STEPS, until=np.array([1_000, 1_501 + LONGEST_INTERVAL_MS])),
        ),
    ],
)
def test_facts_that_cannot_be_stored(why: str, fact: Fact) -> None:
    assert fact_refusal(fact) == why


def test_a_span_is_widened_to_the_samples() -> None:
    longer = replace(_BLOCK, t=np.array([500, 2_500]))
    assert span_of(longer) == Span(start_ms=500, end_ms=2_501, samples_only=True)
    assert span_of(_BLOCK) == Span(start_ms=1_000, end_ms=2_000, samples_only=True)
    assert span_of(_STEPS) == Span(start_ms=1_000, end_ms=2_500, samples_only=True)
    earlier = replace(_STEPS, until=np.array([2_700, 1_600]))
    assert span_of(earlier) == Span(start_ms=1_000, end_ms=2_700, samples_only=True)
    assert span_of(WORKOUT) == Span(start_ms=1_000, end_ms=2_000)
