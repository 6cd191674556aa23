"""HogQL texts made from the function tables: arguments by kind, calls of each row, and whole queries.

Every value stands where an analyst could write it: over the columns and properties of tests/hogql_events.py.
"""

from __future__ import annotations

import random

from analytics.hogql.aggregate_families.row import AggregateFunction
from analytics.hogql.functions.row import Function
from analytics.hogql.functions.table import OF_ARRAYS

TEXTS = [
    "'abc'",
    "''",
    "'Ünï /v1, ☃'",
    "'a,b,,c'",
    "'42'",
    "'-1.50'",
    r"'o\'neil \\ \"q\"'",
    "'https://user@example.com:8080/a/b?x=1&y=%20#end'",
    "'2026-11-01 05:59:59'",
    '\'{"a": [1, 2, {"b": null}]}\'',
    "event",
    "distinct_id",
    "properties.endpoint",
    "properties.region",
    "properties.customer_id",
    "concat(event, '/', distinct_id)",
]
NUMBERS = [
    "0",
    "7",
    "-3",
    "2.5",
    "-0.5",
    "300",
    "70000",
    "10000000000",
    "properties.latency_ms",
    "properties.status",
    "properties.score",
    "toHour(timestamp)",
    "toInt64(properties.status)",
    "length(event)",
]
INTS = [
    "0",
    "1",
    "2",
    "3",
    "-2",
    "10",
    "300",
    "toDayOfMonth(timestamp)",
    "length(event)",
    "toInt64(properties.status)",
]
TIMES = [
    "timestamp",
    "properties.due",
    "toDateTime('2026-10-25 01:30:00')",
    "toDateTime('2024-02-29 23:59:59')",
    "toStartOfHour(timestamp)",
]
DATES = ["toDate(timestamp)", "toDate('2024-02-29')", "toDate('2026-12-31')"]
# For rows whose arguments are constants of a form that no pool has.
CALLS = {
    "appendTrailingCharIfAbsent": ["appendTrailingCharIfAbsent(event, '/')"],
    "substringIndex": ["substringIndex(ifNull(properties.endpoint, ''), '/', 2)"],
    "substringIndexUTF8": ["substringIndexUTF8(properties.endpoint, '/', -1)"],
    "translate": ["translate(event, 'abc', 'xyz')", "translate(properties.endpoint, '/', '-')"],
    "translateUTF8": ["translateUTF8(properties.region, 'ÄÖ', 'ao')"],
    "splitByChar": ["splitByChar('/', ifNull(properties.endpoint, ''))", "splitByChar('_', event, 1)"],
    "multiSearchAny": ["multiSearchAny(event, ['page', 'sign'])"],
    "multiSearchAnyUTF8": ["multiSearchAnyUTF8(event, ['page', 'sign'])"],
    "multiSearchAnyCaseInsensitive": ["multiSearchAnyCaseInsensitive(event, ['PAGE'])"],
    "multiSearchAnyCaseInsensitiveUTF8": ["multiSearchAnyCaseInsensitiveUTF8(event, ['PAGE'])"],
    "multiSearchAllPositions": ["multiSearchAllPositions(event, ['e', 'a', 'x'])"],
    "multiSearchFirstPosition": ["multiSearchFirstPosition(event, ['e', 'a', 'x'])"],
    "multiSearchFirstIndex": ["multiSearchFirstIndex(event, ['x', 'e', 'a'])"],
    "extractGroups": ["extractGroups(event, '([a-z]+)_([a-z]+)')"],
    "extractAllGroups": ["extractAllGroups(event, '([a-z])([a-z])')"],
    "base64Decode": ["base64Decode(base64Encode(event))"],
    "IPv4StringToNum": ["IPv4StringToNum('10.1.2.3')"],
    "arrayReduce": ["arrayReduce('sum', [1, 2, 3])", "arrayReduce('max', range(toHour(timestamp) + 1))"],
    "arrayFold": ["arrayFold((acc, x) -> acc + x, [1, 2, 3], toInt64(0))"],
    "arrayFirstOrNull": ["arrayFirstOrNull(x -> x > 9, [1, 20])", "arrayFirstOrNull(x -> x > 9, [1])"],
    "arrayLastOrNull": ["arrayLastOrNull(x -> x > 9, [1, 20, 30])"],
    "arrayCount": ["arrayCount(x -> x > 1, range(toHour(timestamp)))"],
    "arrayAvg": ["arrayAvg(range(toHour(timestamp)))", "arrayAvg(x -> x * 2, [1, 2])"],
    "arrayProduct": ["arrayProduct(range(toHour(timestamp)))"],
    "arrayReverseSplit": ["arrayReverseSplit(x -> x = 2, [1, 2, 3])"],
    "arrayDifference": ["arrayDifference([1, 5, 2])"],
    "tupleMinus": ["tupleMinus((1, 2), (3, toHour(timestamp)))"],
    "tupleMultiply": ["tupleMultiply((1, 2.5), (3, 4))"],
    "tupleDivide": ["tupleDivide((1, 2.5), (3, 4))"],
    "tuplePlus": ["tuplePlus((1, 2.5), (3, 4))"],
    **{
        f"{way}{unit}s": [f"{way}{unit}s(timestamp, 3)", f"{way}{unit}s(properties.due, toHour(timestamp))"]
        for way in ("add", "subtract")
        for unit in ("Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year")
    },
    **{
        name: [f"hex({name}(event))", f"hex({name}(properties.region))"]
        for name in ("MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")
    },
    "fromDaysSinceYearZero": ["fromDaysSinceYearZero(toUInt32(739000))"],
    "makeDateTime": [
        "makeDateTime(2026, toHour(timestamp), 5, 6, 7, 8)",
        "makeDateTime(2026, 1, 2, 3, 4, 5, 'UTC')",
    ],
    "makeDateTime64": ["makeDateTime64(2026, 2, 3, 4, 5, 6)", "makeDateTime64(2026, 2, 3, 4, 5, 6, 120, 3)"],
    "widthBucket": ["widthBucket(toFloat64(toHour(timestamp)), 0, 24, 5)"],
    "ifNotFinite": ["ifNotFinite(properties.latency_ms / 0, 2.5)", "ifNotFinite(toHour(timestamp) / 0, 1.5)"],
    "hasAny": ["hasAny([1, 2], range(toHour(timestamp)))", "hasAny([event], ['sign_up', 'x'])"],
    "hasAll": ["hasAll(range(toHour(timestamp)), [1, 2])", "hasAll(['sign_up', 'x'], [event])"],
    "dateAdd": ["dateAdd(day, 3, timestamp)", "dateAdd(toDate(timestamp), interval 1 month)"],
    "toInterval": ["timestamp + toInterval(2, 'day')"],
    "uniqCombined": ["uniqCombined(event)"],
    "uniqCombined64": ["uniqCombined64(event)"],
    "transform": [
        "transform(event, ['sign_up'], ['new'], 'old')",
        "transform(toHour(timestamp), [1, 2], [10, 20], 0)",
    ],
    **{
        f"toInterval{unit}": [f"timestamp + toInterval{unit}(3)"]
        for unit in ("Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year", "Millisecond")
    },
}
ARRAYS = [
    "[1, 2, 3]",
    "[3, 1, 2, 1]",
    "['b', 'a', 'a', '']",
    "[1.5, -2, 0]",
    "[]",
    "[NULL, 1, 2]",
    "splitByChar('/', ifNull(properties.endpoint, ''))",
    "range(toHour(timestamp))",
    "[toDate(timestamp), toDate('2026-11-01')]",
    "[[1, 2], [3]]",
    "[event, distinct_id]",
    "[-1, 300]",
    "[properties.status, 1]",
]
POOLS: dict[str, list[str]] = {
    "text": TEXTS,
    "number": NUMBERS,
    "int": INTS,
    "bool": ["1", "0", "true", "event = 'page_view'", "properties.cached", "toHour(timestamp) > 9", "2"],
    "time": TIMES + DATES,
    "moment": TIMES,
    "moment64": ["timestamp", "properties.due", "toDateTime64('2026-10-25 02:30:00.5', 3)"],
    "decimal": ["now() - timestamp", "timestamp - properties.due"],
    "date": DATES,
    "interval": ["interval 1 day", "interval 2 month", "toIntervalHour(3)", "interval -1 week"],
    "array": ARRAYS,
    "tuple": ["(1, 'a')", "(event, properties.status)", "(1, 2)", "(timestamp, NULL)", "(2.5, -1)"],
    "bytes": ["MD5(event)", "SHA256('')", "SHA1(distinct_id)"],
    "json": ["properties"],
    "lambda": ["x -> x", "x -> x > 1", "x -> x = 'a'", "x -> toString(x)", "x -> x * 2", "x -> length(x)"],
    "unit": ["'day'", "'hour'", "'month'", "'week'"],
    "const": ["'day'", "'month'", "2", "'%Y-%m-%d %H'", "'Int64'", "'hour'", "0.5", "'a'"],
    "zone": ["'Europe/Berlin'", "'America/New_York'", "'Asia/Kolkata'", "'UTC'"],
}
POOLS["any"] = [
    *TEXTS[8:],
    *NUMBERS[:9],
    *TIMES,
    *DATES[:1],
    "NULL",
    "true",
    "properties.cached",
    "uuid",
    "NULL",
]


