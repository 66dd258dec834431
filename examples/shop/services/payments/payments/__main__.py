"""Starts the service. Islet gives PORT, HOST and DATABASE_PATH, and has applied the migrations."""

import os
import signal
import threading

from payments.ledger import Ledger
from payments.log import log
from payments.server import Server


def main() -> None:
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    server = Server(address, Ledger(os.environ["DATABASE_PATH"]))

    def stop(_signal: int, _frame: object) -> None:
        log("info", "stopping")
        # `drain` waits for the loop below, which cannot end before this handler returns.
        threading.Thread(target=server.drain).start()

    signal.signal(signal.SIGTERM, stop)
    log("info", "listening", host=address[0], port=address[1])
    server.serve_forever(poll_interval=0.1)
    server.server_close()


main()
