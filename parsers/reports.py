"""What patients report through an app, in Kadens' own JSON, to facts. Pure.

    {"type": "report.created" | "report.amended" | "report.withdrawn",
     "patient": "<the app's own user id>",
     "report": {…}  or  "reports": [{…}, …]}

A report:

    id           required  the app's id of the answer; the same id again is the same answer
    revision     integer, 0 when created; at least 1, and required, when amended or withdrawn
    answered_at  required  RFC 3339 with offset
    instrument   required  pain | exertion | day_form | session | week | red_flag | not_exercise |
                 exercise (not needed to withdraw)
    phase        before | during | after | next_morning | none
    value, scale required except for `session` and marks; see SCALES. A value is never converted
                 between scales.
    session      the app's or vendor's id of the workout it concerns
    site         where it hurts
    activity, started_at, ended_at   required for `session`, the patient's own report of exercise
    reason       why a session was no exercise, or was exercise after all; of a red_flag the sign
                 that was asked about; see marks.REPORT_REASONS
    equipment    list of texts

An answer of the instrument `week` is the number of sessions in the patient's own week (from Monday)
up to `answered_at`. An `ended_at` before that is the end of the time that was asked about, so that
the week before can be answered on a Monday.

`not_exercise` marks a session that was recorded or found as no exercise, and `exercise` takes that
back, as a withdrawal does. Either names the session by `session`, by `started_at` and `ended_at`,
or by both.

A `red_flag` is the answer to a question about one warning sign, on the scale `yes-no`: 1 is yes.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from model.facts import (
    MARKS,
    Deletion,
    DeviceType,
    Fact,
    Instrument,
    Method,
    Parsed,
    Phase,
    RejectKind,
    Report,
    Source,
)
from model.marks import REPORT_REASONS
from model.schemas.report_body import (
    EVENTS,
    LONGEST_REPORT_WORD,
    MOST_EQUIPMENT,
    MOST_REPORT_REVISION,
    MOST_REPORTS,
    SCALES,
)
from model.schemas.strict_json import doubled_members, member_name
from model.storable import LONGEST_WORD
from model.words.activities import TYPES
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    document,
    head,
    instant_of,
    kept_without,
    list_of,
    number_of,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.lazy_readers import single_part

Word = TypeVar("Word", Instrument, Phase)

# One source for all apps: an answer comes from the person, whatever app asked.
SOURCE = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)


def parse_reports(body: bytes) -> Parsed:
    """Return the reports of a body; BodyError when it is not in EVENTS or names no patient."""
    event = document(body)
    errors: list[Unreadable] = []
    try:
        account = text(event.get("patient"), "patient")
        kind = _kind(event.get("type"))
        # The list is complete before any report is read, so a wrong event refuses the entire body.
        records = list(_records(event))
        doubled = _doubled_reports(body)
    except Unreadable as error:
        raise body_error(error) from error
    facts: list[Fact] = []
    for where, record in records:
        try:
            if where in doubled:
                raise doubled[where]
            facts.append(_fact(kind, object_of(record, where), where, errors))
        except Unreadable as error:
            errors.append(error)
    return Parsed(account=account, facts=tuple(facts), rejects=rejects(errors))


read_reports = single_part(parse_reports)


def _doubled_reports(body: bytes) -> dict[str, Unreadable]:
    """Return the reports with a member that stands twice; of two answers nobody may guess.

    Raises `Unreadable` for such a member outside of a report.
    """
    try:
        paths = list(doubled_members(body))
    except ValueError as error:
        raise Unreadable("@0", str(error)) from None
    doubled: dict[str, Unreadable] = {}
    for path in paths:
        match path:
            case ["report", _, *_]:
                where = "report"
            case ["reports", int(number), *_]:
                where = f"reports[{number}]"
            case _:
                raise Unreadable(member_name(path), "stands twice")
        doubled.setdefault(where, Unreadable(f"{where}.{path[-1]}", "stands twice"))
    return doubled


def _kind(value: object) -> str:
    if not isinstance(value, str) or value not in EVENTS:
        raise Unreadable("type", "an unknown event", RejectKind.UNKNOWN)
    return value


def _records(event: JsonObject) -> Iterator[tuple[str, Any]]:
    single, listed = event.get("report"), event.get("reports")
    if single is not None:
        yield "report", single
    if listed is not None:
        many = list_of(listed, "reports")
        if len(many) > MOST_REPORTS:
            raise Unreadable("reports", f"more than {MOST_REPORTS} reports", RejectKind.TOO_MUCH)
        yield from ((f"reports[{index}]", record) for index, record in enumerate(many))
    if single is None and listed is None:
        raise Unreadable("report", "absent")


def _fact(kind: str, fields: JsonObject, where: str, errors: list[Unreadable]) -> Report | Deletion:
    record = text(fields.get("id"), f"{where}.id")
    revision = _revision(fields.get("revision"), kind, f"{where}.revision")
    at, offset = instant_of(fields.get("answered_at"), f"{where}.answered_at")
    # A withdrawal has no instrument, so it ends here.
    if kind == "report.withdrawn":
        return Deletion(head=head(SOURCE, record, revision, (at, at), offset), target=record)
    instrument = _any_of(Instrument, fields.get("instrument"), f"{where}.instrument")
    is_declared = instrument is Instrument.SESSION
    has_value = not is_declared and instrument not in MARKS
    value, scale = _answer(fields, instrument, where) if has_value else (None, "")
    return Report(
        head=head(SOURCE, record, revision, _span_of(fields, instrument, at, where), offset),
        instrument=instrument,
        phase=_phase(fields, where, errors),
        value=value,
        scale=scale,
        session=_word("session", LONGEST_WORD, fields, where, errors),
        site=_word("site", LONGEST_REPORT_WORD, fields, where, errors),
        type=_activity(fields.get("activity"), f"{where}.activity", required=is_declared),
        equipment=_equipment(fields.get("equipment"), f"{where}.equipment", errors),
        reason=_reason(fields, instrument, where, errors),
    )


def _span_of(fields: JsonObject, instrument: Instrument, at: int, where: str) -> tuple[int, int]:
    """Return the span of the session that a report declares or marks, else the answer's instant."""
    has_span = any(fields.get(name) is not None for name in ("started_at", "ended_at"))
    if instrument is Instrument.SESSION or (instrument in MARKS and has_span):
        return _span(fields, where)
    if instrument in MARKS:
        text(fields.get("session"), f"{where}.session", LONGEST_WORD)  # a mark must name something
    if instrument is Instrument.WEEK:
        return _until(fields, at, where)
    return at, at


