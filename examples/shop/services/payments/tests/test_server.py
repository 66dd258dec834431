import contextlib
import io
import json
import threading
import unittest
from http.client import HTTPConnection

from payments.server import Server
from tests.database import fresh_ledger

PAYMENT = {"amountCents": 100, "card": "4242424242424242"}


class ServerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.log = io.StringIO()
        self.enterContext(contextlib.redirect_stdout(self.log))
        self.server = Server(("127.0.0.1", 0), fresh_ledger(self))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.client = HTTPConnection(*self.server.server_address, timeout=5)
        self.addCleanup(self.stop)

    def stop(self) -> None:
        self.server.drain()
        self.thread.join()
        self.server.server_close()
        self.client.close()

    def request(self, method: str, path: str, body: object = None, headers: dict[str, str] = {}) -> tuple[int, object]:
        content = body if isinstance(body, str | None) else json.dumps(body)
        self.client.request(method, path, content, headers)
        response = self.client.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else None

    def test_authorizes_and_voids(self) -> None:
        status, body = self.request("PUT", "/authorizations/order-1", PAYMENT)
        self.assertEqual((status, body["status"]), (200, "authorized"))
        self.assertEqual(self.request("DELETE", "/authorizations/order-1"), (204, None))
        self.assertEqual(self.request("PUT", "/authorizations/order-1", PAYMENT)[1]["status"], "voided")

    def test_answers_what_the_request_deserves(self) -> None:
        self.request("PUT", "/authorizations/order-1", PAYMENT)
        for method, path, body, expected in [
            ("GET", "/livez", None, 200),
            ("GET", "/readyz", None, 200),
            ("GET", "/nothing", None, 404),
            ("POST", "/authorizations/order-1", None, 405),
            ("PUT", "/authorizations/order-1", PAYMENT | {"amountCents": 200}, 409),
            ("PUT", "/authorizations/order-2", PAYMENT | {"amountCents": True}, 400),
            ("PUT", "/authorizations/order-2", PAYMENT | {"card": "plastic"}, 400),
            ("PUT", "/authorizations/order-2", [], 400),
            ("PUT", "/authorizations/order-2", "{", 400),
            ("PUT", "/authorizations/order-2", "x" * 100_000, 400),
        ]:
            with self.subTest(method=method, path=path, body=str(body)[:60]):
                self.assertEqual(self.request(method, path, body)[0], expected)

    def test_keeps_the_connection_between_requests(self) -> None:
        self.request("PUT", "/nothing", PAYMENT)
        connection = self.client.sock
        self.assertEqual(self.request("PUT", "/authorizations/order-1", PAYMENT)[0], 200)
        self.assertIs(self.client.sock, connection)

    def test_logs_the_trace_and_never_the_card(self) -> None:
        trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        self.request("PUT", "/authorizations/order-1", PAYMENT, trace)
        self.stop()
        self.assertIn("0af7651916cd43dd8448eb211c80319c", self.log.getvalue())
        self.assertNotIn(PAYMENT["card"], self.log.getvalue())

    def test_stops_although_a_connection_is_open(self) -> None:
        self.request("GET", "/livez")
        self.stop()
        self.assertFalse(self.thread.is_alive())


if __name__ == "__main__":
    unittest.main()
