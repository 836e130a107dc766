"""What a vendor's connection may do wrong: each has a reason of its own, and nothing is raised."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fetcher.addresses import ApiHost
from fetcher.answers import VendorResponse
from fetcher.client import Question, VendorClient

_OK = b"HTTP/1.1 200 OK\r\n"
_BREAKS = "the answer breaks off, or is no HTTP"
_MOST = 100
_WRONG = [
    (b"", _BREAKS),
    (b"SSH-2.0-OpenSSH_9.6\r\n", _BREAKS),
    (_OK, _BREAKS),
    (_OK + b"content-length: 10\r\n\r\nhalf", _BREAKS),
    (_OK + b"content-length: many\r\n\r\nhalf", _BREAKS),
    (_OK + b"content-length: -4\r\n\r\nhalf", _BREAKS),
    (_OK + b"transfer-encoding: chunked\r\n\r\nffff\r\nhalf", _BREAKS),
    (_OK + b"transfer-encoding: chunked\r\n\r\nnothing", _BREAKS),
    (_OK + b"content-length: 101\r\n\r\n" + b"x" * 101, "more than 100 bytes"),
    (_OK + b"content-encoding: gzip\r\n\r\nno gzip", "the answer's compression is damaged"),
]


async def _ask(
    answer: bytes, tls: ssl.SSLContext | None = None, within_s: float = 30.0
) -> VendorResponse:
    ended: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.Event())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        if within_s < 1:
            await reader.read()  # until the client has lost its patience
        writer.close()
        ended[-1].set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    host = ApiHost(
        scheme="http" if tls is None else "https",
        name="127.0.0.1",
        port=server.sockets[0].getsockname()[1],
        is_loopback=True,
    )
    client = VendorClient()
    question = Question(host=host, target="/", headers={}, most=_MOST, within_s=within_s)
    try:
        return await client.ask(question)
    finally:
        await client.close()
        for event in ended:
            await event.wait()
        server.close()


@pytest.mark.parametrize(("answer", "why"), _WRONG, ids=[str(answer) for answer, _ in _WRONG])
def test_what_is_no_complete_answer_says_why(answer: bytes, why: str) -> None:
    assert asyncio.run(_ask(answer)).fault == why


def test_what_stands_behind_an_answer_is_no_part_of_it() -> None:
    response = asyncio.run(_ask(_OK + b"content-length: 4\r\n\r\nhalf of it"))
    assert (response.body, response.fault) == (b"half", "")


def test_an_answer_that_drips_ends_in_time() -> None:
    response = asyncio.run(_ask(_OK + b"content-length: 10\r\n\r\nhalf", within_s=0.2))
    assert response.fault == "no complete answer in time"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(_certificate(tmp_path))
    response = asyncio.run(_ask(_OK + b"content-length: 4\r\n\r\nhalf", tls))
    assert (response.body, response.fault) == (b"", "the vendor's certificate does not hold")


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    began = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + dt.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
