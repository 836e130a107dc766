"""The page that explains an answer to a request for access, in Swedish and English. Pure.

It has what article 15 wants said of each kind of record, and what a person may do about it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from kadens.privacy.register_words import in_swedish
from model.privacy.register import REGISTER, KindOfRecord, LegalBasis

# Narrow pages first: it is opened on a phone as well.
PAGE_STYLE = """<style>
body{font:16px/1.5 sans-serif;max-width:46rem;margin:1rem auto;padding:0 1rem;color:#16212b}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
section{border-top:1px solid #999;padding-top:.2rem}dt{font-weight:bold}dd{margin:0 0 .5rem}
[lang=en]{color:#4a5a66}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .4rem .25rem 0;border-bottom:1px solid #ccc}
</style>"""
_HEAD = f"""<!doctype html>
<html lang="sv"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Registerutdrag · Access</title>{PAGE_STYLE}</head><body>
"""
_WHAT = """<h1>Registerutdrag <span lang="en">· What is stored about you</span></h1>
<p>Detta är allt som finns om dig i systemet: vad det är, varför det finns, på vilken grund, hur
länge, varifrån det kommer och vem som ser det. <a href="overview.html">Det viktigaste i klartext
finns på en egen sida.</a> Alla uppgifter finns i filerna i mappen data, en rad för varje post.</p>
<p lang="en">This is everything that the system has about you: what it is, why it is kept, on what
basis, for how long, where it comes from and who sees it. <a href="overview.html">What matters
most is on a page of its own, in words.</a> All data are in the files in the folder data.</p>
"""
_RIGHTS = """<section><h2>Dina rättigheter <span lang="en">· Your rights</span></h2>
<p>Du kan begära att uppgifter rättas, raderas eller begränsas, invända mot att de används och få
dem med dig i ett format som andra system läser. Samtycken kan du ta tillbaka när som helst.
Begär det på dina sidor under "Mina rättigheter" eller hos mottagningen. Du kan klaga hos
Integritetsskyddsmyndigheten, imy.se.</p>
<p lang="en">You may ask for data to be corrected, erased or restricted, object to their use, and
take them along in a format that other systems read. You may withdraw a consent at any time. Ask on
your pages under "My rights", or at the clinic. You may complain to the Swedish Authority for
Privacy Protection, imy.se.</p></section>
<section><h2>Beslut och överföring <span lang="en">· Decisions and transfer</span></h2>
<p>Inget beslut om dig fattas automatiskt: regler visar vårdpersonal vad den bör titta på, och en
människa avgör. Uppgifterna behandlas inom EU och EES.</p>
<p lang="en">No decision about you is automated: rules show clinicians what to look at, and a person
decides. The data are processed within the EU and the EEA.</p></section>
"""
# The words of the register are kept with what patients have agreed to; here it is said in full.
_HEALTH = (
    '<br>för uppgifter om hälsa även artikel 9.2 a<br><span lang="en">for data about health also '
    "article 9.2 a</span>"
)
_NOT_STATED = '<p>Inte angivet <span lang="en">· not stated</span></p>'
_LABELS = (
    ("Varför", "Why", "purpose"),
    ("Rättslig grund", "Legal basis", "legal_basis"),
    ("Sparas", "Kept for", "kept_for"),
    ("Kommer från", "Comes from", "origin"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedAbout:
    """What only the deployment knows: who is responsible, and the sub-processors it uses."""

    controller: str = ""
    subprocessors: tuple[str, ...] = ()


def access_page(counts: Mapping[str, int], left_out: Mapping[str, str], stated: StatedAbout) -> str:
    """Return the page: each kind of record with its files, the rights, and what is left out."""
    kinds: dict[KindOfRecord, list[str]] = {}
    for table in counts:
        kinds.setdefault(REGISTER[table], []).append(table)
    cards = "".join(_card(kind, tables, counts) for kind, tables in kinds.items())
    missing = "".join(f"<li>{escape(table)}: {_both(why)}</li>" for table, why in left_out.items())
    responsible = f"<p>{escape(stated.controller)}</p>" if stated.controller else _NOT_STATED
    return (
        f"{_HEAD}{_WHAT}{_section('Personuppgiftsansvarig', 'Controller', responsible)}"
        f"{_section('Underbiträden', 'Sub-processors', _list(stated.subprocessors))}"
        f"{_RIGHTS}{cards}"
        f"{_section('Utelämnat', 'Left out', f'<ul>{missing}</ul>')}</body></html>\n"
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


def _card(kind: KindOfRecord, tables: Iterable[str], counts: Mapping[str, int]) -> str:
    row = _kind_row(kind)
    health = _HEALTH if kind.legal_basis is LegalBasis.CONSENT else ""
    more = {"legal_basis": health}
    lines = [
        f'<dt>{swedish} <span lang="en">· {english}</span></dt>'
        f"<dd>{_both(str(row[name]))}{more.get(name, '')}</dd>"
        for swedish, english, name in _LABELS
    ]
    seen = ", ".join(in_swedish(who.value) for who in kind.recipients)
    english = ", ".join(who.value for who in kind.recipients)
    lines.append(
        f'<dt>Ses av <span lang="en">· Seen by</span></dt><dd>{escape(seen)}<br>'
        f'<span lang="en">{escape(english)}</span></dd>'
    )
    files = "".join(_file(table, counts[table]) for table in tables)
    lines.append(f'<dt>Filer <span lang="en">· Files</span></dt><dd>{files}</dd>')
    heading = in_swedish(kind.category.value)
    return _section(
        heading[:1].upper() + heading[1:], kind.category.value, f"<dl>{''.join(lines)}</dl>"
    )


def _file(table: str, count: int) -> str:
    name = escape(table)
    # an empty file is not worth a tap, and is in the list all the same
    shown = f'<a href="data/{name}.jsonl">{name}</a>' if count else name
    return f"{shown} ({count:,} rader <span lang='en'>· rows</span>)<br>"


def _section(swedish: str, english: str, content: str) -> str:
    heads = f'{escape(swedish)} <span lang="en">· {escape(english)}</span>'
    return f"<section><h2>{heads}</h2>{content}</section>\n"


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in lines)
    return f"<ul>{items}</ul>" if items else _NOT_STATED


def _both(text: str) -> str:
    """Return a word of the register in Swedish, and below it in English, as HTML."""
    return f'{escape(in_swedish(text))}<br><span lang="en">{escape(text)}</span>'
