"""Files that a patient or a clinic uploads: no vendor, no signature, only the patient's link token."""

from ..connector import Account, Connector

FILES = Connector(
    name="files",
    title="File upload",
    parser="files",
    account=Account.LINK,
    media_types=("application/octet-stream", "application/vnd.ant.fit"),
)
