"""Serves a simulated vendor on loopback: its pages, its tokens, its interface.

It writes no line of log, because requests hold tokens.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulate.vendors.platform.exchanges import Arrived, Fault, Reply
from simulate.vendors.platform.played_pages import ACCOUNT_PATH, account_page, authorisation
from simulate.vendors.platform.server import PlatformServer


@contextmanager
def serving_vendor(server: PlatformServer, port: int = 0) -> Iterator[str]:
    """Serve on loopback, by default on a free port; give the address, `http://127.0.0.1:40001`."""

    class Handler(_Handler):
        vendor = server

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as http:
        http.daemon_threads = True
        http.block_on_close = False
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            if server.hold is not None:
                # an answer that still waits would keep its thread for a minute
                server.hold.set()
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    vendor: PlatformServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base has it
        """Write no line: requests hold tokens."""

    def do_GET(self) -> None:
        """Answer a request, whatever its method."""
        length = int(self.headers.get("content-length", "0"))
        arrived = Arrived(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        route, vendor = arrived.route, self.vendor
        if route == vendor.authorize_path:
            self._answer(arrived, authorisation(vendor, arrived))
        elif route == ACCOUNT_PATH:
            self._answer(arrived, account_page(vendor, arrived))
        elif route in {vendor.token_path, vendor.revoke_path} and self.command == "POST":
            self._exchange(arrived)
        elif (reply := vendor.public(arrived)) is not None:
            self._answer(arrived, reply)
        else:
            self._interface(arrived)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - as its base has it

    def _exchange(self, arrived: Arrived) -> None:
        self.vendor.exchanges.append(arrived)
        with_fault = bool(self.vendor.token_faults)
        fault = self.vendor.next_fault(self.vendor.token_faults) if with_fault else None
        if fault is not None:
            self._fail(arrived, fault)
            return
        self._answer(arrived, self.vendor.exchanged(arrived))

    def _interface(self, arrived: Arrived) -> None:
        self.vendor.requests.append(arrived)
        within, headers = self.vendor.admitted()
        if self.vendor.hold is not None:
            self.vendor.hold.wait(60)
        fault = self.vendor.next_fault(self.vendor.faults)
        if fault is not None and fault is not Fault.COOKIE:
            self._fail(arrived, fault)
            return
        if fault is Fault.COOKIE:
            headers["Set-Cookie"] = "session=of-one-user; Path=/"
        if not within:
            headers["Retry-After"] = self.vendor.retry_after
            slower = Reply(status=HTTPStatus.TOO_MANY_REQUESTS, body=b"{}", headers=headers)
            self._answer(arrived, slower)
            return
        self._answer(arrived, self.vendor.answered(arrived), headers)

    def _fail(self, arrived: Arrived, fault: Fault) -> None:
        slower = {"Retry-After": self.vendor.retry_after}
        elsewhere = {"Location": "http://127.0.0.1:1/v3/elsewhere"}
        plain: Mapping[Fault, Reply] = {
            Fault.OUTAGE: Reply(status=503, body=b"{}"),
            Fault.PAGE: Reply(body=b"<!DOCTYPE html><title>We are back soon</title>", kind=""),
            Fault.REDIRECT: Reply(status=302, headers=elsewhere),
            Fault.FORBIDDEN: Reply(status=403, body=b"{}"),
            Fault.MISSING: Reply(status=404, body=b"{}"),
            Fault.EMPTY: Reply(status=204),
            Fault.SLOWER: Reply(status=429, body=b"{}", headers=slower),
        }
        if fault in plain:
            self._answer(arrived, plain[fault])
            arrived.status = -1
            return
        arrived.status = -1
        # or the next request would be read from what this answer left unfinished
        self.close_connection = True
        if fault is Fault.SHORT:
            self._head({"Content-Length": "1000"})
            self.wfile.write(b"half of it")
        elif fault is Fault.ENDLESS:
            self._drip()
        elif fault is Fault.SILENT:
            (self.vendor.hold or threading.Event()).wait(60)

    def _drip(self) -> None:
        self._head({"Connection": "close"})
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            return

    def _head(self, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _answer(
        self, arrived: Arrived, reply: Reply, headers: Mapping[str, str] | None = None
    ) -> None:
        # before the answer is written: who reads it may look at the account of requests at once
        arrived.status = reply.status
        self.send_response(reply.status)
        for name, value in {**(headers or {}), **reply.headers, "content-type": reply.kind}.items():
            if value:
                self.send_header(name, value)
        has_body = reply.status != HTTPStatus.NO_CONTENT
        if has_body:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(reply.body)