def arguments(kinds: list[str], rng: random.Random) -> list[str]:
    """Texts for a row's `takes`: optional ones now and then, one to three where any number goes."""
    texts: list[str] = []
    for kind in kinds:
        if kind.startswith("[") and rng.random() < 0.5:
            break
        count = rng.randint(1, 3) if kind.endswith(("+", "*")) else 1
        choices = kind.strip("[]+*").split("|")
        texts += [rng.choice(POOLS[rng.choice(choices)]) for _ in range(count)]
    return texts


def call(row: Function, rng: random.Random) -> str:
    """A call of the row; it need not be one that its types allow."""
    if row.name in CALLS:
        return rng.choice(CALLS[row.name])
    return f"{row.name.removesuffix(OF_ARRAYS)}({', '.join(arguments(row.takes.split(), rng))})"


PARAMETERS = {
    "share": ["0.5", "0.9", "0.99", "0", "1"],
    "count": ["2", "5"],
    "span": ["0", "60", "3600"],
    "text": ["', '", "''"],
}


def aggregate(row: AggregateFunction, rng: random.Random) -> str:
    """A call of an aggregate, with -If, -Distinct and parameters now and then."""
    if row.name in CALLS:
        return rng.choice(CALLS[row.name])
    name, texts = row.name, arguments(row.takes.split(), rng)
    if row.distinct and rng.random() < 0.2:
        name += "Distinct"
    if rng.random() < 0.3:
        name += "If"
        texts.append(
            rng.choice(["properties.status >= 400", "event = 'page_view'", "properties.cached", "0"])
        )
    parameters = [
        rng.choice(PARAMETERS[kind.strip("[]+")])
        for kind in row.parameters.split()
        if not (kind.startswith("[") and rng.random() < 0.5)
    ]
    return f"{name}{'(' + ', '.join(parameters) + ')' if parameters else ''}({', '.join(texts)})"
