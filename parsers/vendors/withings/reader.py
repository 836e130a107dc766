"""Withings' cues and answers to facts and further requests. Pure.

A cue is a form, and holds no data: `userid=12345&appli=16&date=2026-11-20`. It says what to ask
for, and nothing signs it: what comes to the address of an account and is no such form is refused.
An answer is `{"status": 0, "body": {...}}`; what it lists says what it is.
"""

from collections.abc import Iterator

from model.calendar import DAY_MS
from model.errors import BodyError
from model.facts import Fact, RejectKind
from model.received import Context, Fetch, Notice, NoticeKind, Part, ReaderItem
from parsers.bounds import readable
from parsers.fields import JsonObject, Unreadable, body_error, document, object_of, rejects
from parsers.forms import form_of
from parsers.vendors.figures import calendar_date, date_start_ms
from parsers.vendors.withings.lists import facts_of_answer
from parsers.vendors.withings.names import (
    ACTIVITY_CATEGORY,
    ACTIVITY_PATH,
    BODY_CATEGORIES,
    ENDED_PROFILES,
    MEASURES_PATH,
    PROFILE_CATEGORY,
    SLEEP_CATEGORY,
    SLEEP_PATH,
)

_LONGEST_ID = 20
_LONGEST_SECONDS = 12
_LATEST_SLEEP_MS = 7 * DAY_MS  # the longest time that one request for sleep may have
_HALF_DAY_MS = DAY_MS // 2
_Span = tuple[int, int]
_Query = tuple[tuple[str, str], ...]


