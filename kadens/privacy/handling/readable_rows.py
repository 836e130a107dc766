"""What matters most of an answer to a request for access, in words and not as rows. Pure.

Only some tables have words here; the files have every row of every table that is answered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations
from html import escape
from typing import Any

from alerts.registry import RULE
from alerts.wording import reworded
from clinic.pages import words
from clinic.pages.templating import clinic_languages
from clinic.rights.correction_words import VALUE_NAMES
from clinic.rights.request_words import KIND_WORDS, STATE_NAMES
from kadens.privacy.handling.access_page import PAGE_STYLE
from model.alert import StoredSentence
from model.privacy.requests import RightKind, RightsState
from model.words.language import ENGLISH, _, read_in, translated
from model.words.rounding import half_up
from patient.history.answers import own_answer
from patient.linking.pages import LINK_LOCALE
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


# What a prescription may ask for; it need not have all of them.
_DOSES = (
    ("sessions_per_week", "gånger i veckan", "times a week"),
    ("minutes_per_session", "minuter", "minutes"),
    ("dose_min_per_week", "minuter i veckan", "minutes a week"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableLine:
    """A row in words: its day or instant, and the text in Swedish and English."""

    at: str
    swedish: str
    english: str


def readable_line(
    table: str, row: Mapping[str, Any], rests_on: Sequence[StoredSentence] = ()
) -> ReadableLine | None:
    """Return a row in words; None for a row or a table that has none.

    `rests_on` is what an alert ever rested on, of which its sentence is made in Swedish.
    """
    if table == "alert":
        return _alert(row, rests_on)
    worded = _WORDED.get(table)
    return None if worded is None else worded(row)


def sentence_row(row: Mapping[str, Any]) -> StoredSentence:
    """Return what words an alert, from a row of its evidence."""
    names = ("alert", "rule", "rule_version", "sentence", "evidence")
    return StoredSentence(**{name: row[name] for name in names})


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
    until, version = row["valid_to"], row["version"]
    doses = [
        (value, swedish, english)
        for name, swedish, english in _DOSES
        if (value := row["body"].get(name)) is not None
    ]
    swedish = "".join(f"{value:g} {text}, " for value, text, _english in doses)
    english = "".join(f"{value:g} {text}, " for value, _swedish, text in doses)
    return ReadableLine(
        at=str(row["valid_from"]),
        swedish=f"{swedish}till {until} (version {version})",
        english=f"{english}until {until} (version {version})",
    )


def _session(row: Mapping[str, Any]) -> ReadableLine:
    kind = activity_words(row["type"])
    lasted = datetime.fromisoformat(row["end_at"]) - datetime.fromisoformat(row["start_at"])
    minutes = int(lasted.total_seconds() * 1_000 - row["paused_ms"]) // _MINUTE_MS
    heart = row.get("hr_mean")
    pulse = "" if heart is None else f", medelpuls {half_up(heart)}"
    rate = "" if heart is None else f", mean heart rate {half_up(heart)}"
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
    out_of = f" / {answer.most}" if answer.most else ""
    value = f"{answer.value}{out_of}"
    return ReadableLine(
        at=str(row["start_at"]),
        swedish=_answered(_translated(answer.question), _translated(answer.words) or value),
        english=_answered(answer.question, answer.words or value),
    )


def _answered(question: str, answer: str) -> str:
    # a question has its own mark at the end
    return f"{question} {answer}" if question.endswith("?") else f"{question}: {answer}"


def _correction(row: Mapping[str, Any]) -> ReadableLine:
    was, right = row["was"], _right_values(row)
    swedish, english = _in_both(lambda: _pairs(was))
    after, after_en = _in_both(lambda: _pairs(right))
    return ReadableLine(
        at=str(row["set_at"]),
        swedish=f"{swedish} gäller inte" if row["is_void"] else f"{swedish} → {after}",
        english=f"{english} does not hold" if row["is_void"] else f"{english} → {after_en}",
    )


def _right_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is right, by the names of what had been stated."""
    # times have columns of their own, everything else is in one
    kept = {**row["fields"], "start": row.get("start_at"), "end": row.get("end_at")}
    kept["exertion"] = kept.get("exertion_cr10")
    return {name: kept.get(name) for name in row["was"]}


def _pairs(values: Mapping[str, Any]) -> str:
    worded = (f"{_value_name(name)} {_value(name, item)}" for name, item in values.items())
    return ", ".join(worded)


def _value_name(name: str) -> str:
    # within a line it is no heading; only the first letter, because "Borg CR10" is a name
    worded = translated(VALUE_NAMES[name]) if name in VALUE_NAMES else name
    return worded[:1].lower() + worded[1:]


def _value(name: str, item: object) -> str:
    if item is None:
        return _("not stated")
    if name == "type":
        return words.label(str(item)).lower()
    text = str(item)
    return text[:16].replace("T", " ") if name in {"start", "end"} else text


def _alert(row: Mapping[str, Any], rests_on: Sequence[StoredSentence]) -> ReadableLine:
    # stored in English, and worded anew from what the alert rested on
    swedish, english = _in_both(lambda: reworded(str(row["sentence"]), rests_on, RULE))
    return ReadableLine(at=str(row["raised_at"]), swedish=swedish, english=english)


def _consent(row: Mapping[str, Any]) -> ReadableLine:
    ended = row["withdrawn_at"]
    swedish, english = _in_both(lambda: words.vendor(row["vendor"]))
    return ReadableLine(
        at=str(row["given_at"]),
        swedish=f"{swedish}: " + (f"tillbakataget {ended[:10]}" if ended else "gäller"),
        english=f"{english}: " + (f"withdrawn {ended[:10]}" if ended else "holds"),
    )


def _request(row: Mapping[str, Any]) -> ReadableLine:
    text = " ".join(part for part in (row["wish"], row["answer"]) if part)
    more = f": {text}" if text else ""
    swedish, english = _in_both(lambda: _request_words(row))
    return ReadableLine(
        at=str(row["received_at"]), swedish=f"{swedish}{more}", english=f"{english}{more}"
    )


def _request_words(row: Mapping[str, Any]) -> str:
    kind = translated(KIND_WORDS[RightKind(row["kind"])][0])
    return f"{kind}, {translated(STATE_NAMES[RightsState(row['state'])]).lower()}"


_WORDED: Mapping[str, Callable[[Mapping[str, Any]], ReadableLine | None]] = {
    "prescription": _prescription,
    "session": _session,
    "fact": _answer,
    "correction": _correction,
    "consent": _consent,
    "rights_request": _request,
}


def _in_both(made: Callable[[], str]) -> tuple[str, str]:
    """Return a text of the clinic's pages in Swedish and in English."""
    with read_in(clinic_languages()["sv"]):
        swedish = made()
    with read_in(ENGLISH):
        return swedish, made()


def _translated(text: str) -> str:
    # the catalogue answers an empty text with its own heading
    return _swedish_texts().gettext(text) if text else ""


@lru_cache(maxsize=1)
def _swedish_texts() -> NullTranslations:
    return read_catalogues(LINK_LOCALE)["sv"]
