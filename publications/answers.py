"""Answers of publications, kept for a minute: a stampede of viewers asks the database once.

A process keeps what it has; behind it Valkey holds it for the other processes. An answer younger than FRESH
is given out as it is; from then on one viewer's request renews it while the others still get the old one;
older than OLD it is given to nobody. The key of an answer is the publication and its version, never anything
that a viewer sent.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from typing import cast

import msgspec
from django.conf import settings
from redis.exceptions import RedisError

from agentry import valkey
from agentry.errors import AgentryError
from analytics import answer, query
from publications import page
from publications.visit import Shared, unavailable

FRESH = 30.0  # seconds
OLD = 60.0
PATIENCE = 10.0  # seconds a viewer waits for another's question before being told to come back
FAILED_FOR = 5.0  # seconds a failure is believed: a broken query is not asked by every viewer
KEPT_BYTES = 32 << 20  # in one process
SHARED_BYTES = 1 << 20  # a bigger answer is not worth Valkey's disk: each process asks for itself


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a publication answers, ready to send. The page is in two parts: its age goes between."""

    asked: float  # seconds since the epoch
    json: bytes
    csv: bytes
    before_age: bytes
    after_age: bytes

    @property
    def age(self) -> float:
        """Seconds since it was asked."""
        return time.time() - self.asked

    @property
    def size(self) -> int:
        return len(self.json) + len(self.csv) + len(self.before_age) + len(self.after_age)

    def within(self, seconds: float) -> bool:
        return -OLD < self.age < seconds


_kept: OrderedDict[str, Answer] = OrderedDict()  # by name, the latest asked last
_failed: dict[str, float] = {}  # until when, time.monotonic()
_turns: dict[str, threading.Lock] = {}
_keeping = threading.Lock()
_decode = msgspec.msgpack.Decoder(Answer).decode


def answer_of(shared: Shared) -> Answer:
    """The publication's answer, at most OLD seconds old. Raises 503 `publication_unavailable`."""
    name = f"{shared.publication_id}:{shared.version}"
    held = _kept.get(name)
    if held is not None and held.within(FRESH):
        return held
    usable = held is not None and held.within(OLD)
    turn = _turns.setdefault(name, threading.Lock())
    if not turn.acquire(timeout=0 if usable else PATIENCE):
        if held is not None and usable:
            return held
        raise unavailable()
    try:
        return _renew(shared, name)
    finally:
        turn.release()


def forget() -> None:
    """Drop what this process keeps."""
    _kept.clear()
    _failed.clear()
    _turns.clear()


def _renew(shared: Shared, name: str) -> Answer:
    """Ask, or take what another thread or process has asked meanwhile. One thread of a process at a time."""
    waited_since = time.monotonic()
    while True:
        held = _kept.get(name)
        if held is not None and held.within(FRESH):
            return held
        if _failed.get(name, 0.0) > time.monotonic():
            raise unavailable()
        other = _from_valkey(name)
        if other is not None and other.within(FRESH):
            return _keep(name, other)
        if _take_turn(name):
            break
        if held is not None and held.within(OLD):
            return held
        if time.monotonic() > waited_since + PATIENCE:
            raise unavailable()
        time.sleep(0.05)
    try:
        new = _ask(shared)
        _to_valkey(name, new)
    except AgentryError:
        _failed[name] = time.monotonic() + FAILED_FOR
        raise unavailable() from None
    finally:
        _leave_turn(name)
    _failed.pop(name, None)
    return _keep(name, new)


def _ask(shared: Shared) -> Answer:
    """Run the frozen question, under the limits of the project that published it."""
    asked = time.time()
    result = query.run(shared.project, shared.query)
    before, after = page.render(shared, result)
    body = msgspec.json.encode(answer.to_json(result))
    return Answer(asked, body, answer.to_csv(result).encode(), before, after)


def _keep(name: str, new: Answer) -> Answer:
    with _keeping:
        _kept.pop(name, None)
        _kept[name] = new
        size = sum(held.size for held in _kept.values())
        while len(_kept) > 1 and (size > KEPT_BYTES or not next(iter(_kept.values())).within(OLD)):
            oldest, held = _kept.popitem(last=False)
            _turns.pop(oldest, None)
            size -= held.size
    return new


def _from_valkey(name: str) -> Answer | None:
    try:
        stored = cast(bytes | None, valkey.client().get(f"publication:answer:{name}"))
        return None if stored is None else _decode(stored)
    except (RedisError, msgspec.DecodeError):
        return None


def _to_valkey(name: str, new: Answer) -> None:
    if new.size > SHARED_BYTES:
        return
    with suppress(RedisError):  # this process has it
        valkey.client().set(f"publication:answer:{name}", msgspec.msgpack.encode(new), ex=int(OLD))


def _take_turn(name: str) -> bool:
    """Whether this process may ask. Without Valkey each process asks for itself."""
    milliseconds = settings.QUERY_TIMEOUT_MS + 5_000  # a killed process blocks the others for no longer
    try:
        return bool(valkey.client().set(f"publication:turn:{name}", 1, nx=True, px=milliseconds))
    except RedisError:
        return True


def _leave_turn(name: str) -> None:
    with suppress(RedisError):  # it expires
        valkey.client().delete(f"publication:turn:{name}")
