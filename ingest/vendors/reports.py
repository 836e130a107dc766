"""Patients' reports from an app, signed as Standard Webhooks with the app's own secret."""

from ingest.connector import MIB, AccountInBody, Connector, always
from ingest.proving.proofs import Signature
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX

REPORTS = Connector(
    name="reports",
    title="Patient reports",
    proof=Signature((STANDARD_WEBHOOKS, SVIX)),
    owner=AccountInBody(),
    format=always("reports"),
    # a report is some hundred bytes; an app may send many of them in one body
    max_body=MIB,
)
