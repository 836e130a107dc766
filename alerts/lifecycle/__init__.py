"""The life of alerts: the table of moves, what findings do, what time does, and who has to act.

All of it is pure: the caller loads, stores and sends.
"""

from alerts.lifecycle.acting import ClinicianAction, TakenAlertError, acted
from alerts.lifecycle.budget import allowance, budgeted, needs_room
from alerts.lifecycle.clock import after_steps, clock_steps, next_clock, waking_steps
from alerts.lifecycle.closed import wakes
from alerts.lifecycle.course import course_at
from alerts.lifecycle.duty import acting_for, hours_of, is_covered, recipients, responsible
from alerts.lifecycle.promoting import tried_at
from alerts.lifecycle.restoring import (
    is_news,
    restored,
    restoring_steps,
    returning_findings,
)
from alerts.lifecycle.settling import muted_until, settle
from alerts.lifecycle.transitions import (
    RESOLUTIONS,
    TRANSITIONS,
    MoveRefusedError,
    ReasonMissingError,
    actions,
    move,
)
from model.alert import Action

__all__ = [
    "RESOLUTIONS",
    "TRANSITIONS",
    "Action",
    "ClinicianAction",
    "MoveRefusedError",
    "ReasonMissingError",
    "TakenAlertError",
    "acted",
    "acting_for",
    "actions",
    "after_steps",
    "allowance",
    "budgeted",
    "clock_steps",
    "course_at",
    "hours_of",
    "is_covered",
    "is_news",
    "move",
    "muted_until",
    "needs_room",
    "next_clock",
    "recipients",
    "responsible",
    "restored",
    "restoring_steps",
    "returning_findings",
    "settle",
    "tried_at",
    "wakes",
    "waking_steps",
]
