"""Text."""

from __future__ import annotations

from analytics.hogql.functions.row import Function
from analytics.hogql.types import STRING, UINT8, UINT64, Type

ROWS = [
    # Text
    Function(
        "lower",
        "text",
        STRING,
        'lower({0} COLLATE "C")',
        "ASCII letters small",
        aliases=("lcase",),
        any_case=("lower", "lcase"),
    ),
    Function(
        "upper",
        "text",
        STRING,
        'upper({0} COLLATE "C")',
        "ASCII letters capital",
        aliases=("ucase",),
        any_case=("upper", "ucase"),
    ),
    Function("length", "text", UINT64, "octet_length({0})::bigint", "number of bytes", any_case=("length",)),
    Function(
        "lengthUTF8",
        "text",
        UINT64,
        "char_length({0})::bigint",
        "number of characters",
        aliases=("char_length",),
        any_case=("char_length",),
    ),
    Function("empty", "text", UINT8, "({0} = '')", "is it ''?", condition=True),
    Function("notEmpty", "text", UINT8, "({0} <> '')", "is it not ''?", condition=True),
    Function(
        "trim",
        "text",
        STRING,
        "btrim({0})",
        "without spaces at both ends",
        aliases=("trimBoth",),
        any_case=("trim",),
    ),
    Function(
        "concat",
        "any+",
        STRING,
        "concat({*})",
        "texts joined; NULL is read as ''",
        strict=False,
        any_case=("concat",),
    ),
    Function(
        "startsWith", "text text", UINT8, "starts_with({0}, {1})", "does it start with b?", condition=True
    ),
    Function(
        "endsWith",
        "text text",
        UINT8,
        "(right({0}, char_length({1})) = {1})",
        "does it end with b?",
        condition=True,
    ),
    Function(
        "position",
        "text text",
        UINT64,
        "position({1} in {0})::bigint",
        "where b starts in a, from 1; 0: nowhere",
        any_case=("position",),
    ),
    Function("replaceAll", "text text text", STRING, "replace({0}, {1}, {2})", "every b in a by c"),
    Function(
        "splitByChar",
        "text text",
        Type("Array", items=(STRING,)),
        "CASE WHEN {1} = '' THEN ARRAY[''] ELSE string_to_array({1}, {0}) END",
        "parts of b",
    ),
    Function("lowerUTF8", "text", STRING, "lower({0})", "all letters small"),
    Function("upperUTF8", "text", STRING, "upper({0})", "all letters capital"),
    Function("reverseUTF8", "text", STRING, "reverse({0})", "from the last character to the first"),
    Function(
        "substringUTF8",
        "text int [int]",
        STRING,
        "hogql_substring({0}, {1}, {2|2147483647})",
        "characters from position b (from 1; negative: from the end), c of them",
    ),
    Function(
        "substring",
        "text int [int]",
        STRING,
        "hogql_substring_bytes({0}, {1}, {2|2147483647})",
        "bytes from position b (from 1; negative: from the end), c of them",
        aliases=("substr", "mid"),
    ),
    Function("left", "text int", STRING, "hogql_left({0}, {1})", "the first n bytes; all but -n of them"),
    Function("right", "text int", STRING, "hogql_right({0}, {1})", "the last n bytes; all but -n of them"),
    Function("leftUTF8", "text int", STRING, "left({0}, ({1})::integer)", "the first n characters"),
    Function("rightUTF8", "text int", STRING, "right({0}, ({1})::integer)", "the last n characters"),
    Function("trimLeft", "text", STRING, "ltrim({0})", "without spaces at the start", aliases=("ltrim",)),
    Function("trimRight", "text", STRING, "rtrim({0})", "without spaces at the end", aliases=("rtrim",)),
    Function(
        "leftPadUTF8",
        "text int [text]",
        STRING,
        "lpad({0}, ({1})::integer, {2|' '})",
        "filled up at the start",
    ),
    Function(
        "rightPadUTF8",
        "text int [text]",
        STRING,
        "rpad({0}, ({1})::integer, {2|' '})",
        "filled up at the end",
    ),
    Function(
        "replaceOne", "text text text", STRING, "hogql_replace_one({0}, {1}, {2})", "the first b in a by c"
    ),
    Function(
        "positionUTF8", "text text", UINT64, "position({1} in {0})::bigint", "where b starts, in characters"
    ),
    Function(
        "positionCaseInsensitive",
        "text text",
        UINT64,
        'position(lower({1} COLLATE "C") in lower({0} COLLATE "C"))::bigint',
        "where b starts in a, in any case of ASCII letters",
    ),
    Function("notLike", "text text", UINT8, "({0} NOT LIKE {1})", "not like", condition=True),
    Function("notILike", "text text", UINT8, "({0} NOT ILIKE {1})", "not like, in any case", condition=True),
    Function(
        "splitByString",
        "text text",
        Type("Array", items=(STRING,)),
        "CASE WHEN {1} = '' THEN ARRAY[''] ELSE string_to_array({1}, {0}) END",
        "parts of b",
    ),
    Function("hex", "text", STRING, "upper(encode(convert_to({0}, 'UTF8'), 'hex'))", "bytes as hexadecimal"),
    Function(
        "base64Encode",
        "text",
        STRING,
        "translate(encode(convert_to({0}, 'UTF8'), 'base64'), chr(10), '')",
        "bytes as base64",
    ),
]
