"""Patients' reports from an app, signed as Standard Webhooks with the secret that the clinic gave the app."""

from ingest.connector import MIB, Connector
from ingest.verify import STANDARD_WEBHOOKS, SVIX

REPORTS = Connector(
    name="reports",
    title="Patient reports",
    parser="reports",
    schemes=(STANDARD_WEBHOOKS, SVIX),
    max_body=MIB,
)
