"""The Valkey streams that hold accepted events until they are in PostgreSQL.

`ingest:{shard}` are the streams: field `e` is an Entry, `n` its number of events, `w` is there if somebody
waits for the outcome. One script call appends all entries of a request, counts them and its rejected events,
and takes the wake-up, so that a crash leaves all of it or nothing.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from django.conf import settings
from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError

from agentry import valkey
from agentry.errors import AgentryError
from analytics.ingest import durable, pressure
from analytics.ingest.batch import RECENT, Batch
from analytics.ingest.line import ask, pieces, ready

COUNTS = "ingest:counts"
BACKLOG = "ingest:backlog"
BACKLOGS = "ingest:backlog:projects"  # the same by project
REJECTS_DAYS = 7
SEND_SECONDS = 1.0  # plus one for each 4 MB: a disk that syncs at least that much in a second
log = structlog.get_logger()

SCRIPT = f"""
local accepted, project, waiting = tonumber(ARGV[2]), ARGV[3], ARGV[4]
if accepted > 0 and tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[1]) then return false end
local reply = {{0}}
local at = 6
for _ = 1, tonumber(ARGV[5]) do
  if waiting == '1' then
    reply[#reply + 1] = redis.call('XADD', KEYS[1], '*', 'e', ARGV[at], 'n', ARGV[at + 1], 'w', '1')
  else
    reply[#reply + 1] = redis.call('XADD', KEYS[1], '*', 'e', ARGV[at], 'n', ARGV[at + 1])
  end
  at = at + 2
end
local received = accepted
for _ = 1, tonumber(ARGV[at]) do
  redis.call('HINCRBY', KEYS[2], project .. ':rejected:' .. ARGV[at + 1], ARGV[at + 2])
  received = received + tonumber(ARGV[at + 2])
  at = at + 2
end
if received > 0 then redis.call('HINCRBY', KEYS[2], project .. ':received:', received) end
if #ARGV > at then
  for i = at + 1, #ARGV do redis.call('LPUSH', KEYS[5], ARGV[i]) end
  redis.call('LTRIM', KEYS[5], 0, {RECENT - 1})
  redis.call('EXPIRE', KEYS[5], {REJECTS_DAYS * 86_400})
end
if accepted > 0 then
  redis.call('INCRBY', KEYS[3], accepted)
  redis.call('HINCRBY', KEYS[6], project, accepted)
  if redis.call('SET', KEYS[4], '1', 'NX', 'EX', '5') then reply[1] = 1 end
end
return reply
"""
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """Where a request's events lie: entries of a shard's stream. `wake`: its drain must be woken."""

    shard: int
    entry_ids: list[str]
    wake: bool


def name(shard: int) -> str:
    return f"ingest:{shard}"


def append(batch: Batch, waiting: bool = False) -> Receipt:
    """Append a batch, all or nothing, and return once it is on disk.

    Raises AgentryError 503 `overloaded` when the backlog or Valkey's memory is full, and `unavailable` when
    Valkey does not answer or does not say that it is on disk (the events may lie there then: one that is sent
    again without a uuid is another event).
    """
    shard = random.randrange(settings.SHARDS)
    if valkey.is_away():
        raise unavailable()
    words = _words(batch, shard, waiting)
    try:
        if batch.accepted and pressure.is_full():
            raise _overloaded()
        reply = _call(words)
    except OutOfMemoryError:
        raise _overloaded() from None
    except RedisError as error:
        valkey.answered(error)
        durable.forget()
        log.warning("append_failed", error=type(error).__name__)
        raise unavailable() from None
    valkey.answered()
    if reply is None:
        raise _overloaded()
    return Receipt(shard, [entry_id.decode() for entry_id in reply[1:]], reply[0] == 1)


def recent_rejects(project_id: int) -> list[dict[str, Any]]:
    """The last rejected events, newest first: {"code", "field", "message", "event", "at" (ms)}."""
    kept: list[bytes] = valkey.client().lrange(_rejects(project_id), 0, RECENT - 1)  # type: ignore[assignment]
    return [msgspec.json.decode(reject) for reject in kept]


def _words(batch: Batch, shard: int, waiting: bool) -> list[bytes | str | int]:
    """The script's keys and arguments."""
    words: list[bytes | str | int] = [6, name(shard), COUNTS, BACKLOG, f"ingest:wake:{shard}"]
    words += [_rejects(batch.project_id), BACKLOGS]
    words += [settings.BACKLOG_EVENTS, batch.accepted, batch.project_id]
    words += ["1" if waiting else "", len(batch.entries)]
    for entry, events in batch.entries:
        words += [entry, events]
    reasons = batch.reasons()
    words.append(len(reasons))
    for code, events in reasons.items():
        words += [code, events]
    return words + batch.recent


def _call(words: list[bytes | str | int]) -> Any:
    made = ready()
    by_hash = pieces(["EVALSHA", _SHA, *words])
    seconds = SEND_SECONDS + sum(map(len, by_hash)) / 4e6
    sync = [command for command in [durable.command(made)] if command]
    reply, *synced = ask(by_hash + sync, 2 if sync else 1, seconds + durable.SECONDS * bool(sync))
    if isinstance(reply, NoScriptError):
        by_text = pieces(["EVAL", SCRIPT, *words])
        reply, *synced = ask(by_text + sync, 2 if sync else 1, seconds + durable.SECONDS * bool(sync))
    if isinstance(reply, RedisError):
        raise reply
    durable.check(synced)
    return reply


def _rejects(project_id: int) -> str:
    return f"ingest:rejects:{project_id}"


def unavailable() -> AgentryError:
    """Valkey does not answer, or does not say that it has kept something."""
    message = "Events cannot be accepted at the moment."
    return AgentryError(
        503, "unavailable", message, "Send the request again.", retry_after=random.randint(1, 5)
    )


def _overloaded() -> AgentryError:
    message = "More events are waiting than may wait."
    hint = "Send the request again after the time in Retry-After."
    return AgentryError(503, "overloaded", message, hint, retry_after=random.randint(2, 10))
