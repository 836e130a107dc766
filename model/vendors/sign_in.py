"""How our application signs in at a vendor for a patient: OAuth 2, for reading only. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from model.vendors.requests import ApiRequest, check_host
from model.vendors.tokens import TokenAnswer, standard_tokens

_WRITES = re.compile(r"write|update|delete|modify|manage|upload|post", re.IGNORECASE)
_GOOGLE = "https://www.googleapis.com/auth/"  # a plain scope of Google's means writing as well


class ClientAuth(StrEnum):
    """How our application proves itself at the token endpoint: in a Basic header or in the form."""

    BASIC = "basic"
    BODY = "body"


# In the query or the form of a request that withdraws: replaced by the secret as it is sent.
ACCESS_TOKEN, REFRESH_TOKEN = "{access_token}", "{refresh_token}"
CLIENT_ID, CLIENT_SECRET = "{client_id}", "{client_secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """A vendor's OAuth 2.0: authorisation code with PKCE S256, and refresh tokens.

    A patient grants `scopes` at `authorize_path` of `authorize_host`, where `authorize_params` are
    further parameters and `separator` stands between the scopes. `further` are scopes that only
    some deployments ask for, by the names that their secrets file has. With the code or a refresh
    token the fetcher's client asks `path` of `host`; `token_form` are further fields of that form.
    `client_auth` is how our application proves itself there, and `pkce` whether the vendor knows
    PKCE. `read` is pure: the tokens of an answer; it raises `GrantEndedError` and ValueError.

    Where the answer does not name the account, `who` is the request whose answer does, and
    `account_of` reads it (pure; raises ValueError). `revoke` is pure: the request with which an
    account is withdrawn upstream; None where the vendor has none. Its query and form may name
    `ACCESS_TOKEN`, `REFRESH_TOKEN`, `CLIENT_ID` and `CLIENT_SECRET`.
    """

    host: str
    path: str
    scopes: tuple[str, ...]
    further: Mapping[str, str] = field(default_factory=dict)
    authorize_host: str = ""
    authorize_path: str = ""
    separator: str = " "
    pkce: bool = True
    client_auth: ClientAuth = ClientAuth.BASIC
    authorize_params: tuple[tuple[str, str], ...] = ()
    token_form: tuple[tuple[str, str], ...] = ()
    read: Callable[[bytes], TokenAnswer] = standard_tokens
    who: ApiRequest | None = None
    account_of: Callable[[bytes], str] | None = None
    revoke: Callable[[str], ApiRequest] | None = None

    def __post_init__(self) -> None:
        for host in filter(None, (self.host, self.authorize_host)):
            check_host(host)
        if not self.path.startswith("/"):
            raise ValueError("the token endpoint has a path")
        for scope in (*self.scopes, *self.further.values()):
            plain = scope.startswith(_GOOGLE) and not scope.endswith(".readonly")
            if plain or _WRITES.search(scope):
                raise ValueError(f"the scope {scope} may change data at the vendor")
        if bool(self.authorize_host) != self.authorize_path.startswith("/"):
            raise ValueError("a page of authorisation has a host and a path")
        if (self.who is None) != (self.account_of is None):
            raise ValueError("who asks for the account can read the answer, and only then")

    def asking_for(self, names: Collection[str]) -> "OAuth":
        """Return it with some of its further scopes; raises ValueError for one it does not have."""
        if not set(names) <= self.further.keys():
            raise ValueError(f"scopes may be: {', '.join(self.further) or 'none'}")
        return replace(self, scopes=(*self.scopes, *map(self.further.__getitem__, names)))

    @property
    def is_linkable(self) -> bool:
        """Return whether a patient can be sent to this vendor's authorisation."""
        return bool(self.authorize_host)
