"""A derivation as JSON values: the public form that `kadens derive --json` prints. Pure."""

from datetime import date
from functools import partial
from typing import Any

from alerts.adherence import least_known_days
from clinic.answers.days import unknown_day
from clinic.pages.session_words import doubts
from kadens.derivation.derivation import Derivation
from model.alert import Finding
from model.calendar import MINUTE_MS, rfc3339
from model.codec import plain
from model.derived.sessions import Session
from model.intensity import ZONES, ZoneTimes
from stream.compute.weeks import week_of_days

_JsonObject = dict[str, Any]


def derivation_json(derivation: Derivation) -> _JsonObject:
    """Return sessions, days, weeks, findings, and what was refused, each list in order."""
    results = derivation.conclusions
    return {
        "sessions": list(map(_session_json, results.derived.sessions)),
        "days": list(map(partial(_day_json, derivation), results.dates)),
        "weeks": list(map(partial(_week_json, derivation), results.mondays)),
        # Fresh findings raise alerts; what an alert then becomes depends on clinicians, too.
        "findings": list(map(_finding_json, results.findings)),
        "refused": list(map(plain, derivation.intake.refused)),
    }


def zones_json(zones: ZoneTimes) -> dict[str, int]:
    """Return the milliseconds in each class and of unknown time, by name."""
    return dict(zip((zone.value for zone in ZONES), zones.as_tuple(), strict=True))


def paused_ms(session: Session) -> int:
    """Return the paused time of a session: zones, unknown and paused time are the elapsed time."""
    return session.end_ms - session.start_ms - session.zones.total


def _session_json(session: Session) -> _JsonObject:
    heart, source = session.heart, session.heart_source
    return {
        "id": session.id,
        "start": rfc3339(session.start_ms),
        "end": rfc3339(session.end_ms),
        "type": session.type,
        "origin": session.origin.value,
        "counts": session.counts,
        # A session that counts may still be doubted, and the reader is told here, too.
        "why": session.why or ", ".join(doubts(session)),
        "elapsed_ms": session.end_ms - session.start_ms,
        "paused_ms": paused_ms(session),
        "moving_ms": session.moving_ms,
        "zones_ms": zones_json(session.zones),
        "heart_rate": {
            "n": heart.n,
            "mean": heart.mean,
            "max": heart.maximum,
            "source": None if source is None else source.device_type.value,
        },
        "exertion_cr10": session.exertion_cr10,
    }


def _day_json(derivation: Derivation, day: date) -> _JsonObject:
    results = derivation.conclusions
    # A date without a row has a state as well: that it is not known why nothing came.
    row = results.days.get(day) or unknown_day(day)
    return {
        "date": day.isoformat(),
        "state": results.states[day].value,
        "sessions": row.sessions,
        "minutes": row.session_ms / MINUTE_MS,
        "zones_ms": zones_json(row.zones),
        "steps": row.steps,
        "wear_min": row.wear_min,
        "stated": dict(sorted(row.stated.items())),
    }


def _week_json(derivation: Derivation, first: date) -> _JsonObject:
    results = derivation.conclusions
    week = results.weeks.get(first) or week_of_days(first, ())
    item = results.measured.get(first)
    # Null is "not known" or "nothing was due", and never 0.
    done = None if item is None else item.done
    return {
        "monday": first.isoformat(),
        "sessions": week.sessions,
        "minutes": week.session_ms / MINUTE_MS,
        "dose_min": week.dose_min,
        "frequency": None if done is None else done.frequency,
        "time": None if done is None else done.time,
        "intensity": None if done is None else done.intensity,
        "dose": None if done is None else done.dose,
        "known_days": least_known_days(week, None if item is None else item.due),
    }


def _finding_json(finding: Finding) -> _JsonObject:
    return {
        "rule": finding.rule,
        "version": finding.rule_version,
        "key": finding.key,
        "tier": finding.tier.value,
        "at": rfc3339(finding.at_ms),
        "fresh": finding.fresh,
        "session": finding.session,
        "sentence": finding.sentence,
        "evidence": plain(finding.evidence),
    }
