"""Files that a patient or a clinic uploads: no vendor, no signature, only the patient's link token."""

from ingest.connector import MIB, Account, Connector

FILES = Connector(
    name="files",
    title="File upload",
    parser="files",
    account=Account.LINK,
    max_body=100 * MIB,
    media_types=("application/octet-stream", "application/vnd.ant.fit"),
)
