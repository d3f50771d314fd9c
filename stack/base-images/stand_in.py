"""A server that stands in for a program whose image cannot be had: it answers, and says so.

stand_in.py NAME PORT: every GET gets a page, or a JSON document where the client asks for one.
"""

import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType


def make_handler(name: str) -> type[BaseHTTPRequestHandler]:
    """A handler that says of every path that this is not the program of that name."""
    text = f"This is a stand-in for {name}, made by paystack for tests. It does nothing."
    page = "text/plain; charset=utf-8", f"{text}\n".encode()
    document = "application/json", json.dumps({"standIn": name, "message": text}).encode()

    class Handler(BaseHTTPRequestHandler):
        server_version = "paystack-stand-in"

        def do_GET(self) -> None:
            wants_document = "json" in self.headers.get("Accept", "")
            kind, body = document if wants_document else page
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def stop(_signal: int, _frame: FrameType | None) -> None:
    """As the first process of a container it ends only when it has such a handler."""
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    program, port = sys.argv[1], int(sys.argv[2])
    ThreadingHTTPServer(("", port), make_handler(program)).serve_forever()
