"""Rule A6, much more than prescribed (clinical definition section 5.3).

Two weeks in a row with a dose far above the prescribed one meet it. So does a session that is
twice as long as prescribed, with pain or exertion above the prescription's limits. A session is as
long as its timer ran: a pause is no exercise. A finding is of tier C, and of tier B for a patient
with a disease of the heart that the heart profile or the prescription names.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from alerts.judged_weeks import JudgedWeek, judged_weeks, weeks_judged_ms
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.pain import EXERCISE_PHASES, rating_evidence, ratings_read, ratings_words
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.wording import beside, limit_number, limit_percent
from model.alert import FieldThreshold, Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import PainRating, SessionBrief
from model.calendar import MINUTE_MS, local_date, week_bounds
from model.prescribing.credit import is_credited
from model.prescription import Prescription, in_force, longest_minutes
from model.words.borg_scales import BORG_6_20_SCALE, rpe_6_20
from model.words.language import _

_WEEK = timedelta(days=7)


def _overdose(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each two weeks with a high dose, and each long session with pain."""
    yield from _two_weeks(on, rule)
    prescriptions = as_recorded(on)
    ratings: defaultdict[str | None, list[PainRating]] = defaultdict(list)
    for rating in ratings_read(on):
        if rating.phase in EXERCISE_PHASES:
            ratings[rating.session].append(rating)
    for session in on.sessions:
        # a session without an answer hurt nobody that we know of, and was not too hard
        if session.id not in ratings and session.exertion_cr10 is None:
            continue
        # a walk is not too long because shorter strength training is prescribed
        held = in_force(prescriptions, session.local_date)
        of_type = [row for row in held if is_credited(row, session.type)]
        long = [_long_session(on, rule, session, ratings[session.id], row) for row in of_type]
        # once a session, also where it is too long for two prescriptions
        yield from islice(chain.from_iterable(long), 1)


def _two_weeks(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    weeks = dict(judged_weeks(on, rule))
    for second, after in weeks.items():
        # by date: a week between that was not judged must not make two others neighbours
        before = weeks.get(second - _WEEK)
        if before is not None and _is_high(before) and _is_high(after):
            yield _finding(
                on,
                rule,
                key=second.isoformat(),
                at_ms=week_bounds(second, on.zone)[1],
                from_ms=week_bounds(second - _WEEK, on.zone)[0],
                evidence={
                    "weeks": [_week_evidence(before), _week_evidence(after)],
                    "thresholds": dict(after.thresholds),
                },
            )


def _is_high(judged: JudgedWeek) -> bool:
    dose = judged.measures.dose
    return dose is not None and dose > judged.thresholds["dose"]


def _week_evidence(judged: JudgedWeek) -> dict[str, Any]:
    return {"monday": judged.week.monday.isoformat(), "dose": judged.measures.dose}


def _long_session(
    on: RuleInput,
    rule: Rule,
    session: SessionBrief,
    ratings: list[PainRating],
    prescription: Prescription,
) -> Iterator[Finding]:
    """Yield a finding where a session was too long and hurt."""
    thresholds = thresholds_on(rule, (prescription,), session.local_date)
    minutes = session.timer_ms / MINUTE_MS
    prescribed = longest_minutes(prescription)
    most = thresholds["length"] * prescribed
    painful = [rating for rating in ratings if rating.value >= thresholds["pain"]]
    hard = _too_hard(session, prescription)
    # without prescribed minutes any session would be longer than 0
    if prescribed and minutes > most and (painful or hard):
        yield _finding(
            on,
            rule,
            key=session.id,
            at_ms=painful[0].at_ms if painful else session.end_ms,
            from_ms=session.start_ms,
            session=session.id,
            evidence={
                "minutes": minutes,
                "minutes_prescribed": prescribed,
                "ratings": list(map(rating_evidence, painful)),
                "thresholds": thresholds,
                **({} if painful else {"exertion": hard}),
            },
        )


def _too_hard(session: SessionBrief, prescription: Prescription) -> dict[str, float | str] | None:
    """Return the exertion of a session above the prescribed ceiling, on its scale, else None."""
    ceiling, scale = prescription.rpe_ceiling, prescription.rpe_scale
    if ceiling is None or session.exertion_cr10 is None:
        return None
    on_scale = session.exertion_cr10
    if scale == BORG_6_20_SCALE:
        on_scale = rpe_6_20(on_scale)
    return {"value": on_scale, "ceiling": ceiling, "scale": scale} if on_scale > ceiling else None


def _finding(
    on: RuleInput,
    rule: Rule,
    *,
    key: str,
    at_ms: int,
    from_ms: int,
    evidence: dict[str, Any],
    session: str | None = None,
) -> Finding:
    fresh_until_ms = fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=key,
            at_ms=at_ms,
            from_ms=from_ms,
            fresh_until_ms=fresh_until_ms,
            session=session,
            tier=Tier.B if _is_cardiac(on, at_ms) else Tier.C,
        ),
        evidence,
    )


