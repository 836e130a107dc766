"""Options that several commands share, and how their values are checked before anything starts."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from kadens.names import ACCOUNT, PSEUDONYM, BadNameError, NameRule, check_name
from kadens.output.terminal import fail
from model.calendar import epoch_ms, known_zone, rfc3339_ms
from model.schemas.plain_text import text_problem

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_FIRST_MS = epoch_ms(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC))
_LAST_MS = epoch_ms(datetime(_LAST_YEAR, 1, 1, tzinfo=UTC))
DEFAULT_DATA: Path | None = None  # None: commands that people run then use ./var


def checked(rule: NameRule) -> Callable[..., str]:
    """Return a callback that refuses what the rule does not allow, for an option without need."""

    def check(context: typer.Context, option: typer.CallbackParam, text: str) -> str:
        return _name_of(rule, text) if _is_given(context, option) else text

    return check


def _is_given(context: typer.Context, option: typer.CallbackParam) -> bool:
    """Return whether an option is given.

    An empty text is given too: a script's variable may be empty. If it counted as absent, the
    command would choose everybody where the script meant one patient.
    """
    source = context.get_parameter_source(option.name or "")
    return source is not None and source.name == "COMMANDLINE"


def required(rule: NameRule) -> Callable[[str], str]:
    """Return a callback like `checked`, for a name that must be given."""

    def check(text: str) -> str:
        return _name_of(rule, text)

    return check


def _name_of(rule: NameRule, text: str) -> str:
    try:
        return check_name(rule, text)
    except BadNameError as error:
        raise typer.BadParameter(str(error)) from error


def typed_words(most: int) -> Callable[[str], str]:
    """Return a callback for a text of 1 to `most` characters, without the space around it."""
    shown = words_if_any(most)

    def check(text: str) -> str:
        kept = text.strip()
        if not 1 <= len(kept) <= most:
            raise typer.BadParameter(f"must have 1 to {most} characters")
        return shown(kept)

    return check


def words_if_any(most: int) -> Callable[[str], str]:
    """Return a callback like `typed_words` for a text that may be empty.

    A text is stored and read by people, so bytes that are no text and what moves a terminal's
    cursor are refused; line breaks are not.
    """

    def check(text: str) -> str:
        kept = text.strip()
        if problem := text_problem(kept, most, allowed="\n\t"):
            raise typer.BadParameter(f"the text {problem}")
        return kept

    return check


def finite(value: float | None) -> float | None:
    """Return a number, None as an absent option; leaves with code 2 for NaN and infinity."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter("must be a number")
    return value


def iana_zone(text: str) -> str:
    """Return the name of a time zone; leaves with code 2 for any other text."""
    try:
        return known_zone(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def zone_if_any(context: typer.Context, option: typer.CallbackParam, text: str) -> str:
    """Return the name of a time zone like `iana_zone`, for an option without need."""
    return iana_zone(text) if _is_given(context, option) else text


def connector_names() -> tuple[str, ...]:
    """Return the names of all connectors, in the order of the table."""
    from ingest.vendors import CONNECTORS  # noqa: PLC0415 - the vendors' code takes long to import

    return tuple(connector.name for connector in CONNECTORS)


def known_connector(text: str) -> str:
    """Return a connector's name; leaves with code 2 and the list of all for any other text."""
    names = connector_names()
    if text not in names:
        raise typer.BadParameter(f"must be one of {', '.join(names)}")
    return text


def connector_if_any(context: typer.Context, option: typer.CallbackParam, text: str) -> str:
    """Return a connector's name like `known_connector`, for an option without need."""
    return known_connector(text) if _is_given(context, option) else text


Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder of a running `kadens up`; by default the KADENS_* variables, or ./var.",
    ),
]
ProcessData = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Data folder of a running `kadens up`, instead of the KADENS_* variables."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Patient = Annotated[
    str,
    typer.Option("--patient", callback=required(PSEUDONYM), help="The patient's pseudonym."),
]
SourceName = Annotated[
    str,
    typer.Option(
        "--source",
        callback=known_connector,
        help="The connector, such as files; any other text lists them all.",
    ),
]
Account = Annotated[
    str,
    typer.Argument(callback=required(ACCOUNT), help="The patient's user id at the vendor."),
]
ConnectorOption = Annotated[
    str,
    typer.Option("--connector", callback=connector_if_any, help="Only letters of this connector."),
]
DoorUrl = Annotated[
    str, typer.Option("--url", help="Address of the vendor door; by default that of the settings.")
]
At = Annotated[str, typer.Option("--at", help="RFC 3339 instant; now by default.")]


def instant(text: str, default: int, option: str = "--at") -> int:
    """Return an option's RFC 3339 instant as epoch ms, `default` when it is left out.

    Leaves with code 2 for a text that is no instant, and for an instant without an offset.
    """
    if not text:
        return default
    try:
        at_ms = rfc3339_ms(text)
    except ValueError:
        example = "such as 2026-11-20T08:00:00+01:00"
        fail(f"{option} must be an RFC 3339 instant with its offset, {example}", code=2)
    # a slip of a digit in the year; and dates counted from it must still be dates
    if not _FIRST_MS <= at_ms < _LAST_MS:
        fail(f"{option} must be between the years {_FIRST_YEAR} and {_LAST_YEAR}", code=2)
    return at_ms
