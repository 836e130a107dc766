"""What a patient fills in on the page of reports, and the body of answers that it becomes. Pure.

The body is that of the reports connector (`model.schemas.report_body`). A question without an
answer is left out: it is no zero and no "no".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from model.calendar import HOUR_MS, MINUTE_MS, epoch_ms, local_date, utc
from model.codec import dumps
from model.facts import Instrument, Phase
from model.schemas.report_body import LONGEST_ID, MOST_RECALLED
from model.words.activities import TYPES
from model.words.language import N_
from model.words.red_flags import RED_FLAGS, YES_NO_SCALE
from patient.report.week_question import QuestionWeek, week_reports
from patient.words import EQUIPMENT_WORDS, SITE_WORDS

SHOWN_PHASES = (Phase.BEFORE, Phase.DURING, Phase.AFTER, Phase.NEXT_MORNING)
MANUAL_DAYS = 7  # how far back a session may be written down
_LONGEST_MANUAL_MIN = 600
_SHOWN_MS = 12 * HOUR_MS  # no form is older: the patient is signed out by then
_MOST_DIGITS = 14
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PAIN, _EXERTION, _FORM = range(11), range(11), range(1, 6)
_WEEK = range(MOST_RECALLED + 1)

NOTHING_ANSWERED = N_("You have not answered anything yet.")
UNREAD_ANSWER = N_("One of the answers cannot be read. Look it through and send again.")
HALF_SESSION = N_("Fill in activity, day, time and minutes of the session, or leave all four out.")
LONG_SESSION = N_("A session is between 1 and 600 minutes long.")
SITE_ALONE = N_("Say how much it hurts as well, from 0 to 10, or choose no place.")
EQUIPMENT_ALONE = N_(
    "Say how hard it was or how much it hurt as well, so that the equipment belongs to something."
)
SESSION_AHEAD = N_("The session must have ended before now, and begun within the last week.")

Given = Mapping[str, Sequence[str]]


class UnfitAnswerError(ValueError):
    """A form that cannot become answers; its text is one of those above, for the patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A body of answers, the key of its form, and whether a warning sign is among them."""

    body: bytes
    key: str
    has_sign: bool


def first_phases(newest: date | None, today: date) -> tuple[Phase, ...]:
    """Return the phases of pain that are asked for at once; the others are there on demand.

    `newest` is the local date of the newest session. On that date it is during and after, on the
    next one during and in the morning. Without a recent session it is the pain of now.
    """
    if newest == today:
        return (Phase.DURING, Phase.AFTER)
    if newest == today - timedelta(days=1):
        return (Phase.DURING, Phase.NEXT_MORNING)
    return (Phase.NONE,)


def answers_of(given: Given, patient: str, zone: str, now_ms: int) -> Answers:
    """Return the answers of a form; raises `UnfitAnswerError` with what the patient is told."""
    key = _first(given, "key")
    if not _KEY.fullmatch(key):
        raise UnfitAnswerError(UNREAD_ANSWER)
    shown_ms = _shown_ms(given, now_ms)
    # ids made of the form's key: a form that is corrected and sent again replaces its answers
    shown = utc(shown_ms).astimezone(ZoneInfo(zone))
    reports = list(_reports(given, f"door-{key}", shown, zone, now_ms))
    if not reports:
        raise UnfitAnswerError(NOTHING_ANSWERED)
    answered = {"answered_at": shown.isoformat(timespec="seconds")}
    body = dumps(
        {
            "type": "report.created",
            "patient": patient,
            "reports": [{**answered, **report} for report in reports],
        }
    )
    return Answers(body=body, key=key, has_sign=has_sign(given))


def has_sign(given: Given) -> bool:
    """Return whether a warning sign is ticked, whatever else cannot be read in the form."""
    return not RED_FLAGS.keys().isdisjoint(given.get("sign", ()))


def _reports(
    given: Given, prefix: str, shown: datetime, zone: str, now_ms: int
) -> Iterator[dict[str, object]]:
    # first, because everything else may be about it
    manual = _manual(given, zone, now_ms)
    about = _about(given, f"{prefix}-session" if manual else "")
    worn = _equipment(given)
    if manual:
        yield {"id": f"{prefix}-session", "instrument": Instrument.SESSION.value, **manual, **worn}
    pains = list(_pains(given, prefix))
    exertion = _number(given, "exertion", _EXERTION)
    has_rated = any(pain["phase"] != Phase.NONE.value for pain in pains)
    if worn and not manual and not has_rated and exertion is None:
        raise UnfitAnswerError(EQUIPMENT_ALONE)
    for pain in pains:
        # what hurts now is of no session, though one may be chosen for the other answers
        is_now = pain["phase"] == Phase.NONE.value
        yield pain if is_now else {**pain, **about, **worn}
    if exertion is not None:
        answer = _scaled(Instrument.EXERTION, exertion, "borg-cr10")
        yield {"id": f"{prefix}-exertion", **answer, **about, **worn}
    form = _number(given, "day_form", _FORM)
    if form is not None:
        # of the day and not of a session, so it names none
        yield {"id": f"{prefix}-form", **_scaled(Instrument.DAY_FORM, form, "form-1-5")}
    counts = {week: _number(given, f"week_{week.value}", _WEEK) for week in QuestionWeek}
    yield from week_reports(counts, prefix, shown)
    yield from _signs(given, prefix)


def _pains(given: Given, prefix: str) -> Iterator[dict[str, object]]:
    """Yield the answers about pain, each phase its own: they are judged apart."""
    site = _first(given, "site")
    # the list of the page, and no free text: free text could name a person
    if site and site not in SITE_WORDS:
        raise UnfitAnswerError(UNREAD_ANSWER)
    where = {"site": site} if site else {}
    values = {
        phase: _number(given, f"pain_{phase.value}", _PAIN) for phase in (Phase.NONE, *SHOWN_PHASES)
    }
    if site and not any(value is not None for value in values.values()):
        raise UnfitAnswerError(SITE_ALONE)
    for phase, value in values.items():
        if value is not None:
            answer = _scaled(Instrument.PAIN, value, "nrs-0-10")
            yield {"id": f"{prefix}-pain-{phase.value}", **answer, "phase": phase.value, **where}


def _signs(given: Given, prefix: str) -> Iterator[dict[str, object]]:
    """Yield the signs that are ticked; only "none of these" answers the others with no."""
    ticked = given.get("sign", ())
    # who ticks a sign and "none of these" has a sign: the graver answer holds
    is_none = bool(_first(given, "no_sign")) and not has_sign(given)
    for sign in RED_FLAGS:
        # a sign that is not ticked is not denied: the patient may not have read so far
        if sign in ticked or is_none:
            answer = _scaled(Instrument.RED_FLAG, int(sign in ticked), YES_NO_SCALE)
            yield {"id": f"{prefix}-{sign}", **answer, "reason": sign}


def _manual(given: Given, zone: str, now_ms: int) -> dict[str, object]:
    """Return activity and span of a session that the patient writes down, empty without one."""
    activity, day, start, minutes = (
        _first(given, name) for name in ("activity", "day", "start", "minutes")
    )
    # the day has a choice from the beginning, so it says nothing on its own
    if not (activity or start or minutes):
        return {}
    if activity not in TYPES or not (day and start and minutes):
        raise UnfitAnswerError(HALF_SESSION)
    # a browser checks these too, but a form may come from anywhere
    length = _natural(minutes)
    if length is None or not 0 < length <= _LONGEST_MANUAL_MIN:
        raise UnfitAnswerError(LONG_SESSION)
    start_ms = _start_ms(day, start, zone)
    end_ms = start_ms + length * MINUTE_MS
    # a session that is still to come is a plan, and no report
    first = local_date(now_ms, zone) - timedelta(days=MANUAL_DAYS - 1)
    if end_ms > now_ms or local_date(start_ms, zone) < first:
        raise UnfitAnswerError(SESSION_AHEAD)
    span = {"started_at": _written(start_ms, zone), "ended_at": _written(end_ms, zone)}
    return {"activity": activity, **span}


def _start_ms(day: str, start: str, zone: str) -> int:
    try:
        moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(start))
    except ValueError:
        raise UnfitAnswerError(HALF_SESSION) from None
    # an hour that the clock shows twice is its first: `fold` is 0
    return epoch_ms(moment.replace(tzinfo=ZoneInfo(zone)))


def _about(given: Given, manual: str) -> dict[str, object]:
    """Return the session that the answers are about: one written down goes before one chosen."""
    named = manual or _first(given, "session")
    if not named:
        return {}
    if len(named) > LONGEST_ID or not named.isprintable():
        raise UnfitAnswerError(UNREAD_ANSWER)
    return {"session": named}


def _equipment(given: Given) -> dict[str, object]:
    # in the order of the list, so that the same ticks are the same body
    ticked = [name for name in EQUIPMENT_WORDS if name in given.get("equipment", ())]
    return {"equipment": ticked} if ticked else {}


def _scaled(instrument: Instrument, value: int, scale: str) -> dict[str, object]:
    return {"instrument": instrument.value, "value": value, "scale": scale}


def _number(given: Given, name: str, allowed: range) -> int | None:
    text = _first(given, name)
    if not text:
        return None
    # as written by our page: "03", "3.0" or other digits come from no radio button
    known = {str(number): number for number in allowed}
    if text not in known:
        raise UnfitAnswerError(UNREAD_ANSWER)
    return known[text]


def _shown_ms(given: Given, now_ms: int) -> int:
    """Return when the page was shown, so that a form that is sent twice says the same."""
    shown_ms = _natural(_first(given, "asked"))
    is_recent = shown_ms is not None and now_ms - _SHOWN_MS <= shown_ms <= now_ms
    return shown_ms if is_recent and shown_ms is not None else now_ms


def _natural(text: str) -> int | None:
    # `int` of a very long text takes time that grows with its square
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def _first(given: Given, name: str) -> str:
    return next(iter(given.get(name, ())), "").strip()


def _written(ms: int, zone: str) -> str:
    return utc(ms).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
