"""Asks a vendor once: bounded in time and size, no redirects, no cookies, no proxy.

It looks at no content, and it never raises for what a vendor sends or does not send.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode

import httpx2

from fetcher.addresses import ApiHost, RefusedAddressError, addresses_of
from fetcher.answers import VendorResponse

SILENCE_S = 30.0  # without a byte
_CONNECT_S = 10.0
_REQUEST_S = 150.0  # of one request, however steadily its bytes drip
_AT_ONCE = 64
_NO_HEADERS: Mapping[str, str] = {}
# The first class that fits says what was wrong.
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (RefusedAddressError, "the vendor's name leads to a private address"),
    (httpx2.ConnectTimeout, "the vendor does not answer"),
    (httpx2.ConnectError, "no connection to the vendor"),
    (httpx2.ReadTimeout, f"no byte for {SILENCE_S:g} s"),
    (httpx2.RemoteProtocolError, "the answer breaks off, or is no HTTP"),
    (httpx2.DecodingError, "the answer's compression is damaged"),
    (TimeoutError, "no complete answer in time"),
    (httpx2.HTTPError, "the connection to the vendor failed"),
    (OSError, "the vendor's name is not found"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request: `target` is path and query; `most` bounds the answer, in bytes.

    A complete answer is waited for `within_s` seconds, however steadily its bytes drip. `form` is
    sent as a form and `json` as a JSON document; both, and the headers, may hold secrets.
    """

    host: ApiHost
    target: str
    headers: Mapping[str, str] = field(repr=False)
    most: int
    within_s: float = _REQUEST_S
    method: str = "GET"
    form: Sequence[tuple[str, str]] = field(default=(), repr=False)
    json: str = field(default="", repr=False)

    @property
    def body(self) -> bytes:
        """Return what is sent behind the headers."""
        return urlencode(self.form).encode() if self.form else self.json.encode()


class VendorClient:
    """Asks vendors over connections that it keeps open for a while."""

    def __init__(self, silence_s: float = SILENCE_S, at_once: int = _AT_ONCE) -> None:
        """Connect to nothing yet.

        `silence_s` is how long a vendor may send no byte. At most `at_once` requests are under way;
        others wait for their turn.
        """
        self._turns = asyncio.Semaphore(at_once)
        timeout = httpx2.Timeout(silence_s, connect=_CONNECT_S)
        limits = httpx2.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
        # A cookie that one patient's answer sets must not come back with another's request.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        # The environment of the process must not choose a proxy, which would see tokens.
        self._client = httpx2.AsyncClient(
            timeout=timeout,
            limits=limits,
            follow_redirects=False,
            trust_env=False,
            cookies=no_cookies,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def ask(self, question: Question) -> VendorResponse:
        """Return a vendor's answer; what went wrong on the way is its `fault`."""
        try:
            async with self._turns, asyncio.timeout(question.within_s):
                return await self._answer_of(question)
        except tuple(kind for kind, _ in _FAULTS) as error:
            return VendorResponse(headers=_NO_HEADERS, fault=_fault_of(error))

    async def _answer_of(self, question: Question) -> VendorResponse:
        host = question.host
        number = (await addresses_of(host))[0]
        address = f"[{number}]" if ":" in number else number
        request = self._client.build_request(
            question.method,
            f"{host.scheme}://{address}:{host.port}{question.target}",
            headers=_headers_of(question),
            content=question.body or None,
            # the certificate is checked for the name, while the connection goes to the number
            extensions={"sni_hostname": host.name},
        )
        response = await self._client.send(request, stream=True)
        try:
            return await _read(response, question.most)
        finally:
            await response.aclose()


def _headers_of(question: Question) -> dict[str, str]:
    headers = {**question.headers, "host": question.host.authority}
    if question.form:
        headers["content-type"] = "application/x-www-form-urlencoded"
    return headers


async def _read(response: httpx2.Response, most: int) -> VendorResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    chunks: list[bytes] = []
    size = 0
    # decoded, and counted as decoded: a small answer may unpack to an endless one
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > most:
            return VendorResponse(
                status=response.status_code, headers=headers, fault=f"more than {most} bytes"
            )
        chunks.append(chunk)
    return VendorResponse(status=response.status_code, headers=headers, body=b"".join(chunks))


def _fault_of(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "the vendor's certificate does not hold"
        cause = cause.__cause__ or cause.__context__
    return next(text for kind, text in _FAULTS if isinstance(error, kind))
