"""What matters most of an answer to a request for access, in words and not as rows. Pure.

Only some tables have words here; the files of the answer have every row of every table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations
from html import escape
from typing import Any

from kadens.privacy.handling.access_page import PAGE_STYLE
from patient.history.answers import own_answer
from patient.pages import LINK_LOCALE
from patient.words import activity_words
from storage.reads.own_answers import OwnAnswerRow
from web.languages import read_catalogues

_MINUTE_MS = 60_000
_HEAD = f"""<!doctype html>
<html lang="sv"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Dina uppgifter · Your data</title>{PAGE_STYLE}</head><body>
<h1>Dina uppgifter i klartext <span lang="en">· Your data in words</span></h1>
<p>Tider är i UTC. Det fullständiga svaret finns i filerna. <a href="index.html">Varför det finns
och vem som ser det</a></p>
<p lang="en">Times are in UTC. The complete answer is in the files.</p>
"""
_TITLES: Mapping[str, tuple[str, str]] = {
    "prescription": ("Ordinationer", "Prescriptions"),
    "session": ("Träningspass", "Sessions"),
    "fact": ("Dina svar, som de gavs", "Your answers, as they were given"),
    "correction": ("Rättelser", "Corrections"),
    "alert": ("Det som vården har uppmärksammats på", "What the clinic was made aware of"),
    "consent": ("Samtycken", "Consents"),
    "rights_request": ("Det du har begärt", "What you have asked for"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableLine:
    """A row in words: its day or instant, and the text in Swedish and English."""

    at: str
    swedish: str
    english: str


def readable_line(table: str, row: Mapping[str, Any]) -> ReadableLine | None:
    """Return a row in words; None for a row or a table that has none."""
    worded = _WORDED.get(table)
    return None if worded is None else worded(row)


def readable_page(lines: Mapping[str, Sequence[ReadableLine]]) -> str:
    """Return the page, a part for each table in the order of its titles, newest first."""
    parts = "".join(_part(table, lines.get(table, ())) for table in _TITLES)
    return f"{_HEAD}{parts}</body></html>\n"


def _part(table: str, lines: Sequence[ReadableLine]) -> str:
    swedish, english = _TITLES[table]
    newest = sorted(lines, key=lambda line: line.at, reverse=True)
    body = "".join(map(_tr, newest)) or '<tr><td>Inget <span lang="en">· none</span></td></tr>'
    head = f'<h2>{swedish} <span lang="en">· {english}</span></h2>'
    return f"<section>{head}<table>{body}</table></section>\n"


def _tr(line: ReadableLine) -> str:
    english = f'<br><span lang="en">{escape(line.english)}</span>'
    shown = escape(line.swedish) + (english if line.english != line.swedish else "")
    return f"<tr><th>{escape(line.at[:16].replace('T', ' '))}</th><td>{shown}</td></tr>"


def _prescription(row: Mapping[str, Any]) -> ReadableLine:
    body = row["body"]
    times, minutes = body.get("sessions_per_week"), body.get("minutes_per_session")
    until, version = row["valid_to"], row["version"]
    return ReadableLine(
        at=str(row["valid_from"]),
        swedish=f"{times} gånger i veckan, {minutes} minuter, till {until} (version {version})",
        english=f"{times} times a week, {minutes} minutes, until {until} (version {version})",
    )


def _session(row: Mapping[str, Any]) -> ReadableLine:
    kind = activity_words(row["type"])
    lasted = datetime.fromisoformat(row["end_at"]) - datetime.fromisoformat(row["start_at"])
    minutes = int(lasted.total_seconds() * 1_000 - row["paused_ms"]) // _MINUTE_MS
    heart = row.get("hr_mean")
    pulse = "" if heart is None else f", medelpuls {heart:.0f}"
    rate = "" if heart is None else f", mean heart rate {heart:.0f}"
    return ReadableLine(
        at=str(row["start_at"]),
        swedish=f"{_translated(kind)}, {minutes} minuter{pulse}",
        english=f"{kind}, {minutes} minutes{rate}",
    )


def _answer(row: Mapping[str, Any]) -> ReadableLine | None:
    payload = row["payload"]
    if row["kind"] != "report" or not isinstance(payload, dict):
        return None
    given = OwnAnswerRow(
        local_date=row["local_date"],
        instrument=payload.get("instrument", ""),
        phase=payload.get("phase") or "none",
        value=payload.get("value"),
        scale=payload.get("scale") or "",
        site=payload.get("site") or "",
        reason=payload.get("reason") or "",
        is_corrected=False,
    )
    answer = own_answer(given)
    if answer is None:
        return None
    of = f" / {answer.most}" if answer.most else ""
    value = f"{answer.value}{of}"
    return ReadableLine(
        at=str(row["start_at"]),
        swedish=_answered(_translated(answer.question), _translated(answer.words) or value),
        english=_answered(answer.question, answer.words or value),
    )


def _answered(question: str, answer: str) -> str:
    # a question has its own mark at the end
    return f"{question} {answer}" if question.endswith("?") else f"{question}: {answer}"


def _correction(row: Mapping[str, Any]) -> ReadableLine:
    was, fields = _pairs(row["was"]), _pairs(row["fields"])
    swedish = f"{was} gäller inte" if row["is_void"] else f"{was} → {fields}"
    english = f"{was} does not hold" if row["is_void"] else f"{was} → {fields}"
    return ReadableLine(at=str(row["set_at"]), swedish=swedish, english=english)


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _alert(row: Mapping[str, Any]) -> ReadableLine:
    # the sentence is a rule's own, and is stored in English
    text = str(row["sentence"])
    return ReadableLine(at=str(row["raised_at"]), swedish=text, english=text)


def _consent(row: Mapping[str, Any]) -> ReadableLine:
    ended = row["withdrawn_at"]
    name = row["vendor"]
    return ReadableLine(
        at=str(row["given_at"]),
        swedish=f"{name}: " + (f"tillbakataget {ended[:10]}" if ended else "gäller"),
        english=f"{name}: " + (f"withdrawn {ended[:10]}" if ended else "holds"),
    )


def _request(row: Mapping[str, Any]) -> ReadableLine:
    text = " ".join(part for part in (row["wish"], row["answer"]) if part)
    shown = f"{row['kind']}, {row['state']}" + (f": {text}" if text else "")
    return ReadableLine(at=str(row["received_at"]), swedish=shown, english=shown)


_WORDED: Mapping[str, Callable[[Mapping[str, Any]], ReadableLine | None]] = {
    "prescription": _prescription,
    "session": _session,
    "fact": _answer,
    "correction": _correction,
    "alert": _alert,
    "consent": _consent,
    "rights_request": _request,
}


def _translated(text: str) -> str:
    # the catalogue answers an empty text with its own heading
    return _swedish_texts().gettext(text) if text else ""


@lru_cache(maxsize=1)
def _swedish_texts() -> NullTranslations:
    return read_catalogues(LINK_LOCALE)["sv"]