def _is_cardiac(on: RuleInput, at_ms: int) -> bool:
    """Return whether the heart profile, or what was prescribed, names a disease of the heart."""
    # a finding at midnight is of the day that ended with it
    held = in_force(as_recorded(on), local_date(at_ms - 1, on.zone))
    return on.cardiac or any(row.cardiac for row in held)


def _sentence(evidence: Mapping[str, Any]) -> str:
    thresholds = evidence["thresholds"]
    if "weeks" in evidence:
        return _(
            "Two weeks above %(most)s %% of the prescribed dose (rule A6): %(doses)s.",
            most=limit_percent(thresholds["dose"]),
            doses=", ".join(_dose_words(week, thresholds) for week in evidence["weeks"]),
        )
    if "exertion" in evidence:
        return _hard_words(evidence)
    return _(
        "A session of %(minutes)s minutes where %(prescribed)s are prescribed, with pain "
        "%(ratings)s (rule A6: more than %(length)s times as long, with pain of %(pain)s or more).",
        minutes=_minutes_words(evidence),
        prescribed=evidence["minutes_prescribed"],
        ratings=ratings_words(evidence["ratings"]),
        length=limit_number(thresholds["length"]),
        pain=limit_number(thresholds["pain"]),
    )


def _hard_words(evidence: Mapping[str, Any]) -> str:
    exertion = evidence["exertion"]
    scale = "6-20" if exertion["scale"] == BORG_6_20_SCALE else "CR10"
    return _(
        "A session of %(minutes)s minutes where %(prescribed)s are prescribed, with exertion "
        "%(exertion)s on Borg %(scale)s (rule A6: more than %(length)s times as long, with "
        "exertion above %(ceiling)s).",
        minutes=_minutes_words(evidence),
        prescribed=evidence["minutes_prescribed"],
        exertion=beside(exertion["value"], exertion["ceiling"]),
        scale=scale,
        length=limit_number(evidence["thresholds"]["length"]),
        ceiling=limit_number(exertion["ceiling"]),
    )


def _minutes_words(evidence: Mapping[str, Any]) -> str:
    # 60.02 minutes are more than twice 30, and 60 are not
    most = evidence["thresholds"]["length"] * evidence["minutes_prescribed"]
    return beside(evidence["minutes"], most)


def _dose_words(week: Mapping[str, Any], thresholds: Mapping[str, float]) -> str:
    share = beside(100 * week["dose"], 100 * thresholds["dose"])
    return _("%(share)s %% in the week of %(monday)s", share=share, monday=week["monday"])


OVERDOSE = Rule(
    id="A6",
    family="load",
    version=4,
    tier=Tier.B,  # at the gravest
    title="Much more than prescribed",
    thresholds={
        "dose": 1.5,  # above, as a multiple of the prescribed dose
        "length": 2,  # above, as a multiple of the prescribed length
        "pain": 6,
        "ratio": 0.8,
        "known_days": 4,
        "look_back_days": 56,
        "fresh_days": 14,
        "lag_hours": 36,  # for data that comes late
    },
    overridable={"dose": (1, 5), "length": (1, 5), "pain": (1, 10)},
    in_order=(),
    cooldown_days=14,
    prescribed={"pain": FieldThreshold(field="pain_limit", plus=1)},
    renewed=True,
    predicate=_overdose,
    sentence=_sentence,
    next_due=weeks_judged_ms,
)
