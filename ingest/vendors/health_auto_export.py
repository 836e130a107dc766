"""Health Auto Export, an app on the patient's iPhone that pushes by the patient's link.

The app can send headers of the user's choice with each request, so the link token is the bearer of
its Authorization header, where no log of a proxy shows it. It tells in headers of its own how it
grouped the values. The header `time-zone` is ours: tables of the app have local times without an
offset, and whoever sets up the phone may name its zone.
"""

from ingest.connector import MIB, Connector, LinkToken, Passes, always
from ingest.proving.proofs import LinkOnly

HEALTH_AUTO_EXPORT = Connector(
    name="health_auto_export",
    title="Health Auto Export",
    proof=LinkOnly(),
    owner=LinkToken(at="bearer"),
    format=always("health_auto_export"),
    passes=Passes(headers=("automation-aggregation", "automation-period", "time-zone")),
    max_body=48 * MIB,  # an export by hand of months; what an automation sends has a few
)
