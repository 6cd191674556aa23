"""A type's name as text → the type: for CAST and JSONExtract."""

from __future__ import annotations

import re

from analytics.hogql.types import Type, array, tuple_of
from analytics.hogql.zones import is_zone

PLAIN = {
    *("String", "Bool", "UUID", "Date", "DateTime", "Float32", "Float64"),
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
}
# ClickHouse's other names of them, read in any case.
OTHER = {
    **dict.fromkeys(("bool", "boolean"), "Bool"),
    **dict.fromkeys(("tinyint", "int1", "byte", "tinyint signed"), "Int8"),
    **dict.fromkeys(("smallint", "smallint signed"), "Int16"),
    **dict.fromkeys(("int", "integer", "mediumint", "int signed", "integer signed"), "Int32"),
    **dict.fromkeys(("bigint", "signed", "bigint signed"), "Int64"),
    **dict.fromkeys(("tinyint unsigned", "int1 unsigned"), "UInt8"),
    "smallint unsigned": "UInt16",
    **dict.fromkeys(("int unsigned", "integer unsigned"), "UInt32"),
    **dict.fromkeys(("bigint unsigned", "unsigned"), "UInt64"),
    **dict.fromkeys(("float", "real", "single"), "Float32"),
    **dict.fromkeys(("double", "double precision"), "Float64"),
    **dict.fromkeys(("text", "varchar", "char", "character", "longtext", "mediumtext", "tinytext"), "String"),
    **dict.fromkeys(("varchar2", "nvarchar", "char varying", "character varying", "clob", "blob"), "String"),
    "date": "Date",
    **dict.fromkeys(("timestamp", "datetime"), "DateTime"),
}
MOST_DEPTH = 8
MOST_ITEMS = 64
_CALL = re.compile(r"(\w+)\s*\((.*)\)", re.DOTALL)


def parse_type(text: str, depth: int = 0) -> Type | None:
    """The type that `text` names, such as 'Array(Nullable(Float64))'; None if it is none of ours.

    LowCardinality is how a value is stored: it is read as what is inside it. Names of a tuple's items are
    dropped. More than MOST_DEPTH levels or MOST_ITEMS items are none of ours.
    """
    text = text.strip()
    if depth > MOST_DEPTH:
        return None
    if text in PLAIN:
        return Type(text)
    if (name := OTHER.get(" ".join(text.lower().split()))) is not None:
        return Type(name)
    if (found := _CALL.fullmatch(text)) is None:
        return None
    name, parts = found[1], _parts(found[2])
    if len(parts) > MOST_ITEMS:
        return None
    if name in {"DateTime", "DateTime64"}:
        return _moment(name, parts)
    if name == "Tuple":
        return _tuple(parts, depth)
    inner = parse_type(parts[0], depth + 1) if len(parts) == 1 else None
    if inner is None:
        return Type("String") if name.lower() in {"varchar", "char"} and found[2].strip().isdigit() else None
    if name == "Nullable":
        return None if inner.items or inner.nullable else inner.or_null()
    return {"LowCardinality": inner, "Array": array(inner)}.get(name)


def _tuple(parts: list[str], depth: int) -> Type | None:
    """Items with or without names: Tuple(String, n Int64)."""
    items = [parse_type(part, depth + 1) or parse_type(part.partition(" ")[2], depth + 1) for part in parts]
    known = tuple(item for item in items if item is not None)
    return tuple_of(*known) if known and len(known) == len(items) else None


def _moment(name: str, parts: list[str]) -> Type | None:
    """DateTime('zone'), DateTime64(p), DateTime64(p, 'zone')."""
    digits = parts.pop(0) if name == "DateTime64" else ""
    zone = parts[0].strip("'") if len(parts) == 1 and re.fullmatch(r"'[^']*'", parts[0]) else ""
    known = digits in set("0123456") if name == "DateTime64" else True
    if (parts and not is_zone(zone)) or len(parts) > 1 or not known:
        return None
    zone = "" if zone == "UTC" else zone
    return Type(f"DateTime64({digits})" if digits else "DateTime", zone=zone)


def _parts(text: str) -> list[str]:
    """What commas part outside of parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
