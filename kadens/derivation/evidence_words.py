"""Sources, payloads, facts and selections of a derivation in words, for its explanations. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from alerts.wording import PHASE_WORDS
from clinic.pages.session_words import chosen
from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_lines import duration_text
from kadens.derivation.held_facts import record_of
from model.calendar import rfc3339
from model.codec import kind_of
from model.derived.sessions import SourceSelection
from model.facts import (
    AttributedFact,
    DeviceType,
    Instrument,
    Method,
    Phase,
    Report,
    Source,
)
from storage.facts.ids import record_version

_OF_MANIFEST = "the marks of the manifest"


def source_words(source: Source) -> str:
    """Return who recorded: vendor, app, device, and in brackets its type and method."""
    names = " / ".join(filter(None, (source.vendor, source.app, source.device)))
    device = "" if source.device_type is DeviceType.UNKNOWN else source.device_type.value
    method = "" if source.method is Method.UNKNOWN else source.method.value
    kind = ", ".join(filter(None, (device, method)))
    return f"{names} ({kind})" if kind else names


def payload_path(derivation: Derivation, sha256: str) -> str:
    """Return the path of a payload; a clinician's mark has none, and is in the manifest itself."""
    payload = derivation.intake.payloads.get(sha256)
    return _OF_MANIFEST if payload is None else payload.path


def payload_words(derivation: Derivation, sha256: str) -> str:
    """Return which payload it was, when it was received, and which reader read it."""
    payload = derivation.intake.payloads.get(sha256)
    if payload is None:
        return _OF_MANIFEST
    received = rfc3339(payload.envelope.received_ms)
    return (
        f"{payload.path} by {payload.envelope.connector}, received {received}, sha256 "
        f"{sha256[:12]}, read as {payload.format} (reader version {payload.parser})"
    )


def fact_words(item: AttributedFact) -> str:
    """Return what a fact is: its kind, record, revision and span."""
    head = item.fact.head
    span = f"{rfc3339(head.start_ms)} to {rfc3339(head.end_ms)}"
    return f"{kind_of(item.fact)} {head.record}, revision {head.revision}, {span}"


def answer_words(report: Report) -> str:
    """Return what the patient answered: what was asked, the phase, and the value on its scale."""
    # most questions have no phase, and then there is nothing to say of it
    phase = "" if report.phase is Phase.NONE else PHASE_WORDS[report.phase.value]
    what = f"{report.instrument.value.replace('_', ' ')} {phase}".rstrip()
    if report.instrument is Instrument.SESSION:
        return what
    # A question without an answer is no rating, and never 0.
    value = "left open" if report.value is None else f"{report.value:g} ({report.scale})"
    return f"{what}: {value}"


def version_lines(derivation: Derivation, item: AttributedFact) -> Iterator[str]:
    """Yield the other versions of the record of a fact, and which of them holds."""
    now = derivation.held.versions[record_of(item)]
    for other in derivation.held.reported:
        if record_of(other) != record_of(item) or kind_of(other.fact) != kind_of(item.fact):
            continue
        if record_version(other) != now:
            path = payload_path(derivation, other.body)
            yield f"replaces {fact_words(other)}, of {path}: a later version of a record holds"


def selection_lines(selections: Iterable[SourceSelection]) -> Iterator[str]:
    """Yield for each source how many minutes it was selected for, and why."""
    minutes: Counter[tuple[Source, str]] = Counter()
    for row in selections:
        # The same source may be selected again and again; its minutes are added up by reason.
        minutes[row.source, row.why] += row.end_ms - row.start_ms
    for (source, why), length_ms in minutes.items():
        reason = chosen(why)
        reason = reason[:1].lower() + reason[1:]
        yield f"{source_words(source)} for {duration_text(length_ms)}: {reason}"


def under_heading(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield a heading and its lines below it; nothing when there are no lines."""
    for number, line in enumerate(lines):
        if not number:
            yield heading
        yield f"  {line}"
