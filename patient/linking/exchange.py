"""Asks a vendor what a patient's authorisation gave: tokens, whose they are, and to be registered.

Nothing is stored here. A vendor that fails leaves nothing behind with us. Registered at once: some
vendors give no data before, and the past is fetched from the first moment on.
"""

from dataclasses import dataclass, field, replace
from http import HTTPStatus

from fetcher.answers import VendorResponse
from fetcher.client import VendorClient
from fetcher.parts import FetchedVendor
from fetcher.questions import bearer, question_of
from fetcher.tokens import log_refused_client, stored_tokens, token_answer, token_question
from model.vendors.requests import ApiRequest
from model.vendors.tokens import ClientRefusedError, GrantEndedError, TokenAnswer
from storage.fetching.budgets import spend_request
from storage.fetching.connections import Tokens
from storage.pg.pool import Pool

EXCHANGE_S = 20.0  # of each request: a patient waits for the page meanwhile
_LONGEST_ACCOUNT = 512
_ANSWERS = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
# An account that is registered already is as good as one that was registered now.
_REGISTERED = frozenset({*_ANSWERS, HTTPStatus.CONFLICT})


class VendorAwayError(Exception):
    """The vendor does not answer, or asks us to come later; the patient tries again."""


class RefusedClientError(Exception):
    """The vendor does not take our application; no patient can mend that, and no wait helps."""


class RefusedGrantError(Exception):
    """The vendor does not take the code, or names no account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedAccount:
    """An account at a vendor that a patient authorised, with its tokens."""

    account: str
    tokens: Tokens = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A vendor, and what it is asked with."""

    vendor: FetchedVendor
    client: VendorClient
    pool: Pool
    now_ms: int

    async def granted(self, code: str, verifier: str, callback: str) -> GrantedAccount:
        """Return the account of a code, with its tokens.

        Raises `VendorAwayError`, `RefusedClientError` and `RefusedGrantError`; the code is spent
        either way. Their texts are words of ours with a status, never words of the vendor.
        """
        answer = await self._exchanged(code, verifier, callback)
        # there is no earlier refresh token that could hold on
        tokens = stored_tokens(answer, "", self.now_ms)
        # some vendors name the user beside the tokens, and need not be asked once more
        account = answer.account or await self._account(tokens)
        # an id of any other kind would become part of keys, logs and addresses
        if not (0 < len(account) <= _LONGEST_ACCOUNT and account.isprintable()):
            raise RefusedGrantError("the vendor names no account")
        await self._register(account, tokens)
        return GrantedAccount(account=account, tokens=tokens)

    async def _exchanged(self, code: str, verifier: str, callback: str) -> TokenAnswer:
        ours = self.vendor.client
        if ours is None:
            raise VendorAwayError("the secrets file has no client of this vendor")
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            **({"code_verifier": verifier} if ours.oauth.pkce else {}),
        }
        question = replace(token_question(ours, grant), within_s=EXCHANGE_S)
        response = await self.client.ask(question)
        try:
            return token_answer(ours.oauth, response)
        except GrantEndedError as error:
            raise RefusedGrantError("the vendor does not take the code") from error
        except ClientRefusedError as error:
            log_refused_client(ours.oauth.host)
            raise RefusedClientError(f"the application, status {response.status}") from error
        except ValueError as error:
            why = response.fault or f"status {response.status}"
            raise VendorAwayError(f"the vendor gave no tokens: {why}") from error

    async def _account(self, tokens: Tokens) -> str:
        auth = self.vendor.api.auth
        if auth is None or auth.who is None or auth.account_of is None:
            raise RefusedGrantError("the vendor names no account")
        response = await self._answer_of(auth.who, tokens)
        if response.status != HTTPStatus.OK:
            raise VendorAwayError(f"status {response.status}")
        try:
            return auth.account_of(response.body)
        except ValueError as error:
            raise RefusedGrantError("the vendor names no account") from error

    async def _register(self, account: str, tokens: Tokens) -> None:
        if self.vendor.api.register is None:
            return
        response = await self._answer_of(self.vendor.api.register(account), tokens)
        if response.status not in _REGISTERED:
            raise VendorAwayError(f"status {response.status}")

    async def _answer_of(self, request: ApiRequest, tokens: Tokens) -> VendorResponse:
        """Ask within the budget that the fetchers keep to as well."""
        async with self.pool.connection() as conn:
            closed_ms = await spend_request(conn, self.vendor.name, self.vendor.budget, self.now_ms)
        if closed_ms:
            raise VendorAwayError("our budget at the vendor is used up")
        question = question_of(self.vendor, request, bearer(tokens.access))
        response = await self.client.ask(replace(question, within_s=EXCHANGE_S))
        if response.fault:
            raise VendorAwayError(response.fault)
        return response
