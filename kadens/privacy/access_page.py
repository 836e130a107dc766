"""The readable page of an answer to a request for access, in Swedish and English. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

from kadens.privacy.register_words import in_swedish
from model.privacy.register import REGISTER, KindOfRecord

_HEAD = """<!doctype html>
<html lang="sv"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Registerutdrag · Access</title><style>
body{font:16px/1.5 sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
border-bottom:1px solid #999;padding:.3rem}.wide{overflow-x:auto}</style></head><body>
<h1>Registerutdrag <span lang="en">· What is stored about you</span></h1>
"""
_WHAT = (
    "<p>Detta är allt som finns om dig i systemet: vad det är, varför det finns, på vilken grund, "
    "hur länge, varifrån det kommer och vem som ser det. Uppgifterna själva finns i filerna.</p>"
    '<p lang="en">This is everything that the system has about you: what it is, why it is kept, on '
    "what basis, for how long, where it comes from and who sees it. The data are in the files.</p>"
)
_COLUMNS = (
    "Fil · File",
    "Rader · Rows",
    "Uppgifter · Data",
    "Ändamål · Purpose",
    "Rättslig grund · Legal basis",
    "Sparas · Kept for",
    "Kommer från · Origin",
    "Ses av · Seen by",
)


def access_page(
    counts: Mapping[str, int], left_out: Mapping[str, str], subprocessors: Sequence[str]
) -> str:
    """Return the page: the register with the number of rows by table, and what is left out."""
    lines = "".join(_line(table, count) for table, count in counts.items())
    heads = "".join(f"<th>{escape(text)}</th>" for text in _COLUMNS)
    missing = "".join(f"<li>{escape(table)}: {_both(why)}</li>" for table, why in left_out.items())
    others = "".join(f"<li>{escape(text)}</li>" for text in subprocessors)
    return (
        f'{_HEAD}{_WHAT}<div class="wide"><table><tr>{heads}</tr>{lines}</table></div>'
        f'<h2>Underbiträden <span lang="en">· Sub-processors</span></h2>'
        f"<ul>{others or '<li>inga angivna · none stated</li>'}</ul>"
        f'<h2>Utelämnat <span lang="en">· Left out</span></h2>'
        f"<ul>{missing}</ul></body></html>\n"
    )


def register_rows() -> dict[str, dict[str, object]]:
    """Return the register as JSON: what is to be known of each table."""
    return {table: _kind_row(kind) for table, kind in REGISTER.items()}


# The register is words already, so JSON repeats them and needs no table of its own.
def _kind_row(kind: KindOfRecord) -> dict[str, object]:
    return {
        "category": kind.category.value,
        "purpose": kind.purpose.value,
        "legal_basis": kind.legal_basis.value,
        "kept_for": kind.kept_for.value,
        "origin": kind.origin.value,
        "recipients": [seen.value for seen in kind.recipients],
    }


def _line(table: str, count: int) -> str:
    kind = REGISTER[table]
    words = (
        kind.category.value,
        kind.purpose.value,
        kind.legal_basis.value,
        kind.kept_for.value,
        kind.origin.value,
    )
    cells = [escape(table), str(count), *map(_both, words), _seen_by(kind)]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _seen_by(kind: KindOfRecord) -> str:
    return "<br>".join(_both(seen.value) for seen in kind.recipients)


def _both(text: str) -> str:
    """Return a word of the register in Swedish, and below it in English, as HTML."""
    return f'{escape(in_swedish(text))}<br><span lang="en">{escape(text)}</span>'
