"""The Valkey streams that hold accepted events until they are in PostgreSQL.

`ingest:{shard}` are the streams: field `e` is an Entry, `n` its number of events, `w` is there if somebody
waits for the outcome. One script call takes what the request needs of its limits, appends all its entries,
counts them and its rejected events, and takes the wake-up, so that a crash leaves all of it or nothing.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from django.conf import settings
from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError

from agentry import valkey
from agentry.accounts.keystore import Limit
from agentry.errors import AgentryError
from analytics.ingest import durable, pace, pressure, rates
from analytics.ingest.batch import RECENT, Batch
from analytics.ingest.line import ask, pieces, ready

COUNTS = "ingest:counts"
BACKLOG = "ingest:backlog"
BACKLOGS = "ingest:backlog:projects"  # the same by project
REJECTS_DAYS = 7
SEND_SECONDS = 1.0  # plus one for each 4 MB: a disk that syncs at least that much in a second
log = structlog.get_logger()

KEYS, WORDS = 8, 7  # of the script itself: those of the limits follow them
SCRIPT = f"""
local keys, words = {KEYS}, {WORDS}
local accepted, project, waiting = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local minute, received_at = ARGV[6], ARGV[7]
if accepted > 0 and tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[1]) then return false end
{rates.TAKE}
local reply = {{0}}
local at = words + 1 + 3 * limits
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
if received > 0 then
  redis.call('HINCRBY', KEYS[2], project .. ':received:', received)
  if redis.call('HINCRBY', KEYS[7], minute, received) == received then
    redis.call('EXPIRE', KEYS[7], {pace.KEPT_SECONDS})
  end
  if received > accepted then redis.call('HINCRBY', KEYS[7], minute .. 'r', received - accepted) end
  redis.call('HSET', KEYS[8], project, received_at)
end
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
for i = 1, #state do reply[#reply + 1] = state[i] end
return reply
"""
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """Where a request's events lie: entries of a shard's stream. `wake`: its drain must be woken.
    `fields` are the answer's RateLimit fields, if the key or its project has limits."""

    shard: int
    entry_ids: list[str]
    wake: bool
    fields: dict[str, str] = field(default_factory=dict)


def name(shard: int) -> str:
    return f"ingest:{shard}"


def append(batch: Batch, waiting: bool = False, limits: tuple[Limit, ...] = ()) -> Receipt:
    """Append a batch, all or nothing, and return once it is on disk.

    Raises AgentryError 503 `overloaded` when the backlog or Valkey's memory is full, and `unavailable` when
    Valkey does not answer or does not say that it is on disk (the events may lie there then: one that is sent
    again without a uuid is another event). 429 `rate_limited`, `quota_exceeded`, 413 `too_many_events` for a
    batch that its limits do not let through.
    """
    shard = random.randrange(settings.SHARDS)
    if valkey.is_away():
        raise unavailable()
    words = _words(batch, shard, waiting, limits)
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
    if reply[0] < 0:
        raise rates.refusal(limits, rates.state(limits, reply[1:]), batch)
    end = 1 + len(batch.entries)
    entry_ids = [entry_id.decode() for entry_id in reply[1:end]]
    if not limits:
        return Receipt(shard, entry_ids, reply[0] == 1)
    return Receipt(shard, entry_ids, reply[0] == 1, rates.fields(limits, rates.state(limits, reply[end:])))


def recent_rejects(project_id: int) -> list[dict[str, Any]]:
    """The last rejected events, newest first: {"code", "field", "message", "part", "event", "at" (ms)}."""
    kept: list[bytes] = valkey.client().lrange(_rejects(project_id), 0, RECENT - 1)  # type: ignore[assignment]
    return [msgspec.json.decode(reject) for reject in kept]


def now_ms() -> int:
    """Now, by the clock that numbers entries: none that lies in a stream is younger. Raises RedisError."""
    pipeline = valkey.client().pipeline(transaction=False)
    pipeline.time()
    for shard in range(settings.SHARDS):
        pipeline.xrevrange(name(shard), count=1)
    (seconds, micros), *last = pipeline.execute()
    now: int = seconds * 1000 + micros // 1000
    younger = [int(entries[0][0].partition(b"-")[0]) for entries in last if entries]
    return max([now, *younger])


def forget_rejects(project_id: int) -> None:
    """Raises RedisError."""
    valkey.client().delete(_rejects(project_id))


def forget_project(project_id: int) -> None:
    """Drop what is counted and kept of a project that is gone. Raises RedisError."""
    client = valkey.client()
    fields = [field for field, _ in client.hscan_iter(COUNTS, match=f"{project_id}:*", count=1000)]
    pipeline = client.pipeline()
    if fields:
        pipeline.hdel(COUNTS, *fields)
    pipeline.hdel(BACKLOGS, str(project_id))
    pipeline.delete(_rejects(project_id), f"ingest:once:{project_id}")
    pipeline.execute()


def _words(batch: Batch, shard: int, waiting: bool, limits: tuple[Limit, ...]) -> list[bytes | str | int]:
    """The script's keys and arguments. Raises 413 `too_many_events`."""
    words: list[bytes | str | int] = [
        KEYS + len(limits),
        name(shard),
        COUNTS,
        BACKLOG,
        f"ingest:wake:{shard}",
    ]
    received_at = batch.clock.received_at
    words += [_rejects(batch.project_id), BACKLOGS]
    words += [pace.hour_name(batch.project_id, received_at), pace.LAST]
    if limits:
        words += rates.keys(limits)
    words += [settings.BACKLOG_EVENTS, batch.accepted, batch.project_id]
    words += ["1" if waiting else "", len(batch.entries)]
    words += [pace.minute(received_at), received_at]
    if limits:
        words += rates.arguments(limits, batch)
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
