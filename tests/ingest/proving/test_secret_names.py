"""Where secrets come is known of each connector, and what proves one body alone is none."""

import pytest

from ingest.connector import AccountInBody, Connector, LinkToken, always
from ingest.proving.addressed import AccountAddress
from ingest.proving.proofs import LinkOnly, Proof
from ingest.proving.repeated import EchoedAuthorization, SecretPath, SharedSecret
from ingest.proving.schemes import SVIX
from ingest.proving.secret_names import secret_headers, secret_parameters
from ingest.proving.signed import EchoAndSignature, Signature, SignedForm
from ingest.proving.verify import FIELDS_LIMIT
from ingest.vendors import CONNECTORS
from tests.rows import matching, values_of

_ALWAYS = secret_headers(()), secret_parameters(())


def _row(proof: Proof, owner: AccountInBody | LinkToken | None = None) -> Connector:
    return Connector(
        name="v",
        title="V",
        proof=proof,
        owner=owner or AccountInBody(),
        format=always("v"),
        max_body=FIELDS_LIMIT,
    )


@pytest.mark.parametrize(
    ("row", "headers", "parameters"),
    [
        (_row(SharedSecret(headers=("client", "secret"))), {"client", "secret"}, set()),
        (_row(EchoedAuthorization()), {"authorization"}, set()),
        (_row(EchoAndSignature(schemes=(SVIX,), key_set="a.b/c")), {"authorization"}, set()),
        (_row(SecretPath(header="x-id")), {"x-id"}, set()),
        (_row(SecretPath()), set(), set()),
        (_row(AccountAddress(member="userid")), set(), {"code"}),
        (_row(Signature((SVIX,))), set(), set()),
        (_row(SignedForm(signed="a", signature="b")), set(), set()),
        (_row(LinkOnly(), LinkToken(at="x-link")), {"x-link"}, set()),
        (_row(LinkOnly(), LinkToken(at="bearer")), {"authorization"}, set()),
        (_row(LinkOnly(), LinkToken(at="query")), set(), {"token"}),
        (_row(LinkOnly(), LinkToken(at="path")), set(), set()),
    ],
)
def test_each_proof_names_where_its_secret_comes(
    row: Connector, headers: set[str], parameters: set[str]
) -> None:
    assert secret_headers([row]) == _ALWAYS[0] | headers
    assert secret_parameters([row]) == _ALWAYS[1] | parameters


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("fitbit", "verify"), ("strava", "hub.verify_token"), ("oura", "verification_token")],
)
def test_a_handshake_names_the_parameter_of_its_key(name: str, parameter: str) -> None:
    assert parameter in secret_parameters(matching(CONNECTORS, name=name))


def test_nothing_that_travels_with_a_body_is_a_secret() -> None:
    headers, parameters = secret_headers(CONNECTORS), secret_parameters(CONNECTORS)
    for passes in values_of(CONNECTORS, "passes"):
        assert not headers & set(passes.headers)
        assert not parameters & set(passes.parameters)
