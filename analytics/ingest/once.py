"""`Idempotency-Key`: for clients whose events have no uuids.

The events get uuids made of the key and their place, so a retry is stored once for as long as the writer
remembers uuids (seven days), whatever else is forgotten. Valkey remembers beside it, for a day, which body
came with the key and what was answered: another body is refused, the same one hears the same answer.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import structlog
from django.http import HttpResponse
from redis.exceptions import RedisError

from agentry import valkey
from agentry.errors import AgentryError
from analytics.ingest.decode import Sent
from analytics.ingest.stream import unavailable

KEY_CHARS = 255
SECONDS = 86_400
KEYS = 100_000  # of a project, some 25 MB: then the oldest is forgotten, so that keys never fill Valkey
ANSWER_BYTES = 1_000  # compressed; a longer one, with hundreds of verdicts, is found anew
CLAIM = """
local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('LPUSH', KEYS[2], KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
if redis.call('LLEN', KEYS[2]) > tonumber(ARGV[3]) then redis.call('DEL', redis.call('RPOP', KEYS[2])) end
return false
"""
log = structlog.get_logger()


class _Record(msgspec.Struct, array_like=True):
    """`body` is a digest; `answer` is compressed, and `status` 0 while there is none."""

    body: bytes
    status: int = 0
    answer: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Record).decode


@dataclass(frozen=True)
class Once:
    """A key as it came with a body."""

    key: str
    body: bytes  # its digest

    @classmethod
    def of(cls, key: str, body: bytes) -> Once:
        """Raises 400 `bad_idempotency_key`."""
        if not 0 < len(key) <= KEY_CHARS:
            message = f"The Idempotency-Key is empty, or longer than {KEY_CHARS} characters."
            raise AgentryError(400, "bad_idempotency_key", message, "Send a new random UUID for each batch.")
        return cls(key, hashlib.sha256(body).digest()[:16])

    def named(self, sent: Iterator[Sent]) -> Iterator[Sent]:
        """The events, each with a uuid."""
        begun = hashlib.sha256(f"{self.key}\n".encode())
        for place, one in enumerate(sent):
            event = one.value
            if type(event) is dict and event.get("uuid") is None:
                made = begun.copy()
                made.update(b"%d" % place)
                event["uuid"] = _uuid(made.hexdigest())
            yield one

    def claim(self, project_id: int, status: int) -> HttpResponse | None:
        """The answer of that status that was given already, or None: then the events are to be appended.

        (A retry that overtakes its first request is appended too; the uuids keep it from being stored twice.)
        Raises 422 `idempotency_key_reused`, 503 `unavailable`.
        """
        name = self._name(project_id)
        claimed = _encode(_Record(self.body))
        try:
            found = valkey.client().eval(CLAIM, 2, name, f"ingest:once:{project_id}", claimed, SECONDS, KEYS)
        except RedisError:
            raise unavailable() from None
        record = _decode(found) if found else _Record(self.body)
        if record.body != self.body:
            message = "This Idempotency-Key came with another body before."
            raise AgentryError(422, "idempotency_key_reused", message, "Send a new key with each new body.")
        if record.status != status:
            return None
        said = zlib.decompress(record.answer)
        headers = {"Idempotent-Replayed": "true"}
        return HttpResponse(said, status=status, content_type="application/json", headers=headers)

    def remember(self, project_id: int, response: HttpResponse) -> None:
        """Keep an answer for a retry. Without it the retry's is found anew, so a failure does no harm."""
        said = zlib.compress(response.content)
        if len(said) > ANSWER_BYTES:
            return
        record = _encode(_Record(self.body, response.status_code, said))
        try:
            valkey.client().set(self._name(project_id), record, ex=SECONDS, xx=True)
        except RedisError as error:
            log.warning("answer_not_remembered", error=type(error).__name__)

    def _name(self, project_id: int) -> str:
        return f"ingest:once:{project_id}:{hashlib.sha256(self.key.encode()).hexdigest()[:32]}"


def _uuid(digits: str) -> str:
    """Version 8: made of a digest, in a way of our own."""
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
