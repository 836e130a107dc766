"""The command that sets how a clinician wants to be reached."""

import re
from enum import StrEnum
from typing import Annotated

import typer

from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data
from kadens.output.terminal import fail, print_line
from kadens.settings import Settings
from model.messages.contact import Digest, QuietHours
from model.messages.outgoing import ReceiverKind
from storage.audit_actions import AuditAction
from storage.people.clinician_contact import ClinicianReach, put_reach
from storage.pg.pool import Connection

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_QUIET = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


class Way(StrEnum):
    """A way to reach a clinician."""

    EMAIL = "email"
    SMS = "sms"
    NONE = "none"


def reach_clinician(
    subject: Annotated[str, typer.Argument(help="The clinician's subject at the sign-in.")],
    *,
    way: Annotated[
        Way | None, typer.Option("--way", help="How messages arrive; email by default.")
    ] = None,
    phone: Annotated[str, typer.Option("--phone", help="Number for sms, such as +4670...")] = "",
    quiet: Annotated[
        str,
        typer.Option("--quiet", help="Hours in which only tier A arrives, such as 20:00-07:00."),
    ] = "",
    digest: Annotated[
        Digest | None,
        typer.Option("--digest", help="When the message about tier C arrives; weekly by default."),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set how a clinician is reached, and when not.

    It replaces what was set before. Hours are in the care unit's time zone.
    """
    # a subject alone would silently set back what somebody has chosen
    if way is None and digest is None and not phone and not quiet:
        fail("nothing is given that could be set: see --help", code=2)
    settings = settings_of(data)
    chosen = way or Way.EMAIL
    _check_phone(settings, chosen, phone)
    wish = ClinicianReach(
        way=chosen.value,
        phone=phone,
        quiet=_quiet_hours(quiet),
        digest=digest or Digest.WEEKLY,
    )

    async def work(conn: Connection, _now_ms: int) -> None:
        await put_reach(conn, subject, wish)

    audited(settings, work, AuditAction.CLINICIAN_REACH, detail=subject)
    print_line("set")


def _check_phone(settings: Settings, way: Way, phone: str) -> None:
    if bool(phone) is not (way is Way.SMS) or (phone and not _PHONE.fullmatch(phone)):
        fail("--way sms and --phone +NUMBER belong together", code=2)
    names = {receiver.name for receiver in settings.secrets.receivers}
    # a text that nobody sends would wait for ever
    if way is Way.SMS and ReceiverKind.SMS.value not in names:
        fail("the secrets file has no [delivery.sms], so no text would leave", code=2)


def _quiet_hours(text: str) -> QuietHours | None:
    if not text:
        return None
    match = _QUIET.fullmatch(text)
    hours = [int(number) for number in match.groups()] if match else [0] * 4
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if start == end:
        fail("--quiet is HH:MM-HH:MM, with two different times", code=2)
    return QuietHours(from_min=start, until_min=end)
