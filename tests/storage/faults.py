"""Parser faults to plant: what each makes of a fact from Open Wearables, with payloads for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.facts import Fact, Joining, Parsed, SampleBlock, Workout
from parsers import formats
from parsers.format_rows.row import Format
from parsers.lazy_readers import single_part
from parsers.vendors.open_wearables.reader import parse_open_wearables
from tests.rows import matching
from tests.storage.inline import heart_series, walk_body
from tests.storage.tellers import T0

ParserFault: TypeAlias = Callable[[Fact], Fact | None]


def faulty(change: ParserFault) -> Callable[[bytes], Parsed]:
    """Return the parser of Open Wearables with a fault."""

    def parse(body: bytes) -> Parsed:
        good = parse_open_wearables(body)
        return replace(
            good, facts=tuple(bad for fact in good.facts if (bad := change(fact)) is not None)
        )

    return parse


def read_with(parse: Callable[[bytes], Parsed], version: int) -> tuple[Format, ...]:
    """Return the table of parsers with a changed parser for Open Wearables."""
    mine = matching(formats.FORMATS, name="open_wearables")[0]
    return (
        replace(mine, read=single_part(parse), version=version),
        *(row for row in formats.FORMATS if row is not mine),
    )


def wrong_values(fact: Fact) -> Fact:
    return replace(fact, v=fact.v / 2) if isinstance(fact, SampleBlock) else fact


def wrong_times(fact: Fact) -> Fact:
    head = replace(
        fact.head, start_ms=fact.head.start_ms + DAY_MS, end_ms=fact.head.end_ms + DAY_MS
    )
    return (
        replace(fact, head=head, t=fact.t + DAY_MS)
        if isinstance(fact, SampleBlock)
        else replace(fact, head=head)
    )


def wrong_names(fact: Fact) -> Fact:
    return replace(fact, head=replace(fact.head, record=f"x{fact.head.record}"))


def same_name(fact: Fact) -> Fact:
    """Take every workout for the same record: only the longest holds."""
    return (
        replace(fact, head=replace(fact.head, record="same")) if isinstance(fact, Workout) else fact
    )


def wrong_revisions(fact: Fact) -> Fact:
    return replace(fact, head=replace(fact.head, revision=10**9 - fact.head.revision))


def wrong_joining(fact: Fact) -> Fact:
    return replace(fact, joining=Joining.RECORD) if isinstance(fact, SampleBlock) else fact


def no_samples(fact: Fact) -> Fact | None:
    return None if isinstance(fact, SampleBlock) else fact


FAULTS: tuple[ParserFault, ...] = (
    wrong_values,
    wrong_times,
    wrong_names,
    same_name,
    wrong_revisions,
    wrong_joining,
    no_samples,
)
BODIES = (
    heart_series(),
    heart_series(T0 + 20 * MINUTE_MS, bpm=90),  # its samples meet those of the first
    heart_series(T0 + 3 * HOUR_MS),
    walk_body(),
    walk_body(minutes=35),  # the same record again, longer
    walk_body("w2", T0 + 3 * HOUR_MS),
)
