"""Mail as it goes out: where to, and under which id."""

import pytest

from alerts.delivery.mail import Mail, Smtp, message, read_smtp

MAIL = Mail(
    recipient="a@b.example",
    subject="Something waits",
    text="Look: https://x",
    key="alert/A/a@b",
    at_ms=0,
)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("localhost:2525", Smtp(scheme="smtp", host="localhost", port=2525)),
        ("smtp://mail", Smtp(scheme="smtp", host="mail", port=25)),
        (
            "smtps://u%40x:p%3Aw@mail",
            Smtp(
                scheme="smtps",
                host="mail",
                port=465,
                user="u@x",
                password="p:w",  # noqa: S106 - invented
            ),
        ),
        ("smtp+starttls://mail:26", Smtp(scheme="smtp+starttls", host="mail", port=26)),
    ],
)
def test_servers_are_read(text: str, server: Smtp) -> None:
    assert read_smtp(text) == server


@pytest.mark.parametrize("text", ["", "http://mail", "smtp://", ":25"])
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host"):
        read_smtp(text)


def test_one_row_is_one_message_id_however_often_it_goes_out() -> None:
    first, again = message(MAIL, "kadens@clinic.example"), message(MAIL, "kadens@clinic.example")
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@clinic.example>")
    assert "a@b" not in first["Message-ID"]
    assert (first["To"], first["Subject"]) == ("a@b.example", "Something waits")
    assert first["Date"] == "Thu, 01 Jan 1970 00:00:00 +0000"


def test_an_address_cannot_smuggle_a_header() -> None:
    broken = Mail(recipient="a@b\r\nBcc: c@d", subject="s", text="t", key="k", at_ms=0)
    with pytest.raises(ValueError, match=r"linefeed|carriage|header"):
        message(broken, "kadens@clinic.example")
