"""Apache's and nginx's access logs, combined format; the common format is the same without the last two."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from analytics.imports.line import RawEvent, api_request, path_of
from analytics.ingest.verdicts import Verdict

QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
# What follows the user agent (a response time, a forwarded address) is a site's own and is passed over.
LINE = re.compile(
    rf"(?P<address>\S+) \S+ .*?\[(?P<time>[^\]\[]{{20,32}})\] {QUOTED} (?P<status>\d{{3}}|-) (?P<bytes>\d+|-)"
    rf"(?: {QUOTED} {QUOTED}(?: .*)?)?",
    re.DOTALL,
)
METHOD = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}")
ESCAPE = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|\\(.)", re.DOTALL)
CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v", "f": "\f"}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def read(line: bytes) -> RawEvent:
    """One request: the customer is the client address. A request line that is none (`-`, a TLS handshake)
    is still a request of that client, without method and endpoint. Raises Verdict."""
    match = LINE.fullmatch(line.decode("utf-8", "replace").replace("\0", "\ufffd"))
    if match is None:
        raise Verdict("not_combined_log", "The line is not in the combined access log format.")
    address, time, status, size = match.group("address", "time", "status", "bytes")
    request, referer, user_agent = (unescape(text) for text in match.group(3, 6, 7))
    method, endpoint = split_request(request or "")
    properties = {
        "endpoint": endpoint,
        "method": method,
        "status": None if status == "-" else int(status),
        "bytes": None if size == "-" else int(size),
        "user_agent": user_agent,
        "referer": referer,
    }
    return api_request(address, address, milliseconds(time), properties)


def split_request(request: str) -> tuple[str | None, str | None]:
    """Method and path of `GET /path?query HTTP/1.1`; two None of anything else."""
    method, _, target = request.partition(" ")
    if not METHOD.fullmatch(method) or not request.isprintable():
        return None, None
    path, protocol, _ = target.rpartition(" HTTP/")
    target = path if protocol else target
    if not target.startswith(("/", "*")) and "://" not in target and method != "CONNECT":
        return None, None
    return method, path_of(target)


def unescape(text: str | None) -> str | None:
    r"""Undo Apache's and nginx's escapes (`\"`, `\\`, `\x16`); `-` and nothing are None."""
    if text is None or text in ("-", ""):
        return None
    return ESCAPE.sub(_unescaped, text).replace("\0", "\ufffd") if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    if match[1] is not None:
        return CONTROLS.get(match[1], match[1])
    return bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "replace")


@lru_cache(maxsize=1024)
def milliseconds(text: str) -> int:
    """`17/May/2015:10:05:03 +0000` as milliseconds since the epoch; cached, for neighbours share seconds."""
    try:
        day, month, rest = text.split("/", 2)
        year, hour, minute, second_and_zone = rest.split(":", 3)
        second, zone = second_and_zone.split(" ", 1)
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        moment = datetime(
            int(year),
            MONTHS.index(month) + 1,
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),  # a leap second
            tzinfo=timezone(-offset if zone[0] == "-" else offset),
        )
    except (ValueError, IndexError, OverflowError):
        raise Verdict("bad_time", "The time is none of an access log.") from None
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
