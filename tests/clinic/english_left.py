"""What of a page is still English, by a door's catalogue: for walks over all pages in Swedish.

A page's texts are compared with the catalogue's own English, filled in or not, as a text of its own
or as a part of one. It knows no page.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

# A text that a page makes of several is told apart by these.
_PARTS = re.compile(r"[,;:()\u00b7\u2013\n]|\. ")
_VALUE = re.compile(r"%\\?\(\w+\\?\)[sd]|%\\?\(\w+\\?\)\d+d")
_KEY = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
_SPOKEN = ("aria-label", "title", "placeholder", "data-label", "alt")
_SILENT = frozenset({"script", "style", "title"})
_SHORTEST = 4  # letters: shorter ones, such as "min", are the same word in both languages


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0
        # what is marked as another language, such as the name of a language
        self._foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._silent += tag in _SILENT
        if tag != "html" and named.get("lang") == "en":
            self._foreign.append(tag)
        self.texts += [named[name] or "" for name in _SPOKEN if name in named]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if self._foreign and self._foreign[-1] == tag:
            self._foreign.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._foreign and data.strip():
            self.texts.append(data)


class EnglishOf:
    """The English of a catalogue that is not also Swedish."""

    def __init__(self, catalogue: Path) -> None:
        with catalogue.open("rb") as file:
            rows = [row for row in read_po(file, locale="sv") if row.id]
        swedish: set[str] = set()
        english: set[str] = set()
        for row in rows:
            swedish.update(_each(row.string))
            english.update(_each(row.id))
        left = {text for text in english - swedish if len(text) >= _SHORTEST}
        self._complete = {text.casefold() for text in left if "%(" not in text}
        left = {text for text in left if "%(" in text}
        self._filled = [
            _pattern(text) for text in sorted(left) if len(_VALUE.sub("", text)) > _SHORTEST
        ]

    def left(self, html: str) -> list[str]:
        """Return the texts of a page that are English or the name of a key."""
        reader = _Texts()
        reader.feed(html)
        shown = (" ".join(text.split()) for text in reader.texts)
        return [text for text in dict.fromkeys(shown) if self._is_left(text)]

    def _is_left(self, text: str) -> bool:
        parts = (part.strip().rstrip(".").casefold() for part in _PARTS.split(text))
        return (
            bool(_KEY.search(text))
            or text.casefold() in self._complete
            or any(part in self._complete for part in parts)
            or any(pattern.fullmatch(text) for pattern in self._filled)
        )


def _each(text: object) -> Iterator[str]:
    if isinstance(text, str):
        yield text
    elif isinstance(text, (tuple, list)):
        yield from (part for part in text if isinstance(part, str))


def _pattern(text: str) -> re.Pattern[str]:
    words = _VALUE.sub(".+?", re.escape(text).replace("%%", "%"))
    return re.compile(words, re.IGNORECASE)


@contextmanager
def without_words() -> Iterator[set[str]]:
    """Collect each text that a page of this process asks a catalogue for, and that it has not."""
    missed: set[str] = set()
    real = GNUTranslations.gettext

    def recorded(catalogue: GNUTranslations, text: str) -> str:
        worded = real(catalogue, text)
        if worded == text and text not in _texts_of(catalogue):
            missed.add(text)
        return worded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GNUTranslations, "gettext", recorded)
        yield missed


def _texts_of(catalogue: GNUTranslations) -> Collection[str]:
    texts: Mapping[str, str] = vars(catalogue)["_catalog"]
    return texts
