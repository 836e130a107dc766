"""What the audit log says, in words that a patient reads without help, in Swedish and English.

Data only. The words stand here in both languages and in no catalogue, because both doors and the
program use them, and each door has a catalogue of its own. To add an action, add its row here, or
in `service_words` if it is about the service and hardly ever names a patient; a test compares the
rows with the list of actions.
"""

from collections.abc import Mapping
from typing import NamedTuple


class PlainWords(NamedTuple):
    """A text in both languages."""

    en: str
    sv: str

    def worded(self, language: str) -> str:
        """Return the text in Swedish for "sv", in English for any other language."""
        return self.sv if language == "sv" else self.en


# What somebody did, as it follows their name; the patient is "you".
DEEDS: Mapping[str, PlainWords] = {
    "data.read": PlainWords("looked at", "tittade på"),
    "list.read": PlainWords("saw you on a list", "såg dig på en lista"),
    "data.refused": PlainWords(
        "tried something with your data and was refused",
        "försökte något med dina uppgifter men nekades",
    ),
    # An alert is a notice here: to a patient, an alert sounds like an alarm about their health.
    "alert.acknowledge": PlainWords(
        "confirmed a notice about you", "kvitterade en avisering om dig"
    ),
    "alert.claim": PlainWords("took on a notice about you", "tog hand om en avisering om dig"),
    "alert.handover": PlainWords(
        "handed a notice about you to a colleague", "lämnade en avisering om dig till en kollega"
    ),
    "alert.note": PlainWords(
        "wrote a note to a notice about you", "skrev en anteckning till en avisering om dig"
    ),
    "alert.start": PlainWords(
        "began to work on a notice about you", "började arbeta med en avisering om dig"
    ),
    "alert.snooze": PlainWords(
        "put a notice about you off to later", "sköt upp en avisering om dig"
    ),
    "alert.resolve": PlainWords("closed a notice about you", "avslutade en avisering om dig"),
    "alert.reopen": PlainWords("opened a notice about you again", "öppnade en avisering igen"),
    "session.mark": PlainWords("marked one of your sessions", "märkte ett av dina pass"),
    "annotation.add": PlainWords("wrote an annotation", "skrev en notering"),
    "annotation.remove": PlainWords("took an annotation back", "tog tillbaka en notering"),
    "note.write": PlainWords("changed the note about you", "ändrade anteckningen om dig"),
    # What operators and clinicians do to the account itself.
    "patient.add": PlainWords("entered you in the service", "lade in dig i tjänsten"),
    "patient.zone": PlainWords("set your time zone", "angav din tidszon"),
    "patient.profile": PlainWords("wrote your heart profile", "skrev din pulsprofil"),
    "patient.token": PlainWords("made a link for your uploads", "gjorde en länk för dina filer"),
    "patient.tokens": PlainWords("listed your links", "tog fram dina länkar"),
    "patient.identity": PlainWords(
        "recorded which personal number is yours", "noterade vilket personnummer som är ditt"
    ),
    "patient.revoke": PlainWords("ended a link of yours", "avslutade en av dina länkar"),
    "patient.erase": PlainWords("erased your data", "raderade dina uppgifter"),
    "patient.review": PlainWords("reviewed your data", "gick igenom dina uppgifter"),
    "patient.unreview": PlainWords(
        "took back the mark of a review", "tog tillbaka en markerad genomgång"
    ),
    "patient.label": PlainWords("changed your tags or sites", "ändrade dina etiketter"),
    "account.link": PlainWords("linked an account of yours", "kopplade ett av dina konton"),
    "account.unlink": PlainWords("unlinked an account of yours", "kopplade bort ett konto"),
    "account.invite": PlainWords("made a link to connect you", "gjorde en länk för att ansluta"),
    "account.connect": PlainWords("connected an account", "anslöt ett konto"),
    "consent.agree": PlainWords(
        "agreed to connect an account", "gick med på att ansluta ett konto"
    ),
    "account.close": PlainWords("closed your account", "stängde ditt konto"),
    "account.reopen": PlainWords("opened your account again", "öppnade ditt konto igen"),
    "consent.give": PlainWords("recorded your consent", "noterade ditt samtycke"),
    "report.send": PlainWords("sent answers", "skickade svar"),
    "consent.withdraw": PlainWords(
        "recorded that consent was withdrawn", "noterade att samtycket återkallades"
    ),
    # What is prescribed: a draft is told apart, since it changes nothing for the patient yet.
    "prescription.write": PlainWords("wrote a prescription", "skrev en ordination"),
    "prescription.draft": PlainWords("drafted a prescription", "skrev ett utkast till ordination"),
    "prescription.discard": PlainWords("threw a draft away", "kastade ett utkast"),
    "prescription.submit": PlainWords("submitted a prescription", "fastställde en ordination"),
    "prescription.renew": PlainWords(
        "began to renew a prescription", "började förnya en ordination"
    ),
    "prescription.pause": PlainWords("paused a prescription", "pausade en ordination"),
    "prescription.end": PlainWords("ended a prescription", "avslutade en ordination"),
    "log.review": PlainWords(
        "checked why somebody looked at your data",
        "granskade varför någon tittat på dina uppgifter",
    ),
    "rule.set": PlainWords(
        "changed the limits for notices about you", "ändrade gränserna för aviseringar om dig"
    ),
    # What patients ask for as their right. Each step is in their log, so that they can see how far
    # a request has come and who has it.
    "patient.door": PlainWords(
        "made a link with which you sign in", "gjorde en länk som du loggar in med"
    ),
    "restriction.add": PlainWords(
        "restricted the use of some of your data", "begränsade användningen av uppgifter om dig"
    ),
    "restriction.notice": PlainWords(
        "noted that you were given notice", "noterade att du fått besked"
    ),
    "restriction.lift": PlainWords(
        "lifted a restriction of your data", "hävde en begränsning av dina uppgifter"
    ),
    "rectification.make": PlainWords("corrected data about you", "rättade uppgifter om dig"),
    "rectification.withdraw": PlainWords(
        "took back a correction of your data", "återtog en rättelse av dina uppgifter"
    ),
    "objection.record": PlainWords("recorded your objection", "noterade din invändning"),
    "objection.answer": PlainWords("answered your objection", "besvarade din invändning"),
    "rights.open": PlainWords("wrote down a request of yours", "skrev ned en begäran från dig"),
    "rights.take": PlainWords("took on a request of yours", "tog hand om en begäran från dig"),
    "rights.answer": PlainWords("answered a request of yours", "besvarade en begäran från dig"),
    "rights.refuse": PlainWords("refused a request of yours", "avslog en begäran från dig"),
    "rights.extend": PlainWords(
        "gave a request of yours more time", "gav en begäran från dig längre tid"
    ),
    "rights.hand": PlainWords("fetched a file for you", "hämtade en fil åt dig"),
    "rights.export": PlainWords("made a file with your data", "gjorde en fil med dina uppgifter"),
    "block.set": PlainWords(
        "closed your data to other units", "spärrade dina uppgifter för andra enheter"
    ),
    "block.lift": PlainWords(
        "opened your data to other units again", "hävde spärren mot andra enheter"
    ),
    "block.open": PlainWords(
        "opened your block, to read for a time", "öppnade din spärr för att läsa en tid"
    ),
    "block.review": PlainWords(
        "followed up that your block was opened", "följde upp att din spärr öppnats"
    ),
    "sharing.begin": PlainWords(
        "let another unit take part in your care", "lät en annan enhet delta i din vård"
    ),
    "sharing.end": PlainWords(
        "ended that another unit takes part", "avslutade en annan enhets deltagande"
    ),
    "support.open": PlainWords("opened a support case of yours", "öppnade ett supportärende"),
    "support.close": PlainWords("closed a support case of yours", "avslutade ett supportärende"),
    "support.access": PlainWords(
        "let support staff look at your data", "lät supporten titta på dina uppgifter"
    ),
    "support.end": PlainWords(
        "ended that support staff look at your data",
        "avslutade att supporten får titta på dina uppgifter",
    ),
    "files.import": PlainWords("imported your files", "läste in dina filer"),
    # Reading anew is a technician's work on kept bodies, and nobody looks at the values.
    "replay.begin": PlainWords("read your data anew", "läste om dina uppgifter"),
    "replay.read": PlainWords("read your data anew", "läste om dina uppgifter"),
    "replay.derive": PlainWords("computed your data anew", "räknade om dina uppgifter"),
    "replay.rehearse": PlainWords(
        "tried how your data would be read", "provade hur dina uppgifter skulle läsas"
    ),
    "letter.show": PlainWords(
        "looked at a body that could not be read", "tittade på något som inte gick att läsa"
    ),
    "letter.retry": PlainWords("sent a body again", "skickade något igen"),
    "letter.drop": PlainWords("removed a body", "tog bort något oläsligt"),
}
# An action that an older or newer version wrote is worded so, never left out.
OTHER_DEED = PlainWords("did something with your data", "gjorde något med dina uppgifter")

