"""Why something was refused, in the words of the ingest health page."""

from __future__ import annotations

# Verdicts on single events (analytics.ingest.verdicts), and what the writer refuses.
EVENTS = {
    "not_json": "a line that is not JSON",
    "not_an_object": "not a JSON object",
    "too_large": "larger than 256 KB",
    "too_deep": "more than 32 levels",
    "too_many_keys": "more than 512 keys",
    "bad_number": "a number that a float cannot hold",
    "missing_event": "no event name",
    "wrong_type": "a field of the wrong type",
    "too_long": "a name longer than 200 characters",
    "bad_uuid": "a uuid that is none",
    "bad_timestamp": "a timestamp that cannot be read",
    "timestamp_out_of_window": "older than events are kept, or over 24 hours ahead",
    "project_deleted": "the project was deleted meanwhile",
    "outside_window": "too old when it came to be written",
}
# Requests that were refused whole.
REQUESTS = {
    "empty_body": "nothing in the body",
    "not_utf8": "not UTF-8",
    "not_json": "not JSON",
    "too_deep": "nested too deeply to be read",
    "not_an_event": "neither an event nor an array",
    "not_an_object": "not a JSON object",
    "incomplete_body": "shorter than its Content-Length",
    "bad_compression": "damaged gzip or zstd",
    "bad_number": "a number that a float cannot hold",
    "bad_wait": "wait is neither true nor false",
    "bad_idempotency_key": "an Idempotency-Key that is empty or too long",
    "idempotency_key_reused": "an Idempotency-Key that came with another body",
    "body_too_large": "over 5 MB, or 20 MB expanded",
    "body_timeout": "not complete within 10 seconds",
    "too_many_events": "over 10,000 events",
    "unsupported_encoding": "neither gzip nor zstd",
    "user_agent_required": "without a User-Agent",
    "user_agent_blocked": "from a User-Agent that is not let in",
    "wrong_project": "with this project's key, but to the address of another",
}
