"""Who has to act on an alert: the patient's clinician, the next in line, or who is on call. Pure.

Somebody always has to act: where it is nobody in particular, it is everybody of the care unit.
"""

from collections.abc import Collection, Iterable

from alerts.working_hours import DEFAULT_HOURS, WorkingHours, parse_hours
from model.alert import Alert, Tier
from model.messages.alert_move import EVERYBODY, Absence, DutyRoster
from model.messages.contact import Contact


def hours_of(roster: DutyRoster) -> WorkingHours:
    """Return the working hours of the patient's care unit, or the default where it set none."""
    return DEFAULT_HOURS if roster.hours is None else parse_hours(roster.hours)


def chain(roster: DutyRoster, assignee: str, at_ms: int) -> tuple[str, ...]:
    """Return the subjects who have to act, one after the other, each once.

    It begins with the person who took the alert, then come the patient's clinician, the unit's line
    and who is on call. Those who are away are replaced by their cover, or left out.
    """
    named = (assignee, roster.clinician, *roster.line, roster.on_call)
    present = (present_for(subject, roster.absences, at_ms) for subject in named)
    # A dict keeps the order, and each subject once.
    return tuple(dict.fromkeys(filter(None, present)))


def present_for(subject: str, absences: Iterable[Absence], at_ms: int) -> str:
    """Return who acts for a clinician at an instant (epoch ms), "" when nobody does.

    That is the clinician, or while away the cover, whose own absence is looked up in turn.
    """
    away = {item.subject: item for item in absences if item.from_ms <= at_ms < item.until_ms}
    seen: set[str] = set()
    while subject in away:
        # Two who cover each other and are both away: nobody is there.
        if subject in seen:
            return ""
        seen.add(subject)
        subject = away[subject].cover
    return subject


def is_covered(absence: Absence, others: Collection[Absence]) -> bool:
    """Return whether the cover of an absence acts through all of it, where one is named.

    `others` are the absences of the unit: a cover who is away is covered in turn, or nobody acts.
    """
    held = (*others, absence)
    begins = {absence.from_ms}
    begins |= {row.from_ms for row in others if absence.from_ms < row.from_ms < absence.until_ms}
    return not absence.cover or all(present_for(absence.subject, held, at) for at in begins)


def responsible(
    roster: DutyRoster, alert: Alert | None, tier: Tier, at_ms: int, level: int = 0
) -> tuple[str, ...]:
    """Return who has to act on an alert of a tier at an instant (epoch ms).

    `alert` is None for a new alert. `level` counts how often it was escalated because unseen. Out
    of hours, tier A is for who is on call, unless a person has taken the alert.
    """
    assignee = "" if alert is None else alert.assignee
    if tier is Tier.A and not assignee and not hours_of(roster).is_working(at_ms):
        on_call = present_for(roster.on_call, roster.absences, at_ms)
        if on_call:
            return (on_call,)
    line = chain(roster, assignee, at_ms)
    return (line[level],) if level < len(line) else EVERYBODY


def acting_for(roster: DutyRoster, people: Iterable[str], at_ms: int) -> tuple[str, ...]:
    """Return who acts at an instant (epoch ms) instead of `people`, who had to act before.

    Those who are there act themselves. For each who is away it is the cover, or else the next in
    line; `EVERYBODY` where nobody is left.
    """
    acting: dict[str, None] = {}
    for subject in people:
        acting |= dict.fromkeys(chain(roster, subject, at_ms)[:1])
    return tuple(acting)


def recipients(contacts: Iterable[Contact], responsible: Collection[str]) -> tuple[str, ...]:
    """Return the addresses for mails about a patient, in order.

    They are those of the `responsible` (subjects), or of all contacts where nobody in particular is
    or none of them has an address.
    """
    everybody = list(contacts)
    selected = [contact for contact in everybody if contact.subject in responsible]
    addresses = {contact.email for contact in selected} - {""}
    # Mail to nobody would hide an alert.
    return tuple(sorted(addresses or {contact.email for contact in everybody} - {""}))