# Who it was, where the role is one of ours; any other role stands as the provider words it.
# A role is no person: two roles of one person on a day are two lines.
ROLE_WORDS: Mapping[str, PlainWords] = {
    "clinician": PlainWords("clinician", "vårdpersonal"),
    "prescriber": PlainWords("prescriber", "ordinatör"),
    "support": PlainWords("support", "support"),
    "reviewer": PlainWords("reviewer of the log", "granskare av loggen"),
    "unknown": PlainWords("unknown person", "okänd person"),
}
# A person's name comes from the clinic; these stand where there is none.
YOU = PlainWords("You", "Du")
TECHNICIAN = PlainWords("A technician of the service", "En tekniker hos tjänsten")
ANY_PERSON = PlainWords("A person", "En person")
TIMES = PlainWords("%s times", "%s gånger")
AND = PlainWords("and", "och")
REASON_GIVEN = PlainWords("Reason given", "Angivet skäl")

# Which data it was, and from where, as a row says it. Rows from before say neither.
CATEGORY_WORDS: Mapping[str, PlainWords] = {
    "identity": PlainWords("name and personal details", "namn och personuppgifter"),
    "prescriptions": PlainWords("prescriptions", "ordinationer"),
    "sessions": PlainWords("sessions", "träningspass"),
    "measurements": PlainWords("measurements", "mätvärden"),
    "reports": PlainWords("answers about pain and exertion", "svar om smärta och ansträngning"),
    "alerts": PlainWords("notices", "aviseringar"),
    "notes": PlainWords("notes", "anteckningar"),
    "accounts": PlainWords("accounts and connections", "konton och anslutningar"),
    "consents": PlainWords("consents", "samtycken"),
    "requests": PlainWords("requests about rights", "begäran om rättigheter"),
    "log": PlainWords("who looked", "vilka som tittat"),
}
DOOR_WORDS: Mapping[str, PlainWords] = {
    "clinic": PlainWords("the clinic's pages", "klinikens sidor"),
    "patient": PlainWords("your own pages", "dina egna sidor"),
    "command": PlainWords("a command on the server", "ett kommando på servern"),
}
ADDRESS_WORDS: Mapping[str, PlainWords] = {
    "this machine": PlainWords("on the server itself", "på själva servern"),
    "own network": PlainWords("in the clinic's network", "i klinikens nät"),
    "internet": PlainWords("over the internet", "över internet"),
}
DATA_SEEN = PlainWords("Data", "Uppgifter")
CAME_FROM = PlainWords("From", "Från")
