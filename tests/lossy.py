"""A proxy that loses answers: the request has arrived and is stored, and its sender cannot know."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.stack import Stack


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, losing: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port, self.losing = port, losing
        self.lost: list[int] = []  # the status of each answer that was lost
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_address[1]}"

    def loses(self, status: int) -> bool:
        with self.lock:
            losing = len(self.lost) < self.losing
            if losing:
                self.lost.append(status)
            return losing


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("POST", self.path, body, dict(self.headers))
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if self.server.loses(answer.status):
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def lossy(stack: Stack, losing: int) -> Iterator[Proxy]:
    """A proxy before the stack that loses its first answers."""
    proxy = Proxy(stack.port, losing)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
