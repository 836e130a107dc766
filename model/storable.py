"""Decides whether a fact can be stored and derived from.

Both the readers and the writer refuse facts by these rules, so that nothing is put on the log that
cannot be stored. A reason never contains a value, and what is plausible for a person is not judged
here.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from model.calendar import DAY_MS
from model.fact_properties import span_of
from model.facts import (
    DaySummary,
    Deletion,
    Fact,
    Head,
    Instants,
    Report,
    SampleBlock,
    Workout,
)
from model.marks import REPORT_REASONS
from model.metrics import LONGEST_INTERVAL_MS, METRIC

_FIRST_MS = 0
# 2100-01-01: later than any reading, and a bound on the number of partitions
LAST_MS = 4_102_444_800_000
LONGEST_RECORD = 512  # characters of what is looked up by name; an index entry has a limit
LONGEST_WORD = 256  # characters of a source's names
MOST_NAME_BYTES = 2_400  # of a source's names together: an index entry has at most 2,704
LONGEST_TEXT = 4_096  # characters of anything else
MOST_TEXTS = 256  # texts and figures of one fact: an event has at most 2 MiB
MOST_OFFSET_MIN = 14 * 60  # east or west of UTC; no clock on earth is further
# When facts change, sessions are read back this far: a longer session would be missed.
LONGEST_SESSION_MS = 31 * DAY_MS
MOST_SAMPLES = 50_000  # of a block, for the same reason as MOST_TEXTS
MOST_PAUSES = 1_000  # of a workout, for the same reason
MOST_EXERTION = 100.0  # greatest grade of any scale
MOST_REVISION, MOST_PART = 2**63 - 1, 2**31 - 1  # bigint, int
# The greatest whole number that every reader of JSON takes exactly (RFC 8259 section 6). A greater
# bound in a schema is read as another one.
MOST_JSON_INT = 2**53 - 1


def fact_refusal(fact: Fact) -> str:
    """Return why a fact cannot be stored or derived from, or "" when it can.

    The reason is a sentence that contains no value of the fact.
    """
    # The rules of a kind come last: they compute with the head, which must be sound by then.
    for rule in (_head, _interval, _texts, _of_kind):
        why = rule(fact)
        if why:
            return why
    return ""


def is_offset(minutes: int) -> bool:
    """Return whether a clock on earth may be set so many minutes east of UTC."""
    return _is_integer(minutes, -MOST_OFFSET_MIN, MOST_OFFSET_MIN)


def _head(fact: Fact) -> str:
    head, source = fact.head, fact.head.source
    names = (source.vendor, source.app, source.device)
    if not _is_integer(head.revision, 0, MOST_REVISION):
        return "the revision is not a whole number that can be stored"
    if head.offset_min is not None and not is_offset(head.offset_min):
        return "the offset from UTC is not within 14 hours"
    if len(head.record) > LONGEST_RECORD or max(map(len, names)) > LONGEST_WORD:
        return "the record id or the source's name is too long"
    # A lone surrogate has no UTF-8 form; it is refused later, with a reason of its own.
    if sum(len(name.encode("utf-8", "surrogatepass")) for name in names) > MOST_NAME_BYTES:
        return "the source's names together are too long"
    return ""


def _interval(fact: Fact) -> str:
    span = span_of(fact)
    start, end = span.start_ms, span.end_ms
    total = _is_integer(fact.head.start_ms, _FIRST_MS, LAST_MS) and _is_integer(
        fact.head.end_ms, _FIRST_MS, LAST_MS
    )
    if not total or not _FIRST_MS <= start <= end < LAST_MS:
        return "the interval is not within 1970 to 2100, or ends before it starts"
    if isinstance(fact, (Workout, Report)) and end - start > LONGEST_SESSION_MS:
        return "a session lasts longer than 31 days"
    return ""


def _texts(fact: Fact) -> str:
    texts = [*_head_texts(fact.head), *_own_texts(fact)]
    if len(texts) > MOST_TEXTS:
        return "the fact holds too many texts"
    if max(map(len, texts)) > LONGEST_TEXT:  # the head's texts are always there
        return "a text is too long"
    # PostgreSQL's text type cannot hold this character.
    if any("\0" in text for text in texts):
        return "a name holds a NUL character"
    return "" if all(map(_is_unicode, texts)) else "a text is not Unicode"


def _head_texts(head: Head) -> tuple[str, ...]:
    return head.record, head.source.vendor, head.source.app, head.source.device


def _own_texts(fact: Fact) -> Iterator[str]:
    match fact:
        case SampleBlock():
            yield fact.metric
        case Workout():
            yield from (fact.type, fact.vendor_type, fact.effort_stated, *fact.summary)
        case DaySummary():
            yield from fact.values
        case Report():
            yield from (fact.scale, fact.session, fact.site, fact.type, fact.reason)
            yield from fact.equipment
        case Deletion():
            yield from (fact.target, fact.metric)


def _is_unicode(text: str) -> bool:
    """Return whether a text has a UTF-8 form, which half of a surrogate pair has not."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _of_kind(fact: Fact) -> str:
    return _RULES[type(fact)](fact)


