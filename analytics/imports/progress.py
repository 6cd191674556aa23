"""How far an import is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Never, TextIO

from tqdm import tqdm

LINE_SECONDS = 3.0


class Progress:
    """`total` and `done` are in `unit`s (bytes of the file, events of the demo); `lines` is what is written
    beside them."""

    def __init__(self, out: TextIO, name: str, total: int | None, unit: str = "B") -> None:
        self.out, self.name, self.total = out, name, total
        self.began = self.last = time.monotonic()
        self.bar: tqdm[Never] | None = None
        if out.isatty():
            self.bar = tqdm(total=total, desc=name, unit=unit, unit_scale=True, file=out, dynamic_ncols=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self.bar is not None:
            self.bar.close()

    def at(self, done: int, lines: int) -> None:
        if self.bar is not None:
            self.bar.set_postfix_str(f"{lines:,} lines", refresh=False)
            self.bar.update(done - self.bar.n)
            return
        now = time.monotonic()
        if now - self.last >= LINE_SECONDS:
            self.last = now
            share = f"{100 * done / self.total:.0f} % · " if self.total else ""
            self.out.write(f"{self.name}: {share}{lines:,} lines · {now - self.began:.0f} s\n")
            self.out.flush()
