"""One record of WHOOP to facts: a workout, a sleep, a recovery. Pure.

Times are in UTC, and the offset stands beside them. WHOOP gives out no heart rates, so that only
its own means are known of a workout. The time of its last change is a record's revision. Strain,
recovery scores and stages of sleep are never read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.facts import DeviceType, Fact, Method, RejectKind, SampleBlock, Source, Workout
from model.metrics import LONGEST_INTERVAL_MS
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    measure_of,
    object_of,
    optional_text,
    text,
    zone_offset,
)
from parsers.streams import SeriesByKey
from parsers.vendors.figures import summary_figures
from parsers.vendors.whoop.names import (
    RECOVERY_METRICS,
    WHOOP_SPORTS,
    WORKOUT_SCORES,
    ZONE_FIGURES,
)
from parsers.word_tables import type_of_word

_VENDOR = "whoop"
_PENDING = "PENDING_SCORE"
_ZONES = ("zone_durations", "zone_duration")  # the name changed between the interfaces
# The first of these whose members a record has says what it is.
_MEMBERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("recovery", frozenset(("sleep_id", "cycle_id"))),
    ("sleep", frozenset(("start", "nap"))),
    ("workout", frozenset(("start", "sport_name"))),
    ("workout", frozenset(("start", "sport_id"))),
    ("cycle", frozenset(("start", "timezone_offset", "score_state"))),
)
_SCORED_LATER = frozenset(("workout", "recovery"))  # of a sleep only the times are read


@dataclass(frozen=True, slots=True)
class WhoopRecord:
    """A record under way: its members, its path in the answer, and what was wrong with it."""

    item: JsonObject
    where: str
    errors: list[Unreadable]

    def field(self, name: str) -> tuple[object, str]:
        """Return a member with its path."""
        return self.item.get(name), f"{self.where}.{name}"


def whoop_source(method: Method = Method.BACKGROUND) -> Source:
    """Return a band as a source; WHOOP sells nothing else."""
    return Source(vendor=_VENDOR, device_type=DeviceType.WATCH, method=method)


def kind_of_record(item: JsonObject) -> str:
    """Return what a record is, by its members; "" for none that is known."""
    for kind, members in _MEMBERS:
        if members <= item.keys():
            return kind
    return ""


def is_pending(item: JsonObject) -> bool:
    """Return whether a record of which figures are wanted is still to be scored."""
    return item.get("score_state") == _PENDING and kind_of_record(item) in _SCORED_LATER


def facts_of_record(record: WhoopRecord) -> Iterator[Fact]:
    """Yield the facts of a record; Unreadable where it has no name, no time, or is no such."""
    kind = kind_of_record(record.item)
    # a cycle comes where a page of the wrong kind was answered
    if kind == "cycle":
        return  # its figures are over no date and no exercise
    if kind not in _READERS:
        raise Unreadable(record.where, "a record that is not known here", RejectKind.UNKNOWN)
    yield from _READERS[kind](record)


def _workout(record: WhoopRecord) -> Iterator[Fact]:
    span, offset = _times(record, LONGEST_WORKOUT_MS)
    word = kept_without(record.errors, "", optional_text, *record.field("sport_name"))
    name = text(*record.field("id"))
    score = _score(record)
    summary = summary_figures(score, WORKOUT_SCORES, f"{record.where}.score", record.errors)
    for member in _ZONES:
        if score.get(member) is None:
            continue
        location = f"{record.where}.score.{member}"
        nothing: JsonObject = {}
        zones = kept_without(record.errors, nothing, object_of, score[member], location)
        summary |= summary_figures(zones, ZONE_FIGURES, location, record.errors)
    yield Workout(
        head=head(whoop_source(Method.WORKOUT), f"workout:{name}", _revision(record), span, offset),
        type=type_of_word(WHOOP_SPORTS, word, f"{record.where}.sport_name", record.errors),
        vendor_type=word,
        summary=summary,
    )


def _sleep(record: WhoopRecord) -> Iterator[Fact]:
    """Yield the wear of a band in a sleep or a nap."""
    (start, end), offset = _times(record, LONGEST_INTERVAL_MS)
    series = SeriesByKey()
    series.add("wear", whoop_source(), offset, (start, end, 1.0))
    yield from series.of_record(f"sleep:{text(*record.field('id'))}", _revision(record))


def _recovery(record: WhoopRecord) -> Iterator[SampleBlock]:
    """Yield the resting heart rate and its variability, at the time when they were stated.

    They are those of the sleep, which the record names without its times.
    """
    # a recovery has no offset of its own: its local date is that of the patient's zone
    at, _ = instant_of(*record.field("created_at"))
    name = f"recovery:{text(*record.field('sleep_id'))}"
    score = _score(record)
    series = SeriesByKey()
    for theirs, metric in RECOVERY_METRICS.items():
        if score.get(theirs) is None:
            continue
        try:
            stated = measure_of(score[theirs], metric, f"{record.where}.score.{theirs}")
            series.add(metric, whoop_source(), None, (at, at, stated))
        except Unreadable as error:
            record.errors.append(error)
    yield from series.of_record(name, _revision(record))


def _times(record: WhoopRecord, longest_ms: int) -> tuple[tuple[int, int], int | None]:
    """Return the span in epoch ms, and the offset in minutes, None for "Z" and where it is bad."""
    start, _ = instant_of(*record.field("start"))
    end, _ = instant_of(*record.field("end"))
    if not 0 < end - start <= longest_ms:
        raise Unreadable(
            f"{record.where}.end", "not after the start, or too long", RejectKind.RANGE
        )
    return (start, end), kept_without(
        record.errors, None, zone_offset, *record.field("timezone_offset")
    )


def _score(record: WhoopRecord) -> JsonObject:
    """Return the score of a record, empty while there is none."""
    nothing: JsonObject = {}
    value, where = record.field("score")
    return (
        nothing if value is None else kept_without(record.errors, nothing, object_of, value, where)
    )


def _revision(record: WhoopRecord) -> int:
    """Return the time of the last change in epoch ms, 0 where it is not stated."""
    nothing: tuple[int, int | None] = (0, None)
    if record.item.get("updated_at") is None:
        return 0
    return kept_without(record.errors, nothing, instant_of, *record.field("updated_at"))[0]


_READERS: dict[str, Callable[[WhoopRecord], Iterator[Fact]]] = {
    "workout": _workout,
    "sleep": _sleep,
    "recovery": _recovery,
}
