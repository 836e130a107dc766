"""Patients' reports from an app, signed as Standard Webhooks with the app's own secret."""

from ingest.connector import MIB, AccountInBody, Connector, always
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX
from ingest.proving.signed import Signature
from model.words.red_flags import IF_RED_FLAG

REPORTS = Connector(
    name="reports",
    title="Patient reports",
    proof=Signature((STANDARD_WEBHOOKS, SVIX)),
    owner=AccountInBody(),
    format=always("reports"),
    # a report is some hundred bytes; an app may send many of them in one body
    max_body=MIB,
    # whoever answers yes to a warning sign is told at once, before anybody has read the answer
    shown={"if_red_flag": IF_RED_FLAG},
)
