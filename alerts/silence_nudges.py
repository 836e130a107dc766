"""When a patient whose watch delivers nothing is asked to open the app (section 5.2). Pure.

Nobody at the clinic is told before rule D1 is met. A nudge says nothing about why, and comes at
most every 48 hours; with the week's end it is the clinic's turn.
"""

from alerts.occasions import loaded_at
from alerts.rules.data.d1_silence import SILENCE, is_vendor_outage, last_delivered
from model.alert import RuleInput
from model.calendar import DAY_MS, HOUR_MS, local_date
from model.prescription import all_paused, in_force

NUDGE_EVERY_MS = 48 * HOUR_MS
_CLINIC_MS = int(SILENCE.thresholds["silent_days"] * DAY_MS)


def silence_nudge(on: RuleInput) -> str:
    """Return the name of the nudge that is due now, "" for none: the silence and its number.

    The same silence has the same names, so that judging again asks nobody twice.
    """
    last = last_delivered(on)
    if last is None or not NUDGE_EVERY_MS <= on.now_ms - last.time_ms < _CLINIC_MS:
        return ""
    # while a history is loaded, its newest is old
    if on.now_ms < loaded_at(on):
        return ""
    today = local_date(on.now_ms, on.zone)
    # in a pause nobody need wear a watch, and a vendor's outage is nobody's at home
    if not in_force(on.prescriptions, today) or all_paused(on.prescriptions, today):
        return ""
    # what is restricted is used for nothing, and so is its end
    is_restricted = any(start <= on.now_ms < end for start, end in on.restricted)
    if is_restricted or is_vendor_outage(on, SILENCE, last.vendor):
        return ""
    return f"silence/{last.time_ms}/{(on.now_ms - last.time_ms) // NUDGE_EVERY_MS}"


def next_nudge_ms(on: RuleInput) -> int | None:
    """Return when a nudge may be due without new data, in epoch ms; None for never."""
    last = last_delivered(on)
    if last is None:
        return None
    # with a device whose clock is ahead, the last data may seem to lie in the future
    number = max(0, on.now_ms - last.time_ms) // NUDGE_EVERY_MS + 1
    at_ms = last.time_ms + number * NUDGE_EVERY_MS
    if on.now_ms < loaded_at(on):
        at_ms = max(loaded_at(on), last.time_ms + NUDGE_EVERY_MS)
    return at_ms if at_ms - last.time_ms < _CLINIC_MS else None