def read_withings(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a cue or an answer means; BodyError where it is neither."""
    try:
        # a form never begins so: told apart by the body, because a replay knows no content type
        if payload.lstrip()[:1] != b"{":
            yield from _cue(form_of(payload), context)
        elif "account" in context.query:
            # whoever has the address of an account could state anything of it
            raise BodyError("body", "data that nobody asked for", RejectKind.UNKNOWN)
        else:
            yield from _answer(document(payload), context)
    except Unreadable as error:
        raise body_error(error) from error


def _cue(form: dict[str, str], context: Context) -> Iterator[ReaderItem]:
    account = _digits(form.get("userid", ""), "userid", _LONGEST_ID)
    # the address is proved, the body is not: only the account of the address may be meant
    if context.query.get("account", account) != account:
        raise Unreadable("userid", "not the account of this address", RejectKind.UNKNOWN)
    category = _digits(form.get("appli", ""), "appli", _LONGEST_SECONDS)
    if category == PROFILE_CATEGORY and form.get("action") in ENDED_PROFILES:
        yield Notice(account=account, kind=NoticeKind.REVOKED)
    elif category in BODY_CATEGORIES:
        yield measures_fetch(account, _span(form, context))
    elif category == ACTIVITY_CATEGORY:
        yield from activity_fetches(account, _days(form, context))
    elif category == SLEEP_CATEGORY:
        yield from sleep_fetches(account, _span(form, context))
    else:
        yield Notice(account=account, kind=NoticeKind.UNKNOWN)


def measures_fetch(account: str, span: _Span) -> Fetch:
    """Return the request for what was measured on the body, or corrected, since a span began."""
    since = str(span[0] // 1000)
    return _fetch(account, "getmeas", since, MEASURES_PATH, (("lastupdate", since),))


def activity_fetches(account: str, span: _Span) -> Iterator[Fetch]:
    """Yield the requests for days, workouts and samples of a span of whole days.

    Days and workouts are those that changed since the day before the span. A day's own zone is not
    known yet: the samples are asked for from half a day before the span to half a day after it, a
    day at a time, which is what one request may have.
    """
    start, end = span
    # a day more: dates are local, and corrections may come a little earlier
    since = str((start - DAY_MS) // 1000)
    for action in ("getactivity", "getworkouts"):
        yield _fetch(account, action, since, ACTIVITY_PATH, (("lastupdate", since),))
    for begin in range(start - _HALF_DAY_MS, end + _HALF_DAY_MS, DAY_MS):
        query = _seconds((begin, begin + DAY_MS))
        yield _fetch(account, "getintradayactivity", str(begin // 1000), ACTIVITY_PATH, query)


def sleep_fetches(account: str, span: _Span) -> Iterator[Fetch]:
    """Yield the requests for the sleep of a span, a week at a time."""
    start, end = span
    for begin in range(start, end, _LATEST_SLEEP_MS):
        part = begin, min(begin + _LATEST_SLEEP_MS, end)
        name = f"{part[0] // 1000}/{part[1] // 1000}"
        yield _fetch(account, "get", name, SLEEP_PATH, _seconds(part))


def _fetch(account: str, action: str, key: str, path: str, query: _Query) -> Fetch:
    return Fetch(
        account=account,
        resource=action,
        key=key,
        path=path,
        query=(("action", action), *query),
        format="withings",
    )


def _seconds(span: _Span) -> _Query:
    return (("startdate", str(span[0] // 1000)), ("enddate", str(span[1] // 1000)))


def _span(form: dict[str, str], context: Context) -> _Span:
    """Return the span that a cue is about, at most a month; the last day where it names none."""
    # categories differ in what they name: seconds, a date, or nothing
    if "startdate" not in form:
        return _days(form, context)
    start = _instant(form["startdate"], "startdate")
    end = _instant(form.get("enddate", form["startdate"]), "enddate")
    if not 0 <= end - start <= 31 * DAY_MS:
        raise Unreadable("enddate", "before the start, or too long after it", RejectKind.RANGE)
    # a measure has one second, and a request for none would be empty
    return start, max(end, start + 1000)


def _days(form: dict[str, str], context: Context) -> _Span:
    """Return the whole days, by UTC, that a cue is about: its date, its span, or the last one."""
    if "date" in form:
        start = _date_or_instant(form["date"])
        return start, start + DAY_MS
    if "startdate" in form:
        start, end = _span(form, context)
        return start // DAY_MS * DAY_MS, -(-end // DAY_MS) * DAY_MS
    if not context.received_ms:
        raise Unreadable("startdate", "absent")
    start = context.received_ms // DAY_MS * DAY_MS
    return start - DAY_MS, start + DAY_MS


def _date_or_instant(written: str) -> int:
    # both are seen
    if "-" in written:
        return date_start_ms(calendar_date(written, "date"))
    return _instant(written, "date") // DAY_MS * DAY_MS


def _instant(written: str, where: str) -> int:
    ms = int(_digits(written, where, _LONGEST_SECONDS)) * 1000
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms


def _digits(written: str, where: str, longest: int) -> str:
    if not (written.isascii() and written.isdigit() and len(written) <= longest):
        raise Unreadable(where, "not a whole number")
    return written


def _answer(answer: JsonObject, context: Context) -> Iterator[ReaderItem]:
    # what is no success never comes here from the fetcher: it judges the status
    if answer.get("status") != 0:
        raise Unreadable("status", "not an answer with data")
    body = object_of(answer.get("body"), "body")
    errors: list[Unreadable] = []
    facts: tuple[Fact, ...] = tuple(facts_of_answer(body, errors))
    account = context.requested.account if context.requested is not None else ""
    yield Part(account=account, facts=facts, rejects=rejects(errors))
    more = body.get("more")
    # a page that is neither the last nor one before another would end the list unseen
    if more not in (None, 0, 1):
        raise Unreadable("body.more", "neither true nor false")
    if context.requested is not None and more:
        yield _next_page(body, context.requested)


def _next_page(body: JsonObject, requested: Fetch) -> Fetch:
    offset = body.get("offset")
    if isinstance(offset, bool) or not isinstance(offset, int) or not 0 < offset < 2**53:
        raise Unreadable("body.offset", "more follows, and it is not said where")
    # each page begins behind the one before it, or the same would be asked for without end
    if offset <= max(
        (int(value) for name, value in requested.query if name == "offset"), default=0
    ):
        raise Unreadable("body.offset", "the same page once more", RejectKind.DAMAGED)
    # each page has an offset of its own, and two of them in one request would contradict
    query = tuple(pair for pair in requested.query if pair[0] != "offset")
    name = requested.key.partition("#")[0]
    return Fetch(
        account=requested.account,
        resource=requested.resource,
        key=f"{name}#{offset}",
        path=requested.path,
        query=(*query, ("offset", str(offset))),
        format="withings",
    )
