"""The lines of a file, a gzip file or standard input, numbered and chained, in flat memory."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import sys
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 64 * 1024  # what a file is known again by
TAIL_BYTES = 256 * 1024  # where its latest time is looked for
LINE_BYTES = 1024 * 1024  # a longer line is no event: an event has 256 KB at most
TICK_LINES = 50_000
GZIP_MAGIC = b"\x1f\x8b"


class FileError(Exception):
    """The file cannot be opened, or breaks off: one clear line."""


class Line(NamedTuple):
    number: int  # from 1
    data: bytes | None  # without its end; None of a line longer than LINE_BYTES
    chain: bytes  # digest over this and every earlier line


class Source:
    """One input. The chain makes a line's uuid a function of every byte up to it, and of nothing else: the
    same file under another name or compressed has the same uuids, a log that has grown keeps them, two equal
    lines differ, and files that only begin alike part where they do."""

    def __init__(self, name: str) -> None:
        """`name` is a path or `-`. Raises FileError."""
        self.name = name
        try:
            self._raw = stdin() if name == "-" else Path(name).open("rb")  # noqa: SIM115  (close() ends it)
            self.seekable = self._raw.seekable()
            self.size = Path(name).stat().st_size if self.seekable and name != "-" else None
            self._open()
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(f"{name} cannot be read: {_reason(error)}.") from error

    def _open(self) -> None:
        self._zipped = self._raw.peek(2)[:2] == GZIP_MAGIC
        self._lines: io.BufferedIOBase = gzip.GzipFile(fileobj=self._raw) if self._zipped else self._raw
        self.head = self._lines.read(HEAD_BYTES).removeprefix(codecs.BOM_UTF8)
        self._pending = io.BytesIO(self.head)
        self.number, self.chain = 0, b""

    def rewind(self) -> None:
        self._raw.seek(0)
        self._open()

    def position(self) -> int:
        """Bytes of the input consumed so far (compressed bytes of a gzip file)."""
        return self._raw.tell() if self.seekable else 0

    def lines(self) -> Iterator[Line]:
        """The lines from here on. Raises FileError when the input breaks off."""
        try:
            while data := self._readline():
                self.number += 1
                yield self._line(data)
        except (OSError, EOFError, zlib.error) as error:
            after = f"after line {self.number:,}" if self.number else "from its first line"
            raise FileError(f"{self.name} cannot be read {after}: {_reason(error)}.") from error

    def skip_to(self, number: int, chain: bytes, tick: Callable[[int, int], None]) -> bool:
        """Pass over `number` lines; True if they are the lines that had this chain, else it rewinds.

        `tick` is told the position and the number of lines now and then."""
        for line in self.lines():
            if line.number == number and line.chain == chain:
                return True
            if line.number >= number:
                break
            if line.number % TICK_LINES == 0:
                tick(self.position(), line.number)
        self.rewind()
        return False

    def at_end(self) -> bool:
        ahead = self._readline()
        self._pending = io.BytesIO(ahead + self._pending.read())
        return not ahead

    def tail(self) -> list[bytes]:
        """The last whole lines. Reads a gzip file through; then rewinds. Needs a seekable input."""
        kept = b""
        if not self._zipped:
            self._raw.seek(0, io.SEEK_END)
            self._raw.seek(max(0, self._raw.tell() - TAIL_BYTES))
            kept = self._raw.read()
        else:
            self._pending = io.BytesIO()
            kept = self.head
            while block := self._lines.read(TAIL_BYTES):
                kept = kept[-TAIL_BYTES:] + block
        self.rewind()
        whole = len(kept) < TAIL_BYTES
        return kept.splitlines()[0 if whole else 1 :]

    def close(self) -> None:
        self._raw.close()

    def _readline(self) -> bytes:
        data = self._pending.readline(LINE_BYTES)
        if data.endswith(b"\n") or len(data) == LINE_BYTES:
            return data
        return data + self._lines.readline(LINE_BYTES)

    def _line(self, data: bytes) -> Line:
        content = data.rstrip(b"\r\n")
        digest = hashlib.blake2b(self.chain, digest_size=16)
        digest.update(content)
        too_long = len(data) >= LINE_BYTES and not data.endswith(b"\n")
        while too_long and not data.endswith(b"\n") and (data := self._readline()):
            digest.update(data)
        self.chain = digest.digest()
        return Line(self.number, None if too_long else content, self.chain)


def stdin() -> io.BufferedReader:
    return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))


def line_uuid(chain: bytes) -> str:
    """The uuid of the event of a line: version 8, made of the line's chain."""
    return str(uuid.UUID(int=int.from_bytes(chain) & ~(0xF << 76) & ~(0x3 << 62) | (8 << 76) | (2 << 62)))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
