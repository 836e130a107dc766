"""What was looked at, in words for the patient, in Swedish and English. Data only.

A kind is what stands before the colon in the object of a row. A test compares the kinds with those
that `categories` knows.
"""

from collections.abc import Mapping

from model.audit_log.plain_words import PlainWords

# What was looked at, by the kind of the object.
KINDS_READ: Mapping[str, PlainWords] = {
    "patient": PlainWords("the page about you", "sidan om dig"),
    "preview": PlainWords("a short view of you", "en kort översikt om dig"),
    "summary": PlainWords("the summary of your follow-up", "sammanfattningen av din uppföljning"),
    "session": PlainWords("one of your sessions", "ett av dina pass"),
    "sessions": PlainWords("your sessions", "dina pass"),
    "alert": PlainWords("a notice about you", "en avisering om dig"),
    "timeline": PlainWords("your measurements over time", "dina mätvärden över tid"),
    "days": PlainWords("your days", "dina dagar"),
    "weeks": PlainWords("your weeks", "dina veckor"),
    "prescription": PlainWords("a prescription of yours", "en av dina ordinationer"),
    "prescriptions": PlainWords("your prescriptions", "dina ordinationer"),
    "prescription-drafts": PlainWords(
        "drafts of your prescriptions", "utkast till dina ordinationer"
    ),
    "prescription-bundle": PlainWords("your prescriptions", "dina ordinationer"),
    "annotations": PlainWords("annotations about you", "noteringar om dig"),
    "note": PlainWords("the note about you", "anteckningen om dig"),
    # Files that leave the system are named as such.
    "fhir": PlainWords("all of your data, as a file", "alla dina uppgifter, som fil"),
    "record": PlainWords("what is on record about you", "vad som är registrerat om dig"),
    "fetches": PlainWords("what was fetched for you", "vad som hämtats för dig"),
    "connections": PlainWords("your connections", "dina anslutningar"),
    "export": PlainWords("the log about you, as a file", "loggen om dig, som fil"),
    "extract": PlainWords("who looked at your data", "vilka som tittat på dina uppgifter"),
    # What the patient looked at, on pages of their own.
    "/": PlainWords("the page of today", "sidan för i dag"),
    "/report": PlainWords("the page of reports", "sidan där du rapporterar"),
    "/data": PlainWords("the page with your data", "sidan med dina uppgifter"),
    "/looked": PlainWords("who looked at your data", "vilka som tittat på dina uppgifter"),
    "/sources": PlainWords("the page of your sources", "sidan med dina källor"),
    "/rights": PlainWords("the page of your rights", "sidan med dina rättigheter"),
    "/rights/files/{number}": PlainWords(
        "a file with your data, to keep it", "en fil med dina uppgifter, för att spara den"
    ),
    "/block": PlainWords("the page of other units", "sidan om andra enheter"),
    # Lists, where a patient is one of many.
    "worklist": PlainWords("a list of patients", "en lista över patienter"),
    "alerts": PlainWords("a list of notices", "en lista över aviseringar"),
    "rules": PlainWords("a list of rules and notices", "en lista över regler och aviseringar"),
    "sample": PlainWords("a sample of the log", "ett stickprov ur loggen"),
    "accounts": PlainWords("a list of connected accounts", "en lista över anslutna konton"),
    "warnings": PlainWords("a list of accounts to be closed", "konton som snart stängs"),
    "rights": PlainWords("requests of yours", "dina begäranden"),
    "corrections": PlainWords("corrections of your data", "rättelser av dina uppgifter"),
    "restrictions": PlainWords("restrictions of your data", "begränsningar av dina uppgifter"),
    "blocks": PlainWords("blocks between units", "spärrar mellan enheter"),
    "support": PlainWords("a support case of yours", "ett supportärende om dig"),
    "rights_request": PlainWords("a request of yours", "en av dina begäranden"),
    "reports": PlainWords("your own answers", "dina egna svar"),
}
OTHER_DATA = PlainWords("your data", "dina uppgifter")
