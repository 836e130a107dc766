"""What `kadens import` does with a door that says to come again later."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kadens.posting import TRIES, post, post_patiently, seconds_of


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the waits, which take no time here."""
    taken: list[float] = []
    monkeypatch.setattr("time.sleep", taken.append)
    return taken


class _Door(BaseHTTPRequestHandler):
    answers: tuple[int, ...] = ()
    count = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        status = _Door.answers[min(_Door.count, len(_Door.answers) - 1)]
        _Door.count += 1
        self.send_response(status)
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Door) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        _Door.count = 0
        yield f"http://127.0.0.1:{server.server_port}/v1/files"
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "status", "waited"),
    [
        ((202,), 202, []),
        ((429, 503, 202), 202, [7.0, 7.0]),
        ((401,), 401, []),
        ((429,), 429, [7.0] * (TRIES - 1)),
    ],
)
def test_it_waits_as_long_as_it_is_told(
    waits: list[float], url: str, answers: tuple[int, ...], status: int, waited: list[float]
) -> None:
    _Door.answers = answers
    assert post_patiently(url, b"body", {})[0] == status
    assert waits == waited


def test_a_plain_post_does_not_wait(waits: list[float], url: str) -> None:
    _Door.answers = (429, 202)
    assert post(url, b"body", {})[0] == 429
    assert waits == []


def test_what_retry_after_says() -> None:
    texts = ("1", "0", "59", "3600", "", "soon", "-5", "²", "Sat, 28 Nov 2026 01:00:00 GMT")
    assert list(map(seconds_of, texts)) == [1, 1, 59, 60, 1, 1, 1, 1, 1]
