"""The language in which texts are worded for the person who reads them.

Code writes English, and `_` returns the text in the reader's language, which a door sets for each
request. Where no reader is set, as in the worker and in programs, a text stays English. A text must
never be stored in any other language. The reader's language is a context variable. All else is
pure.

As in templates, `%` in a text of `_` and `ngettext` begins a value's name: `_("%(n)s %% done")`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from gettext import NullTranslations

SOURCE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language: its code, its texts, and the sign before the decimals of a number."""

    code: str = SOURCE_LANGUAGE
    texts: NullTranslations = field(default_factory=NullTranslations)
    decimal_mark: str = "."


ENGLISH = Language()
_READ_IN: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def reading_language() -> Language:
    """Return the language of whoever reads the texts of this task."""
    return _READ_IN.get()


@contextmanager
def read_in(language: Language) -> Iterator[None]:
    """Word the texts of the block in a language."""
    before = _READ_IN.set(language)
    try:
        yield
    finally:
        _READ_IN.reset(before)


def _(text: str, /, **values: object) -> str:
    """Return a text in the reader's language, with its values filled in."""
    return _READ_IN.get().texts.gettext(text) % values


def ngettext(singular: str, plural: str, number: float, /, **values: object) -> str:
    """Return the form of a text that fits a number, which `%(num)s` stands for.

    A number that is not whole takes the plural.
    """
    # the rules of plurals are of whole numbers
    count = int(number) if number == int(number) else int(number) + 2
    text = _READ_IN.get().texts.ngettext(singular, plural, count)
    return text % {"num": number, **values}


def N_(text: str) -> str:  # noqa: N802 - the name that tools look for
    """Return a text unchanged; it is marked for the catalogues, and translated where it is used."""
    return text


def translated(text: str) -> str:
    """Return a text that is only known when the program runs in the reader's language.

    Unlike `_` it fills nothing in: a `%` in the text is a `%`.
    """
    # gettext keeps its own head under the empty text
    return _READ_IN.get().texts.gettext(text) if text else text
