"""Every known poison payload is read: it costs its own sender and nobody else."""

import pytest

from model.errors import BodyError
from model.facts import RejectKind
from parsers.formats import parse
from tests.fuzz.judge import judge
from tests.poison import POISON, Poison
from tests.rows import values_of

pytestmark = pytest.mark.slow

RANGE, UNWRITABLE, TOO_MUCH = RejectKind.RANGE, RejectKind.UNWRITABLE, RejectKind.TOO_MUCH
_REFUSED = -1  # the complete payload

# name: facts that are kept, kinds of what is refused
_EXPECTED: dict[str, tuple[int, tuple[RejectKind, ...]]] = {
    "session_start_beyond_all_time": (0, (RANGE,)),
    "elapsed_beyond_all_time": (0, (RANGE,)),
    "record_defined_twice": (2, (RANGE,)),
    "sessions_into_2100": (_REFUSED, (TOO_MUCH,)),
    "sessions_200_000": (_REFUSED, (TOO_MUCH,)),
    "sessions_of_a_week": (_REFUSED, (TOO_MUCH,)),
    "product_of_301_digits": (2, (RANGE,)),
    "timestamps_beyond_all_time": (0, (RANGE, RANGE)),
    "samples_of_a_century": (_REFUSED, (TOO_MUCH,)),
    "wide_definitions": (0, (TOO_MUCH, RANGE)),
    "single_wide_array": (50, (RANGE, RANGE)),
    "many_descriptions": (1, (RANGE,)),
    "signatures_of_nothing": (0, (RejectKind.DAMAGED, RejectKind.DAMAGED)),
    "many_names": (0, (RejectKind.UNKNOWN,)),
    "many_offsets": (0, (RejectKind.UNKNOWN,)),
    "reports_100_000": (_REFUSED, (TOO_MUCH,)),
    "reports_in_a_mebibyte": (_REFUSED, (TOO_MUCH,)),
    "report_with_a_nul": (0, (RejectKind.FIELD,)),
    "deep": (_REFUSED, (TOO_MUCH,)),
    "totals_of_the_last_day": (0, (UNWRITABLE,)),
    "totals_of_an_impossible_zone": (1, (RANGE,)),
    "devices_50_000": (0, (TOO_MUCH,)),
    "days_of_a_century": (_REFUSED, (TOO_MUCH,)),
    "names_as_long_as_can_be": (1, ()),
    "empty_objects": (_REFUSED, (TOO_MUCH,)),
    "braces_in_a_text": (_REFUSED, (TOO_MUCH,)),
    "a_hundred_megabytes": (_REFUSED, (TOO_MUCH,)),
}


@pytest.mark.parametrize("poison", POISON, ids=lambda poison: poison.name)
def test_a_poison_body_costs_one_letter_at_most(poison: Poison) -> None:
    body = poison.body()
    assert judge(poison.connector, body) is None
    try:
        parsed = parse(poison.connector, body, poison.content_type)
        outcome = len(parsed.facts), tuple(values_of(parsed.rejects, "kind"))
    except BodyError as error:
        outcome = _REFUSED, (error.kind,)
    assert outcome == _EXPECTED[poison.name]


def test_the_first_known_one_has_80_bytes() -> None:
    assert len(POISON[0].body()) == 80
