"""JSON in properties and in any text: ClickHouse's values, wrong kinds and missing keys included."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import ask, differences, same, texts
from tests.stored import store

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = (
    '{"a":"x","b":5,"c":1.9,"d":true,"e":null,"f":[1,"two",3.5,null],"g":{"h":"i", "j": [1, 2],"k":{"l":1}},'
    '"m":"12","n":1e3,"o":-7,"p":12345678901234567890,"q":"","r":[],"s":{},"t":1.0,"u":"tr\\\\"ue\\\\u00e9",'
    '"v":99999999999999999999999,"w":"1.5","y":"true","z":1e-7}'
)
KEYS = [*"abcdefgmnoqrstuvwyz", "missing"]
READS = [
    "JSONExtractString",
    "JSONExtractInt",
    "JSONExtractFloat",
    "JSONExtractBool",
    "JSONExtractRaw",
    "JSONHas",
]
TYPES = [
    "String",
    "Nullable(String)",
    "Int64",
    "Nullable(UInt8)",
    "UInt8",
    "Float64",
    "Nullable(Float64)",
    "Bool",
]


def test_every_kind_of_value_read_as_every_type(project: Project) -> None:
    asked = [f"{read}('{DOCUMENT}', '{key}')" for read in [*READS, "JSONLength"] for key in KEYS]
    asked += [f"JSONExtract('{DOCUMENT}', '{key}', '{type_}')" for type_ in TYPES for key in KEYS]
    asked += [f"JSONExtract('{DOCUMENT}', 'f', 'Array({type_})')" for type_ in TYPES]
    assert differences(project, asked) == ""


def test_texts(project: Project) -> None:
    asked = [text.replace("DOC", f"'{DOCUMENT}'") for text in texts("json")]
    assert differences(project, asked) == ""


def test_types_of_values(project: Project) -> None:
    """JSONType is an Enum in ClickHouse, text here: the names are compared."""
    asked = [f"JSONType('{DOCUMENT}', '{key}')" for key in KEYS]
    ours = query.run(project, "select " + ", ".join(f"{t} as c{i}" for i, t in enumerate(asked))).rows[0]
    _, _, theirs = ask("select " + ", ".join(f"{t} as c{i}" for i, t in enumerate(asked)))
    assert list(ours) == theirs[0]


EVENTS: list[dict[str, Any]] = [
    {"tags": ["a", "b"], "deep": {"n": 1, "s": "t"}, "a-b": "x", "count": 3, "flag": True},
    {"tags": [], "deep": {}, "count": "7", "flag": "yes", "status": "slow"},
    {"tags": "none", "deep": None, "count": 2.75, "flag": 1},
    {},
]


def test_properties_read_as_the_text_that_was_sent(project: Project) -> None:
    now = datetime.now(UTC) - timedelta(hours=2)
    store(
        project.id,
        [
            {"timestamp": now + timedelta(seconds=i), "customer_id": f"c{i}", "latency_ms": 1.5, "rest": rest}
            for i, rest in enumerate(EVENTS)
        ],
    )
    expressions = [
        "JSONExtract(properties, 'tags', 'Array(String)')",
        "JSONExtractString(properties, 'customer_id')",
        "JSONExtractFloat(properties, 'latency_ms')",
        "JSONExtractString(properties, 'status')",
        "JSONExtractInt(properties, 'count')",
        "JSONExtractFloat(properties, 'count')",
        "JSONExtractBool(properties, 'flag')",
        "JSONExtractInt(properties, 'deep', 'n')",
        "JSONExtractRaw(properties, 'deep')",
        "JSONHas(properties, 'deep', 's')",
        "JSONHas(properties, 'deep')",
        "JSONExtractString(properties, 'a-b')",
        "JSONLength(properties, 'tags')",
        "JSONExtractKeys(properties, 'deep')",
        "JSONExtract(properties, 'count', 'Nullable(Int64)')",
        "JSONExtractString(properties, concat('a', '-b'))",
    ]
    columns = ", ".join(f"{text} as c{i}" for i, text in enumerate(expressions))
    ours = query.run(project, f"select {columns} from events order by timestamp").rows
    for i, (row, rest) in enumerate(zip(ours, EVENTS, strict=True)):
        sent = json.dumps({**rest, "customer_id": f"c{i}", "latency_ms": 1.5})
        _, _, theirs = ask(f"with '{sent}' as properties select {columns}")
        assert [text for text, a, b in zip(expressions, row, theirs[0], strict=True) if not same(a, b)] == []
    inner = "select properties, timestamp from events"
    again = query.run(project, f"select {columns} from ({inner}) order by timestamp").rows
    assert again == ours


def test_json_of_a_dimension_reads_raw_events(project: Project) -> None:
    text = "select JSONExtractString(properties, 'customer_id') as c, count() from events group by c"
    assert query.run(project, text).source == "raw"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("JSONExtract('{}', 'a', 'Map(String, String)')", "type_mismatch"),
        ("JSONExtract('{}', 'a')", "type_mismatch"),
        ("JSONExtractInt('{}', 1.5)", "type_mismatch"),
        ("simpleJSONExtractInt('{}', 'a')", "type_mismatch"),
        ("visitParamExtractString('{}', 'a')", "type_mismatch"),
        ("JSON_VALUE('{}', '$.a[*]')", "type_mismatch"),
        ("JSON_VALUE('{}', 'a')", "type_mismatch"),
        ("toJSONString((1, 'a'))", "type_mismatch"),
        ("JSONExtractUInt('{\"a\":12345678901234567890}', 'a')", "data_does_not_fit"),
    ],
)
def test_refused(project: Project, text: str, code: str) -> None:
    with pytest.raises(AgentryError) as refused:
        query.run(project, f"select {text} as value")
    assert refused.value.code == code
