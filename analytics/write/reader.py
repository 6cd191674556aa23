"""One shard's stream, read and acknowledged by its one writer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import redis

from agentry import valkey
from analytics.ingest.stream import BACKLOG, BACKLOGS, name

GROUP = "writers"
DONE_SECONDS = 120

# Entry by entry, so that a batch ends at its limits: of entries of 5 MB a plain COUNT 1000 would be 5 GB.
# KEYS stream; ARGV group, consumer, from, entries, events, bytes. From is '>' or the id after which pending
# entries are read.
READ = """
local from, events, bytes, found = ARGV[3], 0, 0, {}
for _ = 1, tonumber(ARGV[4]) do
  local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], from)
  local entry = reply and reply[1] and reply[1][2][1]
  if not entry then break end
  found[#found + 1] = entry
  if from ~= '>' then from = entry[1] end
  for i = 1, entry[2] and #entry[2] or 0, 2 do
    if entry[2][i] == 'e' then bytes = bytes + #entry[2][i + 1] end
    if entry[2][i] == 'n' then events = events + (tonumber(entry[2][i + 1]) or 0) end
  end
  if events >= tonumber(ARGV[5]) or bytes >= tonumber(ARGV[6]) then break end
end
return found
"""

# The backlog falls by what this call removed, whoever else acknowledged the same entry. XDEL goes first: with
# the memory full, only a script that has begun to write may go on to commands that can grow it.
# KEYS stream, backlog, projects' backlogs, then one list per waiting entry; ARGV group, seconds, number of
# entries, their ids, their numbers of events, their projects, then one outcome per waiting entry.
ACKNOWLEDGE = """
local count, gone = tonumber(ARGV[3]), 0
for i = 1, count do
  if redis.call('XDEL', KEYS[1], ARGV[3 + i]) == 1 then
    local events = tonumber(ARGV[3 + count + i])
    gone = gone + events
    redis.call('HINCRBY', KEYS[3], ARGV[3 + 2 * count + i], -events)
  end
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[3 + i])
end
if gone > 0 then redis.call('DECRBY', KEYS[2], gone) end
for i = 4, #KEYS do
  redis.call('LPUSH', KEYS[i], ARGV[3 * count + i])
  redis.call('EXPIRE', KEYS[i], ARGV[2])
end
return gone
"""


# XDEL, which finds nothing, for the same reason: a group must be made even where no message can be left.
MAKE_GROUP = """
redis.call('XDEL', KEYS[1], '0-1')
return redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
"""


class Head(msgspec.Struct, array_like=True):
    """An Entry of which the rest is skipped, not decoded."""

    project_id: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


_decode_head = msgspec.msgpack.Decoder(Head).decode


class NoGroupError(Exception):
    """The stream's consumer group is gone: Valkey was emptied, or never used."""


@dataclass(frozen=True)
class Received:
    """One stream entry: its id, the encoded Entry, how many events it says it has, whether somebody waits."""

    id: tuple[int, int]
    data: bytes
    events: int
    waits: bool

    @property
    def name(self) -> str:
        return f"{self.id[0]}-{self.id[1]}"


@dataclass(frozen=True)
class Outcome:
    stored: int = 0
    duplicate: int = 0
    dead_lettered: int = 0


class Reader:
    """The stream of one shard. Methods raise redis.RedisError when Valkey does not answer."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.stream = name(shard)
        self.consumer = f"writer-{shard}"
        self.client = valkey.client()
        self._read = self.client.register_script(READ)
        self._acknowledge = self.client.register_script(ACKNOWLEDGE)

    def wake_heard(self) -> None:
        """From here on an append asks for another wake-up."""
        self.client.delete(f"ingest:wake:{self.shard}")

    def waiting(self) -> int:
        """Entries that are not acknowledged: acknowledged ones are deleted."""
        return int(self.client.xlen(self.stream))

    def oldest(self) -> int | None:
        """When the oldest entry was appended, in milliseconds; None if there is none."""
        found: list[Any] = self.client.xrange(self.stream, count=1)  # type: ignore[assignment]
        return int(found[0][0].partition(b"-")[0]) if found else None

    def make_group(self) -> None:
        try:
            self.client.eval(MAKE_GROUP, 1, self.stream, GROUP)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def read(self, after: str, entries: int, events: int, size: int) -> list[Received]:
        """The next entries, until one of the limits is reached: new ones for `after` '>', else pending ones.

        One call is atomic: between its first and last entry the stream holds no other of its kind.
        """
        try:
            found = self._read(keys=[self.stream], args=[GROUP, self.consumer, after, entries, events, size])
        except redis.ResponseError as error:
            if "NOGROUP" in str(error):
                raise NoGroupError from error
            raise
        return [received(entry_id, fields) for entry_id, fields in found]

    def acknowledge(self, entries: list[Received], outcomes: Mapping[tuple[int, int], Outcome]) -> None:
        """Forget entries that are committed, lower the backlog, tell who waits; all or nothing."""
        told = [entry for entry in entries if entry.waits and entry.id in outcomes]
        keys = [self.stream, BACKLOG, BACKLOGS, *(f"ingest:done:{self.shard}:{entry.name}" for entry in told)]
        self._acknowledge(
            keys=keys,
            args=[
                *(GROUP, DONE_SECONDS, len(entries)),
                *(entry.name for entry in entries),
                *(entry.events for entry in entries),
                *(project_of(entry.data) for entry in entries),
                *(_told(outcomes[entry.id]) for entry in told),
            ],
        )


def received(entry_id: bytes, fields: list[bytes] | None) -> Received:
    """Fields are None for a pending entry that somebody deleted: nothing is left to write."""
    ms, _, sequence = entry_id.partition(b"-")
    values = dict(_pairs(fields or []))
    events = values.get(b"n", b"0")
    return Received(
        (int(ms), int(sequence)),
        values.get(b"e", b""),
        int(events) if events.isdigit() else 0,
        values.get(b"w") == b"1",
    )


def project_of(data: bytes) -> int:
    """The project of an encoded Entry; 0 if that cannot be read."""
    try:
        return _decode_head(data).project_id
    except msgspec.DecodeError:
        return 0


def _pairs(fields: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(fields[::2], fields[1::2], strict=True)


def _told(outcome: Outcome) -> str:
    return json.dumps([outcome.stored, outcome.duplicate, outcome.dead_lettered])
