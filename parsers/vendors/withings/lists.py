"""What an answer of Withings lists, as facts: measures, days, workouts, nights. Pure.

A measure is value * 10^unit. What a body consists of and the heart's rhythm are never read.
"""

from collections.abc import Callable, Iterator

from model.calendar import DAY_MS, day_bounds
from model.facts import DaySummary, Fact, Method, RejectKind, Workout
from model.metrics import LONGEST_INTERVAL_MS
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
)
from parsers.growing import size_of_totals
from parsers.streams import SeriesByKey
from parsers.vendors.figures import calendar_date, date_start_ms, day_figures, summary_figures
from parsers.vendors.withings.items import (
    ListedItem,
    count_within,
    epoch_second,
    is_worn_device,
    offset_of_zone,
)
from parsers.vendors.withings.names import (
    GOAL_GROUP,
    MEASURE_METRICS,
    MEASURED_GROUP,
    WITHINGS_CATEGORIES,
    WITHINGS_DAY_FIGURES,
    WITHINGS_WORKOUT_FIGURES,
)
from parsers.vendors.withings.samples import intraday_samples, night_samples
from parsers.word_tables import type_of_word

_Errors = list[Unreadable]
_MOST_TYPE = 100_000


def facts_of_answer(body: JsonObject, errors: _Errors) -> Iterator[Fact]:
    """Yield the facts of an answer by what it lists; Unreadable for one that lists nothing known.

    A record that cannot be read is in `errors`, and the rest is kept.
    """
    answer = ListedItem(body, "body", errors)
    if "measuregrps" in body:
        # stands beside the list and holds for all groups, which have none of their own
        zone = answer.zone()
        yield from _each(answer, "measuregrps", lambda item: _group(item, zone))
    elif "activities" in body:
        yield from _each(answer, "activities", _day)
    elif isinstance(body.get("series"), dict):
        yield from intraday_samples(body["series"], "body.series", errors)
    elif "series" in body:
        pieces: list[ListedItem] = []
        yield from _each(answer, "series", lambda item: _of_series(item, pieces))
        yield from night_samples(pieces)
    else:
        raise Unreadable("body", "lists nothing that is followed", RejectKind.UNKNOWN)


def _each(
    answer: ListedItem, name: str, read: Callable[[ListedItem], Iterator[Fact]]
) -> Iterator[Fact]:
    value, where = answer.field(name)
    for index, item in enumerate(list_of(value, where)):
        path = f"{where}[{index}]"
        try:
            yield from read(ListedItem(object_of(item, path), path, answer.errors))
        except Unreadable as error:
            answer.errors.append(error)


def _of_series(item: ListedItem, pieces: list[ListedItem]) -> Iterator[Fact]:
    """Yield the fact of a workout or of a night; a piece of a night is added to `pieces`."""
    # all three come under the same name
    if "category" in item.item:
        yield from _workout(item)
    elif "state" in item.item or "hr" in item.item:
        pieces.append(item)
    else:
        yield from _night(item)


def _group(group: ListedItem, zone: str) -> Iterator[Fact]:
    """Yield what was measured at one time."""
    category, where = group.field("category")
    if category == GOAL_GROUP:
        return  # measured by nobody
    if category not in (None, MEASURED_GROUP):
        raise Unreadable(where, "a category that is not known", RejectKind.UNKNOWN)
    record = f"measure:{group.name('grpid')}"
    at = epoch_second(*group.field("date"))
    source = group.source(group.method())
    series = SeriesByKey()
    value, where = group.field("measures")
    for index, item in enumerate(list_of(value, where)):
        path = f"{where}[{index}]"
        try:
            metric, stated = _measure(ListedItem(object_of(item, path), path, group.errors))
            if metric:
                series.add(metric, source, offset_of_zone(zone, at), (at, at, stated))
        except Unreadable as error:
            group.errors.append(error)
    yield from series.of_record(record, group.head(source, record, (at, at), zone).revision)


def _measure(item: ListedItem) -> tuple[str, float]:
    """Return the metric and the value of a measure; "" for a type that is not followed."""
    metric = MEASURE_METRICS.get(count_within(*item.field("type"), _MOST_TYPE), "")
    if not metric:
        return "", 0.0
    power = round(number_within(item.item.get("unit"), -12, 12, f"{item.where}.unit"))
    stated = number_within(item.item.get("value"), -1e15, 1e15, f"{item.where}.value")
    # by division where it is one: 118003 * 10**-3 would not be 118.003
    value = stated / 10**-power if power < 0 else stated * 10**power
    return metric, measure_of(value, metric, f"{item.where}.value")


def _day(item: ListedItem) -> Iterator[Fact]:
    """Yield the totals of a date in the zone that stands beside it."""
    day = calendar_date(*item.field("date"))
    zone = item.zone()
    start = date_start_ms(day)
    span = day_bounds(day, zone) if zone else (start, start + DAY_MS)
    record = f"activity:{day.isoformat()}"
    totals = day_figures(item.item, WITHINGS_DAY_FIGURES, item.where, item.errors)
    source, size = item.source(Method.BACKGROUND), size_of_totals(totals)
    row_head = item.head(source, record, span, zone, size)
    yield DaySummary(head=row_head, local_date=day, values=totals)


def _workout(item: ListedItem) -> Iterator[Fact]:
    record = f"workout:{item.name('id')}"
    start, end = item.times(LONGEST_WORKOUT_MS)
    method = item.method()
    source = item.source(Method.WORKOUT if method is Method.BACKGROUND else method)
    category = kept_without(item.errors, -1, count_within, *item.field("category"), _MOST_TYPE)
    word = str(category) if category >= 0 else ""
    data = item.inner("data")
    yield Workout(
        head=item.head(source, record, (start, end), item.zone()),
        type=type_of_word(WITHINGS_CATEGORIES, word, f"{item.where}.category", item.errors),
        vendor_type=word,
        moving_ms=_moving_ms(data, end - start),
        summary=summary_figures(data.item, WITHINGS_WORKOUT_FIGURES, data.where, item.errors),
    )


def _moving_ms(data: ListedItem, elapsed_ms: int) -> int | None:
    """Return the time without pauses, None where no pause is stated."""
    paused_s = 0.0
    for name in ("pause_duration", "algo_pause_duration"):
        value, where = data.field(name)
        if value is not None:
            limits = 0, elapsed_ms / 1000, where
            stated = kept_without(data.errors, 0.0, number_within, value, *limits)
            # a device may find the pauses that its wearer has set as well
            paused_s = max(paused_s, stated)
    return elapsed_ms - round(paused_s * 1000) if paused_s else None


def _night(item: ListedItem) -> Iterator[Fact]:
    """Yield the wear of a watch in a night; a mat, which nobody wears, says nothing of it."""
    record = f"sleep:{item.name('id')}"
    start, end = item.times(LONGEST_INTERVAL_MS)
    source = item.source(Method.BACKGROUND)
    if not is_worn_device(source):
        raise Unreadable(item.where, "a night on a device that nobody wears", RejectKind.UNKNOWN)
    named = item.head(source, record, (start, end), item.zone())
    series = SeriesByKey()
    series.add("wear", source, named.offset_min, (start, end, 1.0))
    yield from series.of_record(record, named.revision)
