"""The proof by an address of each account, with a code that only we can make. Pure."""

import hmac
from dataclasses import dataclass
from urllib.parse import quote

from ingest.proving.evidence import SEGMENT, Evidence, matches_any
from ingest.proving.verify import Check, Verdict

ADDRESSED_ACCOUNT, ADDRESS_CODE = "account", "code"  # parameters of the address of one account


@dataclass(frozen=True, slots=True)
class AccountAddress:
    """The vendor signs nothing; the address registered for each account names it, with a code.

    The code is an HMAC of the account, so that nobody without the key can make an address, and
    whoever learns one has that of a single account. `member` names the account in a form-encoded
    body; the reader compares it with the address.
    """

    member: str
    needs_key = True
    reads_path = False
    signs_body = False
    decodes_body = False
    secret_headers = ()
    secret_parameters = (ADDRESS_CODE,)

    @property
    def words(self) -> str:
        """The proof in words, for people."""
        return "a code in the address of each account"

    def check_key(self, text: str) -> None:
        """Raise ValueError for a key that could be guessed."""
        if not SEGMENT.fullmatch(text):
            raise ValueError("22 to 128 random letters, digits, - and _ are wanted")

    def begin(self, evidence: Evidence) -> Check | Verdict:
        """Compare the code in the address with that of each key."""
        account, code = (
            evidence.query.get(ADDRESSED_ACCOUNT, ""),
            evidence.query.get(ADDRESS_CODE, ""),
        )
        if not account or not code:
            return Verdict.MISSING
        return matches_any(code, [account_code(key, account) for key in evidence.secrets])


def account_code(key: str, account: str) -> str:
    """Return the code of an account: HMAC-SHA256 in hex."""
    return hmac.digest(key.encode(), account.encode(), "sha256").hex()


def account_query(key: str, account: str) -> str:
    """Return what the address of an account ends in: `?account=…&code=…`."""
    name, code = quote(account, safe=""), account_code(key, account)
    return f"?{ADDRESSED_ACCOUNT}={name}&{ADDRESS_CODE}={code}"
