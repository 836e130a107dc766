"""Marks: what a clinician or the patient says of whether a session was exercise.

A mark is a report (`facts.MARKS`). It names the session by what later data do not change: the
record of a declared or reported session, and the span that the session had. A mark is never
changed; a later one stands against it. Everything here is pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from model.codec import encode_fact
from model.facts import AttributedFact, DeviceType, Head, Instrument, Method, Report, Source
from model.words.language import N_
from model.words.red_flags import RED_FLAGS

# The connector and the vendor of what a clinician states; nobody can post to it.
CLINIC_VENDOR = "clinic"

# Why a session was not exercise, and why it was after all. The keys are stored, the texts are what
# a page shows. They are words of a list because free text could name a person.
REASONS: dict[Instrument, dict[str, str]] = {
    Instrument.NOT_EXERCISE: {
        "everyday activity": N_("Everyday activity"),
        "illness": N_("Illness or fever"),
        "recorded by mistake": N_("Recorded by mistake"),
        "device error": N_("Device error"),
        "worn by somebody else": N_("Worn by somebody else"),
        "other": N_("Other"),
    },
    Instrument.EXERCISE: {
        "marked by mistake": N_("Marked by mistake"),
        "confirmed by the patient": N_("Confirmed by the patient"),
        "other": N_("Other"),
    },
}
# What a report may name as its reason, by its instrument.
REPORT_REASONS: Mapping[Instrument, Mapping[str, str]] = {**REASONS, Instrument.RED_FLAG: RED_FLAGS}


def all_reasons() -> tuple[str, ...]:
    """Return everything that a report may name as its reason, each once."""
    reasons: dict[str, str] = {}
    for of_instrument in REPORT_REASONS.values():
        reasons.update(of_instrument)
    return tuple(reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedSession:
    """The session that a mark is about, [start, end) in epoch ms.

    `record` is that of a declared or reported session, "" for a session detected in samples.
    """

    start_ms: int
    end_ms: int
    record: str = ""


def clinician_mark(
    patient: str, session: MarkedSession, statement: Instrument, reason: str, at_ms: int
) -> AttributedFact:
    """Return the mark that a clinician sets on a session of a patient (pseudonym) at an instant.

    The caller has checked that `reason` is one of `REASONS[statement]`.
    """
    head = Head(
        source=Source(vendor=CLINIC_VENDOR, device_type=DeviceType.PERSON, method=Method.MANUAL),
        # Marks of one session are versions of one record: the last stated stands.
        record=_record_of(session),
        start_ms=session.start_ms,
        end_ms=session.end_ms,
    )
    report = Report(head=head, instrument=statement, session=session.record, reason=reason)
    return AttributedFact(
        patient=patient,
        connector=CLINIC_VENDOR,
        received_ms=at_ms,
        # There is no payload: the fact itself is all that was stated, and when.
        body=sha256(encode_fact(report) + str(at_ms).encode()).hexdigest(),
        fact=report,
    )


def _record_of(session: MarkedSession) -> str:
    named = f"{session.start_ms}/{session.end_ms}/{session.record}"
    # hashed, because a record may be as long as a name can be
    return f"mark:{sha256(named.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
