"""The Swedish words of the register of what is stored, for the page that answers a patient. Pure.

The register itself is in English. A test compares: each of its words, and each reason for which a
table is left out, has its Swedish here.
"""

from collections.abc import Mapping

SWEDISH: Mapping[str, str] = {
    # legal bases
    "consent, article 6.1 a": "samtycke, artikel 6.1 a",
    "contract, article 6.1 b": "avtal, artikel 6.1 b",
    "legal obligation, article 6.1 c": "rättslig förpliktelse, artikel 6.1 c",
    "public interest, articles 6.1 e and 9.2 h": "allmänt intresse, artiklarna 6.1 e och 9.2 h",
    # purposes
    "following up training that was prescribed": "följa upp träning som har ordinerats",
    "noticing in time what a clinician should look at": (
        "i tid märka det som vårdpersonal bör titta på"
    ),
    "prescribing training": "ordinera träning",
    "fetching what the patient's own services have measured": (
        "hämta det som patientens egna tjänster har mätt"
    ),
    "keeping the patient's account": "hålla patientens konto",
    "answering to what the patient has asked or decided": (
        "svara på det som patienten har begärt eller bestämt"
    ),
    "helping the patient with the service": "hjälpa patienten med tjänsten",
    "six months from the day it came in": "sex månader från den dag det kom in",
    "counting users and hours of training, with nobody named": (
        "räkna användare och träningstimmar utan att någon namnges"
    ),
    "showing who has read and changed what": "visa vem som har läst och ändrat vad",
    # categories
    "name, personal number and contacts": "namn, personnummer och kontaktuppgifter",
    "what devices have measured": "det som enheter har mätt",
    "what the patient has told": "det som patienten har uppgett",
    "what is worked out from measurements and reports": (
        "det som räknas ut från mätningar och uppgifter"
    ),
    "what rules have found, and what was done about it": (
        "det som regler har hittat, och vad som gjordes åt det"
    ),
    "notes and prescriptions of the clinic": "vårdens anteckningar och ordinationer",
    "links to the patient's own services": "kopplingar till patientens egna tjänster",
    "consents and other decisions of the patient": "samtycken och andra beslut av patienten",
    "technical data that processing needs": "tekniska uppgifter som behandlingen behöver",
    "log of accesses": "logg över åtkomst",
    # how long
    "as long as the account": "så länge kontot finns",
    "until it has been worked on": "tills det har behandlats",
    "30 days at most": "högst 30 dagar",
    "five years at least": "minst fem år",
    # origins
    "the patient": "patienten",
    "the patient's devices and services": "patientens enheter och tjänster",
    "the clinic": "vården",
    "this system": "detta system",
    # who sees it
    "the care unit that follows the patient": "vårdenheten som följer patienten",
    "the vendor of the patient's own service": "leverantören av patientens egen tjänst",
    "whoever runs this system": "den som driver systemet",
    "whoever reviews accesses": "den som granskar åtkomst",
    # why a table is left out
    "a key of pseudonyms in statistics, which hold minutes a month": (
        "en nyckel till pseudonymer i statistiken, som har minuter per månad"
    ),
    "a key that opens the patient's data, useless without the system's own": (
        "en nyckel som öppnar patientens uppgifter, oanvändbar utan systemets egen"
    ),
    "answered in plain text as the identity, not as the sealed row": (
        "finns i klartext som identiteten, inte som den förseglade raden"
    ),
    "sealed tokens of the vendor; the link itself is in account": (
        "leverantörens förseglade nycklar; själva kopplingen finns i account"
    ),
    "sealed tokens of the vendor; the end of the link is in account": (
        "leverantörens förseglade nycklar; kopplingens slut finns i account"
    ),
    "a hash of a link that was used or has expired": (
        "en kontrollsumma av en länk som har använts eller gått ut"
    ),
    "a keyed hash of the personal number; the number is not stored": (
        "en kontrollsumma av personnumret med en nyckel; själva numret sparas inte"
    ),
    "a hash of the patient's own token": "en kontrollsumma av patientens egen nyckel",
    "an answer that was made for the patient before, sealed": (
        "ett svar som gjordes åt patienten tidigare, förseglat"
    ),
    "messages that wait to be sent, made of the alerts that are in the answer": (
        "meddelanden som väntar på att skickas, gjorda av larm som finns i svaret"
    ),
    "sums of sample, which is in the answer": "summor av sample, som finns i svaret",
    "a note of what is to be summed again": "en notering om vad som ska summeras igen",
    "a note of what is to be worked out again": "en notering om vad som ska räknas om",
    "a note of when rules look again": "en notering om när regler tittar igen",
    "bodies that could not be read, sealed; the operator hands them out": (
        "innehåll som inte kunde läsas, förseglat; den som driver systemet lämnar ut det"
    ),
    "a count of bodies that could not be read": "ett antal av innehåll som inte kunde läsas",
}


def in_swedish(text: str) -> str:
    """Return the Swedish of a word of the register, the word itself where there is none yet."""
    return SWEDISH.get(text, text)
