"""What a connector is: one frozen value that says how a vendor's bodies are proved and whose they are. No behaviour."""

from dataclasses import dataclass
from enum import StrEnum

from ingest.verify import Scheme

MIB = 1024 * 1024


class Account(StrEnum):
    """Whose a body is.

    BODY: it names the vendor's own user id; one that is not linked yet waits in quarantine for a day, and the sender
    gets its 2xx. LINK: it names nobody; the patient's link token must come with it, and nothing waits.
    """

    BODY = "body"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One vendor: `name` is its path at the door, its row in the secrets file and the vendor that consent names.

    `schemes` are the signatures it may come with (the first whose header is there counts); none
    means that the link token is the only proof. `parser` is the row of `parsers.formats` that reads
    its bodies, or `files`. `max_body` is the most bytes of a body.
    """

    name: str
    title: str
    parser: str
    schemes: tuple[Scheme, ...] = ()
    account: Account = Account.BODY
    media_types: tuple[str, ...] = ("application/json",)
    max_body: int = 16 * MIB
