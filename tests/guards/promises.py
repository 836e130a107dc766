"""The 24 promises to patients: what keeps each of them, and what it leaves to the deployer.

The promises are those of the privacy policy of the service that Kadens serves. `privacy_page.py`
writes docs/privacy.md from this table and from the marks of the tests. It must never name a test:
a test names its promise with `@pytest.mark.promise(number)`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A promise, the files that keep it, and what no program can keep."""

    number: int
    words: str
    code: tuple[str, ...] = ()
    left: str = "nothing"


# Promises that no test proves yet. The list only shrinks: one that has a test may not be in it.
PROMISES_NOT_YET: frozenset[int] = frozenset()

PROMISES = (
    Promise(
        number=1,
        words=(
            "Another service's values are fetched and kept only with the patient's consent for "
            "it, and each kind of record states why and on what legal basis it is kept."
        ),
        code=(
            "storage/people/consents.py",
            "storage/rights/consent_texts.py",
            "stream/intake/",
            "model/privacy/register.py",
        ),
        left="the text of the consent, and the legal bases of the care provider",
    ),
    Promise(
        number=2,
        words=(
            "Who has no watch can use the service in full: a session that is reported by hand "
            "counts as any other."
        ),
        code=("parsers/reports.py", "stream/compute/sessions/"),
    ),
    Promise(
        number=3,
        words=(
            "The patient is asked for day form, how long, with which equipment, how hard, and "
            "for pain before, during, after and the next morning."
        ),
        code=("parsers/reports.py", "model/facts.py"),
        left="the app or the page that asks, if it is not Kadens' own",
    ),
    Promise(
        number=4,
        words=(
            "Name, personal number and contact data are sealed and kept apart from the series, "
            "which know a pseudonym only."
        ),
        code=("storage/people/identities.py", "storage/pg/roles.py"),
        left="the wrapping key: who holds it, and where",
    ),
    Promise(
        number=5,
        words=(
            "A prescription is written, changed and renewed in versions; each version stays "
            "what it was."
        ),
        code=("model/prescription.py", "stream/deriving/patient_inputs.py"),
        left="the video calls of training at home",
    ),
    Promise(
        number=6,
        words=(
            "The clinician follows duration, frequency and intensity by week, against what was "
            "prescribed."
        ),
        code=("alerts/adherence.py", "clinic/answers/"),
        left="the comparison with the journal",
    ),
    Promise(
        number=7,
        words=(
            "Consent can be withdrawn at any time; nothing that comes after that instant is "
            "kept, and the vendor is told to stop."
        ),
        code=("storage/people/consents.py", "stream/intake/", "fetcher/"),
        left="what the watch's vendor keeps itself: the vendor is its own controller",
    ),
    Promise(
        number=8,
        words=(
            "Leave to write by mail or SMS can be withdrawn by itself; it silences that channel "
            "and stops no care."
        ),
        code=("storage/people/consents.py", "alerts/delivery/channel.py"),
        left="letters and calls of the clinic",
    ),
    Promise(
        number=9,
        words=(
            "After an objection nothing is derived and no alert raised until a person has "
            "written down the overriding ground."
        ),
        code=(
            "storage/rights/restrictions.py",
            "storage/ruling/held_findings.py",
            "stream/rights/objecting.py",
        ),
        left="to weigh the ground",
    ),
    Promise(
        number=10,
        words=(
            "Restricted data is kept and used for nothing else, and the patient is told before "
            "the restriction ends."
        ),
        code=("storage/rights/restrictions.py", "storage/facts/retractions.py"),
        left="to decide on the request",
    ),
    Promise(
        number=11,
        words=(
            "Wrong data is corrected by a newer version; what was derived from it is derived "
            "again, and its alerts are retracted, not deleted."
        ),
        code=("storage/rights/corrections.py", "storage/facts/corrected.py"),
        left="to decide on the request",
    ),
    Promise(
        number=12,
        words=(
            "The patient sees which categories are kept, why, how long, from where, and who "
            "receives them."
        ),
        code=("kadens/privacy/access_command.py", "model/privacy/register.py"),
        left="the list of the processors that the deployer uses",
    ),
    Promise(
        number=13,
        words="The patient takes along what they or their devices supplied, in open formats.",
        code=("kadens/privacy/portable/", "fhir_r4/supplied.py", "model/privacy/supplied.py"),
        left="to hand it to the right person",
    ),
    Promise(
        number=14,
        words=(
            "Erasure leaves a receipt with counts, and nothing else of what the law does not "
            "demand to be kept."
        ),
        code=(
            "storage/erase.py",
            "kadens/commands/erase.py",
            "storage/pg/rewriting.py",
            "storage/pg/write_ahead.py",
            "kadens/backup/erasure_file.py",
        ),
        left=(
            "to decide on the request; the journal; copies that were taken out of Kadens; when "
            "`kadens vacuum` runs, archives and standbys of the database"
        ),
    ),
    Promise(
        number=15,
        words="A request is answered within 30 days; one that is overdue raises an alarm.",
        code=("model/privacy/requests.py", "storage/rights/rights_requests.py"),
        left="to answer, and to identify who asks",
    ),
    Promise(
        number=16,
        words=(
            "An account closes 6 months after the latest prescription ended without sign-in, "
            "after a warning, or when the patient wants it."
        ),
        code=(
            "model/privacy/closing.py",
            "stream/rights/closing.py",
            "storage/rights/account_life.py",
        ),
        left=(
            "which of the two readings of the clause holds: a setting; the letter to a patient "
            "whom no message reaches; to run `kadens account erase`"
        ),
    ),
    Promise(
        number=17,
        words="A prescription that ended stays readable until the account closes.",
        code=("model/privacy/closing.py", "patient/today.py"),
    ),
    Promise(
        number=18,
        words=(
            "Statistics name nobody: pseudonyms while the account lives, anonymous when it "
            "ends, no small groups."
        ),
        code=("model/privacy/statistics.py", "storage/rights/statistic_rows.py"),
        left="who receives the statistics; how long backups keep the keys of pseudonyms",
    ),
    Promise(
        number=19,
        words=(
            "Backups are encrypted and are tested by restoring them; every read and write of a "
            "patient's data is in a log that nobody can change unseen."
        ),
        code=("storage/audit_chain.py", "kadens/auditing/", "kadens/backup/", "storage/backup/"),
        left="where the backups lie, their keys, and the regular review of the log",
    ),
    Promise(
        number=20,
        words="Nothing is processed outside of the EU and the EEA.",
        code=("model/privacy/endpoints.py", "kadens/privacy/endpoints.py"),
        left="the contracts with who runs the machines",
    ),
    Promise(
        number=21,
        words="Nothing is sent back to training apps: Kadens asks for rights to read only.",
        code=("fetcher/", "ingest/vendors/", "model/vendors/"),
        left="the rights that the deployer's application has at the vendor",
    ),
    Promise(
        number=22,
        words=(
            "Support cases are kept for 6 months; support staff see health data only with a "
            "reason, and it is logged."
        ),
        code=(
            "model/privacy/support.py",
            "storage/rights/support_cases.py",
            "stream/rights/closing.py",
        ),
        left="who belongs to the support staff",
    ),
    Promise(
        number=23,
        words=(
            "The journal gets a summary of prescription and follow-up, not the stream of "
            "values; the same figures in each form."
        ),
        code=("clinic/summary/", "clinic/api/summary_routes.py"),
        left="to sign it and put it into the journal",
    ),
    Promise(
        number=24,
        words="Mail, SMS and push say no more than to open the app: no health value, no name.",
        code=("alerts/announcing.py", "alerts/delivery/"),
        left="the contracts with who carries the messages",
    ),
)
