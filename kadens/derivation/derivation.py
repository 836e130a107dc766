"""The derivation of one patient from a manifest: from the file to everything that follows."""

from dataclasses import dataclass
from pathlib import Path

from kadens.derivation.conclusions import Conclusions, conclude
from kadens.derivation.held_facts import HeldFacts, hold_facts
from kadens.derivation.intake import PATIENT, Intake, read_bodies
from kadens.derivation.manifest import Manifest, read_manifest
from model.facts import AttributedFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """A manifest, what its bodies hold, which facts of these are current, and what follows."""

    manifest: Manifest
    intake: Intake
    held: HeldFacts
    conclusions: Conclusions


def derive_manifest(path: Path, patient: str = PATIENT) -> Derivation:
    """Return the derivation of a manifest file; raises `ManifestError`.

    Ids of sessions are made with the pseudonym `patient`.
    """
    manifest = read_manifest(path)
    intake = read_bodies(manifest, path.parent, patient)
    held = hold_facts([*intake.facts, *_marks(manifest, patient)], patient, manifest.zone)
    return Derivation(
        manifest=manifest, intake=intake, held=held, conclusions=conclude(manifest, held)
    )


def _marks(manifest: Manifest, patient: str) -> list[AttributedFact]:
    """Return the marks that were set by the manifest's `now`."""
    return [mark.fact(patient) for mark in manifest.marks if mark.at_ms <= manifest.now_ms]