def _samples(fact: SampleBlock) -> str:
    if fact.metric not in METRIC:
        return "the metric is not in the registry"
    if not _is_integer(fact.part, 0, MOST_PART) or len(fact.t) > MOST_SAMPLES:
        return "the block has too many samples or an impossible part"
    if (
        fact.t.dtype != np.int64
        or fact.v.dtype != np.float64
        or fact.t.shape != fact.v.shape
        or fact.t.ndim != 1
    ):
        return "the samples are not two columns of one length"
    if bool((fact.t[1:] < fact.t[:-1]).any()):
        return "the samples are not in order of time"
    if not bool(np.isfinite(fact.v).all()):
        return "a sample is not a finite number"
    return "" if fact.until is None else _until(fact, fact.until)


def _until(fact: SampleBlock, until: Instants) -> str:
    if not METRIC[fact.metric].over_interval:
        return "samples of this metric hold at an instant only"
    if until.dtype != np.int64 or until.shape != fact.t.shape:
        return "the ends of the samples are not a column of their length"
    held = until - fact.t
    if bool((held < 0).any()):
        return "a sample ends before it begins"
    if bool((held > LONGEST_INTERVAL_MS).any()):
        return "a sample holds longer than 25 hours"
    return ""


def _workout(fact: Workout) -> str:
    if fact.moving_ms is not None and not _is_integer(fact.moving_ms, 0, LONGEST_SESSION_MS):
        return "the moving time is not a time that a session can have"
    if fact.exertion_cr10 is not None and not _number(fact.exertion_cr10, MOST_EXERTION):
        return "the exertion is not on any scale"
    return _pauses(fact) or _figures(fact.summary)


def _pauses(fact: Workout) -> str:
    if len(fact.pauses) > MOST_PAUSES:
        return "the workout has too many pauses"
    reached = fact.head.start_ms
    for start, end in fact.pauses:
        in_range = _is_integer(start, _FIRST_MS, LAST_MS) and _is_integer(end, _FIRST_MS, LAST_MS)
        if not in_range or not reached <= start < end <= fact.head.end_ms:
            return "the pauses are not in order within the workout"
        reached = end
    return ""


def _day(fact: DaySummary) -> str:
    midnight = (fact.local_date.toordinal() - _EPOCH) * DAY_MS
    # Local midnight lies at most 14 hours from that in UTC, so a day's tolerance fits all zones.
    if abs(fact.head.start_ms - midnight) > DAY_MS:
        return "the interval does not begin on its local date"
    if not fact.values.keys() <= METRIC.keys():
        return "the metric is not in the registry"
    for name, value in fact.values.items():
        if _number(value) and abs(value) > METRIC[name].ceiling:
            return "a total is greater than any that is read"
    return _figures(fact.values)


def _report(fact: Report) -> str:
    if len(fact.session) > LONGEST_RECORD:
        return "the session's name is too long"
    if fact.value is not None and not _number(fact.value, MOST_EXERTION):
        return "the answer is not on any scale"
    if fact.reason and fact.reason not in REPORT_REASONS.get(fact.instrument, ()):
        return "the reason is not one of the list"
    return ""


def _deletion(fact: Deletion) -> str:
    return "the deleted record's name is too long" if len(fact.target) > LONGEST_RECORD else ""


def _figures(figures: Mapping[str, float]) -> str:
    return "" if all(map(_number, figures.values())) else "a total is not a finite number"


def _number(value: object, most: float = math.inf) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= most


def _is_integer(value: object, low: int, high: int) -> bool:
    # A bool is an int in Python, and JSON's `true` is no number.
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_EPOCH = 719_163  # ordinal of 1970-01-01
_RULES: dict[type, Callable[..., str]] = {
    SampleBlock: _samples,
    Workout: _workout,
    DaySummary: _day,
    Report: _report,
    Deletion: _deletion,
}
