"""What people and programs do to the service itself, in words for the patient. Data only.

Rows of these actions are about no patient, or about one by way of exception, as when a patient
signs in at their own door. They have words all the same, so that no known action is worded as
"something".
"""

from collections.abc import Mapping

from model.audit_log.plain_words import PlainWords

SERVICE_DEEDS: Mapping[str, PlainWords] = {
    "access.signin": PlainWords("signed in", "loggade in"),
    "access.signout": PlainWords("signed out", "loggade ut"),
    "access.refused": PlainWords(
        "tried to sign in and was refused", "försökte logga in men nekades"
    ),
    "duty.set": PlainWords("changed the clinic's working hours", "ändrade klinikens arbetstider"),
    "absence.add": PlainWords("noted that somebody is away", "noterade att någon är borta"),
    "absence.end": PlainWords("noted that somebody is back", "noterade att någon är tillbaka"),
    "clinician.reach": PlainWords(
        "changed how somebody at the clinic is reached", "ändrade hur någon på kliniken nås"
    ),
    "keys.rotate": PlainWords("changed the keys of the service", "bytte tjänstens nycklar"),
    "keys.rewrap": PlainWords(
        "sealed your key with a new key of the service", "förseglade din nyckel med en ny"
    ),
    "keys.retire": PlainWords("removed an old key of the service", "tog bort en gammal nyckel"),
    "digest.read": PlainWords(
        "computed check sums of what is stored", "räknade kontrollsummor av det som lagras"
    ),
    "backup.make": PlainWords("made a backup", "gjorde en säkerhetskopia"),
    "backup.restore": PlainWords("restored a backup", "återställde en säkerhetskopia"),
    "log.verify": PlainWords("checked the log for changes", "kontrollerade att loggen är orörd"),
    "log.export": PlainWords("wrote the log to a file", "skrev loggen till en fil"),
    "log.sample": PlainWords("drew a sample of the log", "drog ett stickprov ur loggen"),
    "message.retry": PlainWords("sent a message again", "skickade ett meddelande igen"),
    "message.drop": PlainWords("removed a message", "tog bort ett meddelande"),
    "rights.list": PlainWords("listed requests about rights", "tog fram begäranden om rättigheter"),
    "account.list": PlainWords("listed accounts", "tog fram konton"),
    "support.list": PlainWords("listed support cases", "tog fram supportärenden"),
    "block.list": PlainWords("listed blocks between units", "tog fram spärrar mellan enheter"),
    "consent.text": PlainWords("added a text that patients agree to", "lade till en samtyckestext"),
    "statistics.read": PlainWords(
        "read statistics, which name nobody", "läste statistik, som inte namnger någon"
    ),
}
