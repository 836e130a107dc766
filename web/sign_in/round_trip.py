"""The way of a browser to the identity provider and back, as every door goes it.

It asks the provider and sets the cookie of a sign-in that has begun. Whom the claims admit is for
the door to decide.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.sign_in.code_flow import (
    CodeFlow,
    authorization_url,
    begin_sign_in,
    end_session_url,
    pending_cookie,
)
from web.sign_in.cookies import PendingSignIn, opened_pending, seal_pending
from web.sign_in.id_tokens import Claims, Expected, TokenError, checked_claims
from web.sign_in.provider import ProviderError

# Ten minutes: enough for a password and a second factor.
PENDING_MS = 600_000


async def redirect_to_provider(flow: CodeFlow, page: str) -> Response:
    """Send the browser to the provider, and store in a cookie what its answer must match.

    `page` is shown afterwards. Raises `ProviderError` when the provider does not answer.
    """
    pending = begin_sign_in(page)
    response = RedirectResponse(
        authorization_url(flow, await flow.provider.description(), pending), 303
    )
    sealed = seal_pending(flow.keys(), pending, flow.clock() + PENDING_MS)
    flow.set_cookie(response, pending_cookie(pending.state), sealed, PENDING_MS)
    return response


def pending_of(request: Request, flow: CodeFlow, state: str) -> PendingSignIn | None:
    """Return the sign-in that this browser began with `state`, None where it did not."""
    cookie = request.cookies.get(flow.cookie(pending_cookie(state)), "")
    return opened_pending(flow.keys(), cookie, state, flow.clock())


async def answered_claims(flow: CodeFlow, pending: PendingSignIn, code: str, iss: str) -> Claims:
    """Return the claims of the ID token that the provider gives for a code.

    Raises `TokenError` and `CodeError` for an answer that admits nobody, `ProviderError` where the
    provider fails.
    """
    ours, provider = flow.provider.registration, flow.provider
    description = await provider.description()
    # RFC 9207: a code from another provider must not be redeemed at ours.
    must_name = iss or description.authorization_response_iss_parameter_supported
    if must_name and iss != ours.issuer:
        raise TokenError("the answer names another issuer")
    token = await provider.redeemed(code, pending.verifier)
    expected = Expected(issuer=ours.issuer, client_id=ours.client_id, nonce=pending.nonce)
    return checked_claims(token, await provider.keys(), expected, flow.clock())


async def sign_out_address(flow: CodeFlow) -> str:
    """Return the provider's address for sign-out; "" when it does not answer or names none."""
    try:
        return end_session_url(flow, await flow.provider.description())
    except ProviderError:
        return ""
