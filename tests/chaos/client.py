"""The client of the proof: sends batches, keeps the ledger, retries what is ambiguous with the same uuids."""

from __future__ import annotations

import http.client
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from agentry.stack.servers import HOST
from tests.chaos.batches import Batch
from tests.chaos.ledger import ACCEPTED, AMBIGUOUS, SENT, Ledger

THREADS = 6
PAUSE_SECONDS = 0.02  # at most, between two requests of a thread: traffic, not a flood
RETRY_SECONDS = 0.2  # where nobody answered who could name a time
ANSWER_SECONDS = 30
HEADERS = {"User-Agent": "agentry-chaos/1"}


class Tally:
    """What was answered, for the bounds that the server's own counts must keep."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()  # answers that no kill excuses

    def add(self, **counts: int) -> None:
        with self._lock:
            self.counts.update(counts)

    def fault(self, what: str) -> None:
        with self._lock:
            self.faults[what] += 1


class Line:
    """One kept-alive connection, made anew after an error."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
        self._headers = HEADERS | headers

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str | None, bytes]:
        """Status, Retry-After, content. Raises OSError or HTTPException: then nothing is known."""
        try:
            self._connection.request(method, path, body, self._headers | headers)
            response = self._connection.getresponse()
            return response.status, response.getheader("Retry-After"), response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise


class Sender:
    """Sends batches for one thread."""

    def __init__(self, port: int, path: str, dsn: str, ledger: Ledger, tally: Tally) -> None:
        self._line = Line(port, {"Authorization": f"Bearer {dsn}"})
        self._path, self._ledger, self._tally = path, ledger, tally

    def send(self, batch: Batch, longest_pause: float = 60.0, seconds: float = 300.0) -> bool:
        """Until it is accepted; False if it was not after `seconds`. Pauses for as long as is asked for."""
        deadline = time.monotonic() + seconds
        while True:
            pause = self.once(batch)
            if pause is None:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(min(pause, longest_pause))

    def once(self, batch: Batch) -> float | None:
        """One attempt, with its lines in the ledger: None when accepted, else the seconds until the next."""
        self._ledger.write(SENT, batch.uuids)
        pause = self._attempt(batch)
        self._ledger.write(ACCEPTED if pause is None else AMBIGUOUS, batch.uuids)
        return pause

    def _attempt(self, batch: Batch) -> float | None:
        self._tally.add(attempts=1, sent=batch.events, sent_bad=batch.bad)
        path = self._path + ("?wait=true" if batch.waits else "")
        try:
            status, retry_after, content = self._line.ask("POST", path, batch.body, **batch.headers)
        except (OSError, http.client.HTTPException):
            self._tally.add(unanswered=1)
            return RETRY_SECONDS
        return self._judge(batch, status, retry_after, content)

    def _judge(self, batch: Batch, status: int, retry_after: str | None, content: bytes) -> float | None:
        answer = json.loads(content)
        if status in (200, 202):
            self._check(batch, answer)
        elif answer["error"]["code"] == "not_yet_stored":
            pass  # "accepted and safe", and not to be sent again: the ledger takes it at its word
        elif status in (429, 503) and retry_after is not None and 1 <= int(retry_after) <= 60:
            self._tally.add(unavailable=1)
            return float(retry_after)
        else:
            self._tally.fault(f"{status} {answer['error']['code']}, Retry-After {retry_after}")
            return RETRY_SECONDS
        self._tally.add(answered=batch.events, answered_bad=batch.bad)
        return None

    def _check(self, batch: Batch, answer: dict[str, Any]) -> None:
        taken = answer["stored"] + answer["duplicates"] if batch.waits else answer["accepted"]
        rejected = len(answer["rejected"])
        if (taken, rejected) != (len(batch.uuids), batch.bad):
            self._tally.fault(f"{len(batch.uuids)} + {batch.bad} bad events answered as {taken} + {rejected}")


class Senders:
    """Threads that send what is put before them; `close` waits until all of it is accepted."""

    def __init__(self, make: Any, seed: int) -> None:
        self._work: queue.Queue[Batch | None] = queue.Queue()
        self.unsent = 0
        self._threads = [
            threading.Thread(target=self._run, args=(make(), random.Random(seed + number)), daemon=True)
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            self._work.put(batch)

    @property
    def waiting(self) -> int:
        """Batches that no thread has taken yet."""
        return self._work.qsize()

    def close(self) -> None:
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, sender: Sender, rng: random.Random) -> None:
        while (batch := self._work.get()) is not None:
            if not sender.send(batch):
                self.unsent += 1
            time.sleep(rng.uniform(0, PAUSE_SECONDS))
