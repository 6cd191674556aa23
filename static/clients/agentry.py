"""Sends usage to Agentry: from a thread of its own, in batches, never in the way of a request.

Python 3.9 or newer, and nothing else. While Agentry or the network is away it tries again with the same
uuids and holds a bounded number of events; it logs what it drops.

As a program it ships a log of events, one JSON object a line: tail -n 0 -F usage.log | python3 agentry.py
"""

import atexit
import json
import logging
import os
import queue
import random
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from datetime import datetime, timezone

log = logging.getLogger("agentry")


class Agentry:
    def __init__(self, url, project, dsn, *, every=1.0, batch=1000, hold=20_000, attempts=10):
        self.address = f"{url}/v1/analytics/{project}/"
        self.headers = {
            "Authorization": f"Bearer {dsn}",
            "Content-Type": "application/json",
            "User-Agent": "my-api/1.0",
        }
        self.every, self.batch, self.hold, self.attempts = every, batch, hold, attempts
        self.counts = {"sent": 0, "rejected": 0, "dropped": 0, "lost": 0}
        self._begin()
        if hasattr(os, "register_at_fork"):  # a forked worker has no thread, and not its parent's events
            os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.flush, 10)

    def record(self, customer, plan=None, latency_ms=None, **properties):
        """Note one request of a customer. Takes microseconds and raises nothing."""
        try:
            if not customer:
                return
            began = time.time() - (latency_ms or 0) / 1000
            customer = str(customer)
            properties.update(customer_id=customer, plan=plan, latency_ms=latency_ms)
            event = {
                "event": "api_request",
                "uuid": str(uuid.uuid4()),
                "timestamp": datetime.fromtimestamp(began, timezone.utc).isoformat(),
                "distinct_id": customer,
                "properties": {name: value for name, value in properties.items() if value is not None},
            }
            if len(self._queue) >= self.hold:
                self.counts["dropped"] += 1
                return
            self._queue.append(event)
            if self._thread is None:
                self._start()
            if len(self._queue) >= self.batch:
                self._wake.set()
        except Exception:
            log.exception("a request was not noted")

    def flush(self, timeout=None):
        """Send what waits; return when it is sent, or after `timeout` seconds. True if nothing is left."""
        until = None if timeout is None else time.monotonic() + timeout
        while (self._queue or self._sending) and (until is None or time.monotonic() < until):
            self._wake.set()
            time.sleep(0.01)
        return not (self._queue or self._sending)

    def send(self, events, attempts=None):
        """Send now, and try again. True if Agentry has taken them; the uuids keep each event single."""
        body = json.dumps(events).encode()
        attempt = 0
        while True:
            attempt += 1
            wait = min(2**attempt, 60) * random.uniform(0.25, 0.5)
            try:
                request = urllib.request.Request(self.address, body, self.headers)
                with urllib.request.urlopen(request, timeout=10) as response:
                    answer = json.load(response)
                self.counts["sent"] += answer["accepted"]
                self.counts["rejected"] += len(answer["rejected"])
                if answer["rejected"]:
                    log.error("rejected: %s", answer["rejected"][:3])
                return True
            except urllib.error.HTTPError as error:
                if error.code not in (408, 429) and error.code < 500:
                    log.error("refused: %s", error.read(1000).decode("utf-8", "replace"))
                    break
                after = error.headers.get("Retry-After", "")
                wait = max(wait, float(after)) if after.isdigit() else wait
            except (OSError, ValueError):  # the network, or half an answer
                pass
            if attempts and attempt >= attempts:
                break
            time.sleep(wait)
        self.counts["lost"] += len(events)
        log.error("%d events lost", len(events))
        return False

    def _begin(self):
        self._queue, self._wake, self._lock = deque(), threading.Event(), threading.Lock()
        self._thread, self._sending = None, False

    def _start(self):
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="agentry", daemon=True)
                self._thread.start()

    def _run(self):
        said = 0
        while True:
            self._wake.wait(self.every)
            self._wake.clear()
            while self._queue:
                self._sending = True
                some = [self._queue.popleft() for _ in range(min(self.batch, len(self._queue)))]
                self.send(some, self.attempts)
                self._sending = False
            dropped = self.counts["dropped"]
            if dropped > said:
                log.error("%d events dropped, %d were waiting", dropped - said, self.hold)
                said = dropped


def ship(lines, usage, read=json.loads):
    """Send a log's lines in order, and try for ever: nothing is dropped, the log waits. `read` makes an event
    of a line, or None. Ends with the lines, or when Agentry refuses them (a wrong key)."""
    waiting = queue.Queue(maxsize=4 * usage.batch)

    def follow():
        for line in lines:
            waiting.put(line)
        waiting.put(None)

    threading.Thread(target=follow, daemon=True).start()
    line = ""
    while line is not None:
        events, until = [], time.monotonic() + usage.every
        while len(events) < usage.batch and line is not None:
            try:
                line = waiting.get(timeout=max(0.001, until - time.monotonic()))
            except queue.Empty:
                break
            event = _read(line, read)
            if event is not None:
                events.append(event)
        if events and not usage.send(events):
            sys.exit("agentry: refused, so the rest of the log was not sent")


def _read(line, read):
    try:
        return read(line) if line and line.strip() else None
    except (ValueError, KeyError, TypeError, AttributeError):
        log.error("not an event: %.200s", line)
        return None


def from_environment():
    return Agentry(os.environ["AGENTRY_URL"], os.environ["AGENTRY_PROJECT"], os.environ["AGENTRY_DSN"])


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    ship(sys.stdin, from_environment())
