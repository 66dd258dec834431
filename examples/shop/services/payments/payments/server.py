"""HTTP/1.1 with keep-alive, one thread per connection, and a stop that finishes what is under way."""

import contextlib
import json
import socket
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from payments.ledger import Ledger
from payments.log import log
from payments.routes import answer, problem

MAX_BODY_BYTES = 64 * 1024


class Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for the threads that still answer
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], ledger: Ledger) -> None:
        super().__init__(address, Handler)
        self.ledger = ledger
        self.draining = False
        self._idle: set[socket.socket] = set()
        self._lock = threading.Lock()

    def drain(self) -> None:
        """Stops accepting, and ends the connections that wait for a request. `serve_forever` returns."""
        self.shutdown()
        with self._lock:
            self.draining = True
            for connection in self._idle:
                with contextlib.suppress(OSError):  # the other end was faster
                    connection.shutdown(socket.SHUT_RD)

    def wait_idle(self, connection: socket.socket) -> bool:
        """Registers a connection as waiting for a request; false when it should rather close."""
        with self._lock:
            if not self.draining:
                self._idle.add(connection)
            return not self.draining

    def end_idle(self, connection: socket.socket) -> None:
        with self._lock:
            self._idle.discard(connection)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    # Longer than a proxy keeps an idle connection, so that a request never meets one that we are closing.
    timeout = 120
    # One packet for head and body, sent at once: otherwise each answer waits for the caller's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        if not self.server.wait_idle(self.connection):
            self.close_connection = True
            return
        try:
            super().handle_one_request()
        finally:
            self.server.end_idle(self.connection)

    def parse_request(self) -> bool:
        # Called as soon as there is a request line.
        self.server.end_idle(self.connection)
        return super().parse_request()

    def do_GET(self) -> None:
        self._respond()

    def do_PUT(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_DELETE(self) -> None:
        self._respond()

    def _respond(self) -> None:
        started_at = time.monotonic()
        path = self.path.split("?", 1)[0]
        trace = trace_id(self.headers.get("traceparent"))
        try:
            status, body = answer(self.server.ledger, self.command, path, self._read_json())
        except BadBody as error:
            status, body = problem(400, "bad_request", str(error))
        except Exception:
            log("error", "failed", path=path, error=traceback.format_exc(), traceId=trace)
            status, body = problem(500, "internal", "Something went wrong on our side.")
        self._send(status, body)
        log(
            "info",
            "request",
            method=self.command,
            path=path,
            status=status,
            ms=round((time.monotonic() - started_at) * 1000, 1),
            traceId=trace,
        )

    def _read_json(self) -> Any:
        """Reads the body before anything is answered: what is left unread would be taken for the next request."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise BadBody(f"The body needs a Content-Length of at most {MAX_BODY_BYTES}.")
        content = self.rfile.read(int(length))
        try:
            return json.loads(content) if content else None
        except ValueError:
            raise BadBody("The body is not valid JSON.") from None

    def _send(self, status: int, body: dict[str, Any] | None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.close_connection |= self.server.draining
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Replaced by the lines that `_respond` writes."""


class BadBody(Exception):
    """The caller's body cannot be read."""


def trace_id(traceparent: str | None) -> str | None:
    """The trace's id in a traceparent header (W3C Trace Context): version-trace-parent-flags."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) >= 4 else None
