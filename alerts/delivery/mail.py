"""Sends mail over SMTP.

A mail says only which page to open. It must never contain a health value or a name, because mail
can be read on its way. The Message-ID is made from the key of the message, so that a second
delivery is recognised as the same mail.
"""

import asyncio
import hashlib
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from alerts.delivery.channel import Send
from model.calendar import utc
from model.messages.outgoing import AttemptResult
from storage.alerts.outbox import Waiting

TIMEOUT_S = 20.0  # for each answer of the mail server
# For a complete mail. It must be below the time after which the database ends an idle transaction.
DELIVERY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail as it goes out."""

    recipient: str
    subject: str
    text: str
    key: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """Where mail goes: `scheme` is smtp, smtp+starttls or smtps."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""


_DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def read_smtp(text: str) -> Smtp:
    """Read `host:port` or `SCHEME://[user:password@]host[:port]`.

    Raises ValueError that says what it must be.
    """
    parts = urlsplit(text if "://" in text else f"smtp://{text}")
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(
            "mail server: must be host:port, or smtp://, smtp+starttls:// or smtps:// with a host"
        )
    return Smtp(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def smtp_sender(server: Smtp, mail_from: str) -> Send:
    """Return a function that sends one mail over SMTP, in a thread."""

    async def send(row: Waiting, _now_ms: int) -> AttemptResult:
        try:
            async with asyncio.timeout(DELIVERY_S):
                await asyncio.to_thread(_send, server, message(_mail_of(row), mail_from))
        except (smtplib.SMTPRecipientsRefused, ValueError) as error:  # the address is malformed
            return AttemptResult(why=type(error).__name__, refused=True)
        except (OSError, smtplib.SMTPException) as error:
            # Only the class of the error is stored, because its text may repeat the address.
            return AttemptResult(why=type(error).__name__)
        return AttemptResult()

    return send


def message(mail: Mail, mail_from: str) -> EmailMessage:
    """Return the mail as RFC 5322 text."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = mail_from, mail.recipient, mail.subject
    made["Date"] = format_datetime(utc(mail.at_ms))
    made["Message-ID"] = (
        f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@{mail_from.rpartition('@')[2]}>"
    )
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text)
    return made


def _mail_of(row: Waiting) -> Mail:
    return Mail(
        recipient=row.recipient,
        subject=str(row.body["subject"]),
        text=str(row.body["text"]),
        key=row.key,
        at_ms=row.created_ms,
    )


def _send(server: Smtp, mail: EmailMessage) -> None:
    with _connect(server) as client:
        if server.scheme == "smtp+starttls":
            client.starttls(context=ssl.create_default_context())
        if server.user:
            client.login(server.user, server.password)
        client.send_message(mail)


def _connect(server: Smtp) -> smtplib.SMTP:
    if server.scheme == "smtps":
        tls = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=tls)
    return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
