"""One connection to a running Agentry, byte by byte: what is sent is what the test says."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.stack import Stack

PATH = "/v1/analytics/default/"
GOOD = b'{"event":"good"}'


@dataclass(frozen=True)
class Heard:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error, whose shape is checked; empty for one without a body."""
        if not self.body:
            return ""
        error = self.json["error"]
        assert list(self.json) == ["error"] and error["message"].endswith(".") and error["hint"], error
        code: str = error["code"]
        return code

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


class Wire:
    """A connection that stays open from request to request. A socket's silence fails after 30 seconds."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.sock = socket.create_connection(("127.0.0.1", stack.port), timeout=30)
        self.file = self.sock.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.file.close()
        self.sock.close()

    def head(self, *headers: str, method: str = "POST", path: str = PATH) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.stack.port}", "User-Agent: wire/1"]
        if not any(header.lower().startswith("authorization:") for header in headers):
            lines.append(f"Authorization: Bearer {self.stack.facts['dsn']}")
        return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")

    def request(self, body: bytes, *headers: str, method: str = "POST", path: str = PATH) -> bytes:
        return self.head(*headers, f"Content-Length: {len(body)}", method=method, path=path) + body

    def heard(self) -> Heard:
        """The next answer."""
        line = self.file.readline()
        assert line.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")), line
        headers: dict[str, str] = {}
        while field := self.file.readline().strip():
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Heard(int(line.split()[1]), headers, self.file.read(int(headers.get("content-length", 0))))

    def ask(self, data: bytes) -> Heard:
        self.sock.sendall(data)
        return self.heard()

    def works(self) -> bool:
        """Whether a good event is accepted on this connection."""
        heard = self.ask(self.request(GOOD))
        return heard.status == 202 and heard.json == {"accepted": 1, "rejected": []}

    def ended(self) -> bool:
        """Whether the server closes the connection, without another byte."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True
