"""Commands about the texts that patients agree to: add a version, list them, show what one says."""

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from enum import StrEnum
from errno import EFBIG
from pathlib import Path
from typing import Annotated, Any

import typer

from kadens.bounded_files import bounded_bytes
from kadens.clock import clock
from kadens.commands.accounts import NOW
from kadens.commands.audited import audited, person
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, instant, required
from kadens.names import PSEUDONYM
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line
from kadens.settings import Settings
from model.calendar import rfc3339
from model.privacy.register import LegalBasis
from storage.audit_actions import AuditAction
from storage.people.consents import CONTACT_CHANNEL, SOURCE_FETCH
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from storage.rights import consent_texts
from storage.rights.consent_texts import ConsentText

TextName = Annotated[
    str,
    typer.Argument(callback=required(PSEUDONYM), help="The text's name, such as watch.sv."),
]


class BasisWord(StrEnum):
    """A legal basis, as it is named on the command line."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LAW = "law"
    CARE = "care"


class AboutWord(StrEnum):
    """What a text asks consent to."""

    SOURCE = "source"
    CHANNEL = "channel"


_TAG = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_MOST_BYTES_EACH = 4  # of a character in UTF-8
_KINDS = {AboutWord.SOURCE: SOURCE_FETCH, AboutWord.CHANNEL: CONTACT_CHANNEL}


def _shorter_than(most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not 1 <= len(text.strip()) <= most:
            raise typer.BadParameter(f"must have 1 to {most} characters")
        return text.strip()

    return check


def _tag(text: str) -> str:
    if not _TAG.fullmatch(text):
        raise typer.BadParameter("must be a language such as sv, or with a region such as en-GB")
    return text


_File = Annotated[Path, typer.Argument(help="File with the text, in UTF-8.")]
_Purpose = Annotated[
    str,
    typer.Option(
        "--purpose",
        callback=_shorter_than(consent_texts.MOST_PURPOSE),
        help="What the data or the messages are for.",
    ),
]
_Language = Annotated[
    str,
    typer.Option("--language", callback=_tag, help="Language of the text, such as sv or en-GB."),
]
_About = Annotated[
    AboutWord, typer.Option("--about", help="Whether it is about a source or a channel.")
]
_Basis = Annotated[BasisWord, typer.Option("--basis", help="The legal basis.")]
_DataTypes = Annotated[
    list[str] | None, typer.Option("--data-type", help="A kind of data; may be repeated.")
]
_At = Annotated[
    str, typer.Option("--from", help="RFC 3339 instant from which it is shown; now by default.")
]


def add_consent_text(  # noqa: PLR0913 - each is an option
    name: TextName,
    file: _File,
    *,
    purpose: _Purpose,
    language: _Language = "sv",
    about: _About = AboutWord.SOURCE,
    basis: _Basis = BasisWord.CONSENT,
    data_types: _DataTypes = None,
    at: _At = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Add a version of a text that patients agree to.

    It is shown from its instant on, in place of the version before it. Nobody who agreed to an
    earlier version has agreed to this one. Prints its version.
    """
    at_ms = instant(at, NOW, "--from")
    if about is AboutWord.SOURCE and not data_types:
        fail("a text about a source names at least one --data-type", code=2)
    made = ConsentText(
        name=name,
        version="",
        language=language,
        kind=_KINDS[about],
        purpose=purpose,
        legal_basis=LegalBasis[basis.name].value,
        data_types=data_types or (),
        content=_content(file),
        from_ms=at_ms,
        recorded_ms=at_ms,
        recorded_by=person().subject,
    )

    async def work(conn: Connection, now_ms: int) -> str:
        from_ms = now_ms if at_ms == NOW else at_ms
        return await consent_texts.add_text(
            conn, replace(made, from_ms=from_ms, recorded_ms=now_ms)
        )

    version = audited(settings_of(data), work, AuditAction.CONSENT_TEXT, detail=name)
    print_line(f"{name}/{version}")


def list_consent_texts(*, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List the texts that patients agree to, with their versions."""
    texts, _ = run(_texts(settings_of(data)))
    if as_json:
        print_json([_plain(text) for text in texts])
        return
    table = list_table("text", "language", "about", "from", "until", "consents", "purpose")
    for text in texts:
        until = "" if text.until_ms is None else rfc3339(text.until_ms)
        cells = (f"{text.name}/{text.version}", text.language, text.kind, rfc3339(text.from_ms))
        table.add_row(*cells, until, f"{text.consents:,}", text.purpose)
    print_table(table)


def show_consent_text(
    name: TextName,
    *,
    version: Annotated[
        str, typer.Option("--version", help="The version; by default the one shown now.")
    ] = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show a version of a text: what it says, and for what."""
    texts, now_ms = run(_texts(settings_of(data)))
    chosen = [text for text in texts if text.name == name and version in {"", text.version}]
    if not version:
        chosen = [text for text in chosen if text.from_ms <= now_ms]
    if not chosen:
        fail("there is no such consent text, or none is shown yet")
    text = chosen[-1]
    if as_json:
        print_json({**_plain(text), "content": text.content})
        return
    for word, cell in _plain(text).items():
        print_line(f"{word.replace('_', ' '):<12} {_words(cell)}")
    print_line(f"\n{text.content}")


async def _texts(settings: Settings) -> tuple[list[ConsentText], int]:
    """Return all texts and the time; they are about no patient, so no audit row is due."""
    pool = await open_pool(settings.database, max_size=1, role=ADMIN)
    async with pool, pool.connection() as conn:
        return await consent_texts.consent_texts(conn), clock(settings.clock)()


def _content(file: Path) -> str:
    most = consent_texts.MOST_CONTENT
    wanted = f"{file} must have 1 to {most:,} characters"
    try:
        text = bounded_bytes(file, _MOST_BYTES_EACH * most).decode().strip()
    except OSError as error:
        fail(wanted if error.errno == EFBIG else f"{file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"{file} is no text in UTF-8")
    return text if 1 <= len(text) <= most else fail(wanted)


def _plain(text: ConsentText) -> dict[str, Any]:
    """Return a version without its content, with its instants in RFC 3339."""
    plain: dict[str, Any] = {}
    for name, cell in asdict(text).items():
        is_instant = name.endswith("_ms") and cell is not None
        plain[name.removesuffix("_ms")] = rfc3339(cell) if is_instant else cell
    del plain["content"]
    return plain


def _words(cell: object) -> str:
    if isinstance(cell, list | tuple):
        return ", ".join(map(str, cell))
    return "" if cell is None else str(cell)
