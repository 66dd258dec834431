"""The service's HTTP interface."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


def respond(name: str, path: str) -> tuple[HTTPStatus, dict]:
    """What a GET of a path is answered with."""
    if path == "/":
        return HTTPStatus.OK, {"service": name, "message": f"Hello from {name}"}
    # Ready to take traffic. Check here what every request needs, such as the database.
    if path == "/readyz":
        return HTTPStatus.OK, {"status": "ready"}
    # Running at all. Must not ask anything else, or one broken database restarts everything.
    if path == "/livez":
        return HTTPStatus.OK, {"status": "live"}
    return HTTPStatus.NOT_FOUND, {"error": "not found"}


def create_server(name: str, host: str, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = respond(name, urlsplit(self.path).path)
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are counted by the proxy; the log is for what the service has to say."""

    return ThreadingHTTPServer((host, port), Handler)
