"""The worded summary as plain text for the journal, and as a PDF of one page. Pure.

Both hold exactly the words of `wording`, in the same order.
"""

import unicodedata
from collections.abc import Container
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.summary.wording import SummaryLine, WordedSummary
from model.calendar import utc
from model.words.language import reading_language

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN_MM, _LABEL_MM = 16, 42
_PAGE_MM = 297
_SIZES_PT = (10.0, 9.0, 8.0, 7.0, 6.0)
_LINE_MM_PER_PT = 0.46
# A font goes into the file, because those that each PDF reader has lack letters of many names.
_FAMILY = "Source Sans Pro"
_FONTS = Path(str(files("font_source_sans_pro"))) / "files"
_FONT = _FONTS / "SourceSansPro-Regular.ttf"
_BOLD_FONT = _FONTS / "SourceSansPro-Bold.ttf"


def as_text(summary: WordedSummary) -> str:
    """Return the summary as plain text."""
    parts = [summary.title, ""]
    for section in summary.sections:
        parts.append(section.title)
        parts += map(_text_line, section.lines)
        parts.append("")
    return "\n".join((*parts, summary.foot, ""))


def _text_line(line: SummaryLine) -> str:
    return f"- {line.label}: {line.text}" if line.label else f"- {line.text}"


def as_pdf(summary: WordedSummary, made_ms: int) -> bytes:
    """Return the summary as a PDF of one page of A4."""
    for size in _SIZES_PT:
        pdf = _laid_out(summary, size, made_ms)
        # Everything in the summary is bounded, so the smallest size fits.
        fits = pdf.pages_count == 1 or size == _SIZES_PT[-1]
        data = bytes(pdf.output()) if fits else b""
        _close_fonts(pdf)
        if fits:
            break
    return data


def _close_fonts(pdf: "FPDF") -> None:
    """Close the files that a PDF holds open for its fonts."""
    for font in pdf.fonts.values():
        close = getattr(font, "close", None)
        if close is not None:
            close()


def _laid_out(summary: WordedSummary, size: float, made_ms: int) -> "FPDF":
    # here, because it takes 0.2 CPU-s and few processes write a PDF
    from fpdf import FPDF  # noqa: PLC0415 - see above

    pdf = FPDF(format="A4")
    pdf.set_creation_date(utc(made_ms))
    pdf.add_font(_FAMILY, "", _FONT)
    pdf.add_font(_FAMILY, "B", _BOLD_FONT)
    pdf.set_title(summary.title)
    pdf.set_lang(reading_language().code)
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    pdf.add_page()
    height = size * _LINE_MM_PER_PT
    pdf.set_font(_FAMILY, "B", size + 5)
    _cell(pdf, 0, height * 1.8, summary.title)
    for section in summary.sections:
        pdf.ln(height * 0.5)
        pdf.set_font(_FAMILY, "B", size + 1)
        _cell(pdf, 0, height * 1.2, section.title)
        for line in section.lines:
            _two_columns(pdf, line.label, line.text, (size, height))
    pdf.ln(height)
    pdf.set_font(_FAMILY, "", size - 1)
    _cell(pdf, 0, height, summary.foot)
    return pdf


def _two_columns(pdf: "FPDF", label: str, text: str, line: tuple[float, float]) -> None:
    size, height = line
    top = pdf.get_y()
    pdf.set_font(_FAMILY, "", size)
    _cell(pdf, _LABEL_MM, height, label)
    below = pdf.get_y()
    # A label that ran over to the next page has taken its text with it.
    if below >= top:
        pdf.set_xy(_MARGIN_MM + _LABEL_MM, top)
    _cell(pdf, 0, height, text)
    pdf.set_xy(_MARGIN_MM, max(below, pdf.get_y()))


def _cell(pdf: "FPDF", width: float, height: float, text: str) -> None:
    pdf.multi_cell(width, height, _written(pdf, text), align="L", new_x="LMARGIN", new_y="NEXT")


def _written(pdf: "FPDF", text: str) -> str:
    """Return a text in the letters of the font: another without its accent, else as `?`."""
    known = getattr(pdf.fonts[_FAMILY.lower()], "cmap", {})  # a built-in font has none
    return "".join(sign if ord(sign) in known else _bare_letter(sign, known) for sign in text)


def _bare_letter(sign: str, known: Container[int]) -> str:
    bare = unicodedata.normalize("NFKD", sign)[:1]
    return bare if ord(bare) in known else "?"
