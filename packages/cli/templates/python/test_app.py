import json
import threading
import unittest
from urllib.error import HTTPError
from urllib.request import urlopen

from app import create_server


class AppTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = create_server("my-service", "127.0.0.1", 0)
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.shutdown()
        cls.server.server_close()

    def test_says_hello(self) -> None:
        with urlopen(f"{self.url}/") as response:
            self.assertEqual(json.load(response), {"service": "my-service", "message": "Hello from my-service"})

    def test_is_ready_and_live(self) -> None:
        for path in ("/readyz", "/livez"):
            with urlopen(self.url + path) as response:
                self.assertEqual(response.status, 200)

    def test_knows_what_it_does_not_have(self) -> None:
        with self.assertRaises(HTTPError) as caught:
            urlopen(f"{self.url}/nothing")
        self.assertEqual(caught.exception.code, 404)
        caught.exception.close()


if __name__ == "__main__":
    unittest.main()
