"""The languages of a page: the catalogues of its texts, and the choice of one for a request.

English is written in the templates themselves; each other language has a catalogue, `CODE.po`, in
the form of gettext. A text that a catalogue lacks stays English. Pure but for reading the folder.
"""

from collections.abc import Iterable, Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from model.words.language import ENGLISH, SOURCE_LANGUAGE, Language, read_in

LANGUAGE_COOKIE = "kadens-language"
LANGUAGE_NAMES = {"en": "English", "sv": "Svenska"}
_LONGEST_HEADER = 500
_MOST_WANTED = 20


def read_catalogues(folder: Path) -> Mapping[str, NullTranslations]:
    """Return the translations of each language that has a catalogue in a folder, and of English."""
    # here, because it takes 0.1 CPU-s and most processes show no such page
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    catalogues: dict[str, NullTranslations] = {SOURCE_LANGUAGE: NullTranslations()}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.stem)
        packed = BytesIO()
        write_mo(packed, catalogue)
        packed.seek(0)
        catalogues[path.stem] = GNUTranslations(packed)
    return catalogues


def known_languages(folder: Path) -> Mapping[str, Language]:
    """Return each language that has a catalogue in a folder, and English."""
    from babel import Locale  # noqa: PLC0415 - as above

    languages = {SOURCE_LANGUAGE: ENGLISH}
    for code, texts in read_catalogues(folder).items():
        if code != SOURCE_LANGUAGE:
            symbols = Locale.parse(code).number_symbols["latn"]
            languages[code] = Language(code=code, texts=texts, decimal_mark=symbols["decimal"])
    return languages


def page_languages(
    templates: Path, locale: Path, shared: Mapping[str, Any] | None = None
) -> Mapping[str, Environment]:
    """Return the environment of a folder of templates for each language that has a catalogue.

    `shared` are names that all templates know.
    """
    environments = {}
    for language, translations in read_catalogues(locale).items():
        made = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,  # a missing name is an error, and no blank on the page
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        # added to the environment by the extension, which has no type for it
        made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        made.globals.update(shared or {})
        environments[language] = made
    return environments


class InLanguage:
    """ASGI middleware that words each answer in the language of its reader.

    A person's choice is in a cookie. Answers below `programs` are for programs, and in English.
    """

    def __init__(self, app: ASGIApp, languages: Mapping[str, Language], programs: str) -> None:
        self._app, self._languages, self._programs = app, languages, programs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on in its language; anything but an HTTP request passes unchanged."""
        if scope["type"] != "http" or scope["path"].startswith(self._programs):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        wanted = request.cookies.get(LANGUAGE_COOKIE, "")
        accepted = request.headers.get("accept-language", "")
        with read_in(self._languages[language_for(self._languages, wanted, accepted)]):
            await self._app(scope, receive, send)


def language_for(available: Iterable[str], wanted: str, accepted: str) -> str:
    """Return the language to answer in.

    `wanted` is what a person has chosen, "" for nothing; `accepted` is the Accept-Language of the
    browser. English where neither fits.
    """
    known = list(available)
    for text in (wanted, *_by_preference(accepted)):
        code = text.strip().lower().replace("_", "-").partition("-")[0]
        if code in known:
            return code
    return SOURCE_LANGUAGE


def _by_preference(accepted: str) -> list[str]:
    """Return the languages of an Accept-Language header, the most wanted first."""
    rows: list[tuple[float, str]] = []
    for part in accepted[:_LONGEST_HEADER].split(",")[:_MOST_WANTED]:
        language, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:  # no number: the sender did not mean it
            weight = 0.0
        if weight > 0:
            rows.append((-weight, language))
    rows.sort(key=lambda row: row[0])  # stable: of equal weight the first counts
    return [language for _, language in rows]
