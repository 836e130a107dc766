"""What a secrets file holds, as values: the connectors' keys, our own, and what is wrong with it.

No key appears in a representation. What a key is used for is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.keyring import KeyRing
from model.messages.outgoing import Receiver

KINDS = ("link", "wrapping", "session", "audit", "identity")
ACTIVE, ACCEPTED, RETIRED = "active", "accepted", "retired"
_NO_KEYS = KeyRing()


class SettingsError(ValueError):
    """A setting or a secret is missing or malformed; the text names it and never repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSecrets:
    """Secrets of one connector: `keys` are tried in turn, so that they can be rotated.

    `client_id` and `client_secret` are those of our application at the vendor, "" without one, and
    `api_key` is what some vendors want beside them. `callback` is the full address at our door that
    the vendor is told to call, "" where a person registers it. `api` is the address that is asked
    in place of the vendor's, for tests and sandboxes, "" else. `hosts` are further hosts that links
    of this vendor may lead to, and `scopes` names of scopes that are asked for beside the usual.
    """

    keys: tuple[str, ...] = ()
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    callback: str = field(default="", repr=False)
    api: str = ""
    hosts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key as it is in the file.

    `created` and `changed` (of its state) are RFC 3339 instants, "" when unknown. No process loads
    a retired key; its bytes stay in the file until a person removes them.
    """

    kind: str
    id: str
    state: str
    secret: bytes = field(default=b"", repr=False)
    created: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What must never be printed: the connectors' keys, and our own by kind.

    A ring is empty where the file has no key of that kind. `oidc_client_secret` is the secret that
    the identity provider issued to the clinician door, `patient_oidc_client_secret` that of the
    patient door. `receivers` get what leaves this system.
    """

    connectors: Mapping[str, ConnectorSecrets] = field(default_factory=dict)
    entries: tuple[KeyEntry, ...] = ()
    link_keys: KeyRing = _NO_KEYS
    wrapping_keys: KeyRing = _NO_KEYS
    session_keys: KeyRing = _NO_KEYS
    audit_keys: KeyRing = _NO_KEYS
    identity_keys: KeyRing = _NO_KEYS
    oidc_client_secret: str = ""
    patient_oidc_client_secret: str = ""
    receivers: tuple[Receiver, ...] = ()

    def __repr__(self) -> str:
        return "Secrets(…)"