def _reason(
    fields: JsonObject, instrument: Instrument, where: str, errors: list[Unreadable]
) -> str:
    value = fields.get("reason")
    if value is None or instrument not in REPORT_REASONS:
        return ""
    if not isinstance(value, str) or value not in REPORT_REASONS[instrument]:
        # A mark without its reason is a mark all the same, and a yes to any sign is a yes.
        errors.append(Unreadable(f"{where}.reason", "not one of its words", RejectKind.UNKNOWN))
        return ""
    return value


def _phase(fields: JsonObject, where: str, errors: list[Unreadable]) -> Phase:
    value = fields.get("phase")
    if value is None:
        return Phase.NONE
    return kept_without(errors, Phase.NONE, _any_of, Phase, value, f"{where}.phase")


def _word(name: str, longest: int, fields: JsonObject, where: str, errors: list[Unreadable]) -> str:
    """Return an optional word of an answer, "" where it cannot be read."""
    value = fields.get(name)
    return kept_without(errors, "", optional_text, value, f"{where}.{name}", longest)


def _revision(values: object, kind: str, where: str) -> int:
    least = 0 if kind == "report.created" else 1
    value = 0 if values is None and not least else values
    # A bool is an int in Python, and JSON's true must not pass as 1.
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not least <= value <= MOST_REPORT_REVISION
    ):
        raise Unreadable(where, f"not an integer of at least {least}")
    return value


def _answer(fields: JsonObject, instrument: Instrument, where: str) -> tuple[float, str]:
    """Return value and scale.

    The scale must be named and belong to the instrument: a number alone is no answer.
    """
    scale = next(
        (row for row in SCALES if row.id == fields.get("scale") and row.instrument is instrument),
        None,
    )
    if scale is None:
        raise Unreadable(f"{where}.scale", f"not a scale for {instrument}", RejectKind.UNKNOWN)
    value = number_of(fields.get("value"), f"{where}.value")
    if not scale.low <= value <= scale.high:
        raise Unreadable(f"{where}.value", f"not on {scale.id}", RejectKind.RANGE)
    if scale.integers_only and not value.is_integer():
        raise Unreadable(f"{where}.value", f"{scale.id} has whole numbers only")
    return value, scale.id


def _span(fields: JsonObject, where: str) -> tuple[int, int]:
    start, _ = instant_of(fields.get("started_at"), f"{where}.started_at")
    end, _ = instant_of(fields.get("ended_at"), f"{where}.ended_at")
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        raise Unreadable(
            f"{where}.ended_at", "not after the start by at most seven days", RejectKind.RANGE
        )
    return start, end


def _until(fields: JsonObject, answered_ms: int, where: str) -> tuple[int, int]:
    """Return the instant up to which an answer about a week holds, as a span without length."""
    if fields.get("ended_at") is None:
        return answered_ms, answered_ms
    until_ms, _ = instant_of(fields["ended_at"], f"{where}.ended_at")
    if until_ms > answered_ms:
        raise Unreadable(f"{where}.ended_at", "after the answer was given", RejectKind.RANGE)
    return until_ms, until_ms


def _activity(value: object, where: str, *, required: bool) -> str:
    if value is None and not required:
        return ""
    if not isinstance(value, str) or value not in TYPES:
        raise Unreadable(where, "not a known activity", RejectKind.UNKNOWN)
    return value


def _equipment(value: object, where: str, errors: list[Unreadable]) -> tuple[str, ...]:
    nothing: list[Any] = []
    listed = nothing if value is None else kept_without(errors, nothing, list_of, value, where)
    if len(listed) > MOST_EQUIPMENT:
        errors.append(Unreadable(where, f"more than {MOST_EQUIPMENT} pieces", RejectKind.TOO_MUCH))
    pieces: list[str] = []
    for index, piece in enumerate(listed[:MOST_EQUIPMENT]):
        field = f"{where}[{index}]"
        name = kept_without(errors, "", text, piece, field, LONGEST_REPORT_WORD)
        pieces += [name] if name else []
    return tuple(pieces)


def _any_of(words: type[Word], value: object, where: str) -> Word:
    word_meant = next((word for word in words if word.value == value), None)
    if word_meant is None:
        raise Unreadable(where, "not one of its words", RejectKind.UNKNOWN)
    return word_meant
