"""The deliveries of a person: the watch's heart rate of a day, and what follows a session.

Pure. Bodies are built when they are needed, and are the same bytes each time.
"""

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS
from model.facts import Instrument, Phase
from simulate import signals
from simulate.cast import Role
from simulate.cohort import Cohort, Person
from simulate.delivery import FIT_TYPE, JSON_TYPE, TO_FILES, TO_OPEN_WEARABLES, TO_REPORTS, Delivery
from simulate.fit_body import fit_body
from simulate.open_wearables_writer import heart_rate_body, workout_body
from simulate.plan import Outing, Wear, draw
from simulate.report_writer import ReportAnswer, report_body

UPLOAD_MS, ANSWER_MS = 2 * MINUTE_MS, 8 * MINUTE_MS
HUB_SECONDS = 5


def worn(person: Person, cohort: Cohort, span: Wear, out: tuple[Outing, ...]) -> Delivery:
    """Return the delivery of the background heart rate of a span, a reading a minute.

    During a session the readings are those of the session.
    """

    def make() -> bytes:
        minutes = max((span.end_ms - span.start_ms) // MINUTE_MS, 1)
        t = span.start_ms + np.arange(minutes, dtype=np.int64) * MINUTE_MS
        beats = signals.background_heart(
            draw(cohort, person, 2, span.start_ms // MINUTE_MS), person.body, minutes
        )
        for item in out:
            if item.start_ms < span.end_ms and span.start_ms < item.end_ms:
                within = (t >= item.start_ms) & (t < item.end_ms)
                beats[within] = heart(person, cohort, item)[(t[within] - item.start_ms) // 1000]
        # a body without any sample is invalid, so the first reading is never missing
        beats[0] = person.body.rest if np.isnan(beats[0]) else beats[0]
        read = ~np.isnan(beats)
        return heart_rate_body(person.account, person.zone, t[read], beats[read], hub=person.hub)

    return Delivery(
        key=f"{span.patient}/wear/{span.start_ms}",
        connector=TO_OPEN_WEARABLES,
        patient=span.patient,
        due_ms=span.end_ms,
        content_type=JSON_TYPE,
        # 190 bytes of body for each reading; the facts made of it are smaller
        weight=190 * ((span.end_ms - span.start_ms) // MINUTE_MS),
        make=make,
    )


def after(person: Person, cohort: Cohort, outing: Outing) -> list[Delivery]:
    """Return the deliveries that follow a session, in the order in which they are due.

    They are the patient's answers, and a file or the phone's workout with its series.
    """
    reported = [_answers(person, outing)]
    if person.columns:
        reported.append(_file(person, cohort, outing))
    if person.hub:
        reported += _hub(person, cohort, outing)
    return sorted(reported, key=lambda entry: entry.due_ms)


def _file(person: Person, cohort: Cohort, outing: Outing) -> Delivery:
    seconds = (outing.end_ms - outing.start_ms) // 1000

    def make() -> bytes:
        return fit_body(person, outing, _columns(person, cohort, outing))

    return Delivery(
        key=f"{outing.patient}/fit/{outing.start_ms}",
        connector=TO_FILES,
        patient=outing.patient,
        due_ms=outing.end_ms + UPLOAD_MS,
        content_type=FIT_TYPE,
        weight=20 * seconds * len(person.columns),
        make=make,
    )


def _columns(person: Person, cohort: Cohort, outing: Outing) -> dict[str, NDArray[np.float64]]:
    """Return the columns of a file by metric name at 1 Hz, NaN where there was no reading."""
    beats = heart(person, cohort, outing)
    chance, n = draw(cohort, person, 4, outing.start_ms // 1000), len(beats)
    turning = signals.cadence(chance, n, usual=76 if "power" in person.columns else 112)
    made = {
        "heart_rate": beats,
        "cadence": turning,
        "speed": signals.speed(chance, n, usual=1.6),
        "power": signals.power(beats, person.body),
    }
    return {name: made[name] for name in person.columns}


def _hub(person: Person, cohort: Cohort, outing: Outing) -> list[Delivery]:
    """Return the phone's record of a session: the workout, and heart rate every five seconds."""
    record = f"{person.account}-{outing.start_ms // 1000}"
    seconds = (outing.end_ms - outing.start_ms) // 1000

    # both bodies take the readings from `heart`, so that the totals agree with the series
    def series() -> bytes:
        beats = heart(person, cohort, outing)[::HUB_SECONDS]
        t = outing.start_ms + np.arange(len(beats), dtype=np.int64) * HUB_SECONDS * 1000
        read = ~np.isnan(beats)
        return heart_rate_body(person.account, person.zone, t[read], beats[read], hub=True)

    def workout() -> bytes:
        beats = heart(person, cohort, outing)
        totals = {
            "avg_heart_rate_bpm": int(np.nanmean(beats)),
            "max_heart_rate_bpm": int(np.nanmax(beats)),
        }
        span = (outing.start_ms, outing.end_ms)
        return workout_body(person.account, person.zone, record, person.activity, span, totals)

    rows = (("workout", workout, 500), ("series", series, 190 * seconds // HUB_SECONDS))
    return [
        Delivery(
            key=f"{outing.patient}/{kind}/{outing.start_ms}",
            connector=TO_OPEN_WEARABLES,
            patient=outing.patient,
            due_ms=outing.end_ms + UPLOAD_MS,
            content_type=JSON_TYPE,
            weight=weight,
            make=make,
        )
        for kind, make, weight in rows
    ]


def _answers(person: Person, outing: Outing) -> Delivery:
    key = f"{outing.patient}-{outing.start_ms // 1000}"
    answers = [
        _rated(f"{key}-pain", Instrument.PAIN, outing, outing.pain, "nrs-0-10"),
        _rated(f"{key}-exertion", Instrument.EXERTION, outing, outing.exertion, "borg-cr10"),
    ]
    # Only this answer makes a session for a person without any device.
    if person.role is Role.MANUAL:
        by_hand = ReportAnswer(
            key=f"{key}-session",
            instrument=Instrument.SESSION,
            answered_ms=outing.end_ms + MINUTE_MS,
            type=person.activity,
            span=(outing.start_ms, outing.end_ms),
        )
        answers.insert(0, by_hand)
    return Delivery(
        key=f"{outing.patient}/report/{outing.start_ms}",
        connector=TO_REPORTS,
        patient=outing.patient,
        due_ms=outing.end_ms + ANSWER_MS,
        content_type=JSON_TYPE,
        weight=300 * len(answers),
        make=lambda: report_body(person.pseudonym, person.zone, answers),
    )


def _rated(
    key: str, instrument: Instrument, outing: Outing, value: float, scale: str
) -> ReportAnswer:
    """Return a rating that is given a minute after a session."""
    return ReportAnswer(
        key=key,
        instrument=instrument,
        answered_ms=outing.end_ms + MINUTE_MS,
        phase=Phase.AFTER,
        value=value,
        scale=scale,
    )


def heart(person: Person, cohort: Cohort, outing: Outing) -> NDArray[np.float64]:
    """Return the readings of a session at 1 Hz (1/min), NaN in a gap.

    All bodies about a session are built from the same readings.
    """
    seconds = (outing.end_ms - outing.start_ms) // 1000
    return signals.session_heart(
        draw(cohort, person, 3, outing.start_ms // 1000), person.body, seconds
    )
