import os
import signal
import threading

from app import create_server


def main() -> None:
    name = os.environ.get("ISLET_SERVICE", "my-service")
    host = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ.get("PORT", "3000"))
    server = create_server(name, host, port)

    # No new requests arrive by now: finish those in flight, then end. `shutdown` waits for the
    # loop below, so that it must run beside it.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())

    print(f"{name} listens on http://{host}:{port}", flush=True)
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
