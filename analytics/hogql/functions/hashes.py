"""Hashes of texts and bytes. FixedString is bytea; a UInt64 is numeric, so that none overflows."""

from __future__ import annotations

from analytics.hogql.functions.encodings import over_bytes
from analytics.hogql.functions.row import Function
from analytics.hogql.types import BYTES, UINT32, UINT64

ROWS = [
    Function("SHA1", "text|bytes", BYTES, over_bytes("hogql_sha1({0})"), "SHA-1's 20 bytes"),
    Function("MD5", "text|bytes", BYTES, over_bytes("decode(md5({0}), 'hex')"), "MD5's 16 bytes"),
    *(
        Function(
            f"SHA{bits}", "text|bytes", BYTES, over_bytes(f"sha{bits}({{0}})"), f"SHA-2's {bits // 8} bytes"
        )
        for bits in (224, 256, 384, 512)
    ),
    Function(
        "halfMD5",
        "text",
        UINT64,
        over_bytes("hogql_uint64(('x' || left(md5({0}), 16))::bit(64)::bigint)"),
        "MD5's first 8 bytes",
    ),
    Function(
        "CRC32",
        "text",
        UINT32,
        over_bytes("hogql_crc32({0})"),
        "the CRC-32 that zlib gives",
        any_case=("CRC32",),
    ),
    Function(
        "cityHash64",
        "text",
        UINT64,
        over_bytes("hogql_uint64(hogql_city({0}))"),
        "CityHash 1.0.2 of one text of up to 64 bytes",
    ),
    Function(
        "sipHash64",
        "text|bytes",
        UINT64,
        over_bytes("hogql_uint64(hogql_sip({0}))"),
        "SipHash-2-4 of one text",
    ),
    Function(
        "xxHash64",
        "text|bytes",
        UINT64,
        over_bytes("hogql_uint64(hogql_xx({0}))"),
        "XXH64 of one text",
    ),
]
