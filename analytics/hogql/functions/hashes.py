"""Hashes of texts and bytes. FixedString is bytea; a UInt64 is numeric, so that none overflows."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from analytics.hogql.functions.encodings import over_bytes
from analytics.hogql.functions.row import ArgumentError, Function
from analytics.hogql.functions.widths import bits_of, wrapped
from analytics.hogql.print_call import fill
from analytics.hogql.tree import Call, Expr
from analytics.hogql.types import BYTES, UINT32, UINT64, integer

if TYPE_CHECKING:
    from analytics.hogql.print_expression import Expressions


def _bits(printer: Expressions, arg: Expr) -> tuple[str, int]:
    """A number or time as it lies in ClickHouse: its bits, the upper ones 0, and how many bytes it has."""
    text, type_ = printer.number(arg), arg.type.required()
    if type_.is_float:
        size = 4 if type_.name == "Float32" else 8
        return f"('x' || encode(float{size}send({text}), 'hex'))::bit({size * 8})::bigint", size
    if type_.name == "Date":
        return f"({text} - '1970-01-01'::date)::bigint", 2
    if type_.name == "DateTime":
        return f"extract(epoch FROM {text})::bigint", 4
    bits = bits_of(text, type_)
    return bits if type_.bits == 64 else f"({wrapped(bits, integer(type_.bits, False))})", type_.bits // 8


def _of_several(name: str, function: str, both: str, doc: str) -> Function:
    """A hash of one value, or of several: the hash of two hashes, and so on."""

    def one(printer: Expressions, arg: Expr) -> str:
        if arg.type.name in {"String", "FixedString"}:
            return over_bytes(f"{function}({{0}})")(printer, Call(name, (arg,), UINT64))
        bits, size = _bits(printer, arg)
        return (
            f"hogql_int_hash({bits})" if name == "cityHash64" else f"{function}(hogql_little({bits}, {size}))"
        )

    def sql(printer: Expressions, call: Call) -> str:
        hashes = [one(printer, arg) for arg in call.args]
        return f"hogql_uint64({reduce(lambda left, right: fill(both, [left, right]), hashes)})"

    def check(args: list[Expr]) -> None:
        for arg in args:
            kind = arg.type.required()
            plain = kind.is_number or kind.name in {"String", "FixedString", "Date", "DateTime"}
            if not plain or kind.zone:
                raise ArgumentError(f"`{name}` does not take {arg.type}.", "Convert it with toString.")

    return Function(name, "any+", UINT64, sql, f"{doc}; of several values their hashes joined", rewrite=check)


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
    _of_several("cityHash64", "hogql_city", "hogql_city_pair({0}, {1})", "CityHash 1.0.2"),
    _of_several(
        "sipHash64", "hogql_sip", "hogql_sip(hogql_little({0}, 8) || hogql_little({1}, 8))", "SipHash-2-4"
    ),
    _of_several("xxHash64", "hogql_xx", "hogql_city_pair({0}, {1})", "XXH64"),
]
