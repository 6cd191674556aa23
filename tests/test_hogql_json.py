"""JSON in properties and in any text: ClickHouse's values, wrong kinds and missing keys included."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from analytics import query
from tests.clickhouse import ask, differences, same
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

TEXTS = r"""
JSONExtractString(DOC,'g','h')
JSONExtractInt(DOC,'g','k','l')
JSONExtractString(DOC,'f',2)
JSONExtractInt(DOC,'f',1)
JSONExtractInt(DOC,'f',-4)
JSONExtractString(DOC,'f',-1)
JSONExtractRaw(DOC,'f',9)
JSONExtractString(DOC,1)
JSONExtractInt(DOC,2)
JSONExtractRaw(DOC,-1)
JSONExtractRaw(DOC,'f',0)
JSONHas(DOC,'f',4)
JSONHas(DOC,'f',5)
JSONHas(DOC,'e')
JSONHas(DOC)
JSONLength(DOC)
JSONExtractRaw(DOC,'g')
JSONExtractKeys(DOC,'g')
JSONExtractKeys(DOC,'f')
JSONExtractArrayRaw(DOC,'f')
JSONExtractArrayRaw(DOC,'g','j')
JSONExtractArrayRaw(DOC,'a')
JSONExtractKeysAndValuesRaw(DOC,'g')
JSONExtractKeysAndValues(DOC,'s','String')
JSONExtractKeysAndValues(DOC,'g','String')
JSONExtract(DOC,'f','Array(String)')
JSONExtract(DOC,'f','Array(Nullable(String))')
JSONExtract(DOC,'f','Array(Int64)')
JSONExtract(DOC,'f','Array(Nullable(Float64))')
JSONExtract(DOC,'b','Int64')
JSONExtract(DOC,'c','Int64')
JSONExtract(DOC,'m','Int64')
JSONExtract(DOC,'w','Float64')
JSONExtract(DOC,'a','Int64')
JSONExtract(DOC,'a','Nullable(Int64)')
JSONExtract(DOC,'missing','Nullable(String)')
JSONExtract(DOC,'missing','String')
JSONExtract(DOC,'b','String')
JSONExtract(DOC,'b','Nullable(String)')
JSONExtract(DOC,'e','String')
JSONExtract(DOC,'e','Nullable(String)')
JSONExtract(DOC,'d','Bool')
JSONExtract(DOC,'b','Bool')
JSONExtract(DOC,'d','Int64')
JSONExtract(DOC,'y','Bool')
JSONExtract(DOC,'b','UInt8')
JSONExtract(DOC,'p','UInt8')
JSONExtract(DOC,'g','j','Array(Int64)')
JSONExtract(DOC,'g','String')
JSONExtract(DOC,'b','Float32')
JSONExtract(DOC,'missing','Array(String)')
JSONExtract(DOC,'a','Array(String)')
JSONExtract(DOC,'n','Int64')
JSONExtract(DOC,'o','UInt64')
JSONExtract(DOC,'t','Int64')
JSONExtract(DOC,'m','UInt8')
JSONExtract(DOC,'q','Nullable(Float64)')
JSONExtract(DOC,'d','String')
JSONExtract(DOC,'d','Float64')
JSON_VALUE(DOC,'$.a')
JSON_VALUE(DOC,'$.g.h')
JSON_VALUE(DOC,'$.f[1]')
JSON_VALUE(DOC,'$.g')
JSON_VALUE(DOC,'$.missing')
JSON_VALUE(DOC,'$.e')
JSON_VALUE(DOC,'$.c')
JSON_VALUE(DOC,'$.d')
JSON_EXISTS(DOC,'$.a')
JSON_EXISTS(DOC,'$.missing')
JSON_QUERY(DOC,'$.g.j')
JSON_QUERY(DOC,'$.a')
JSON_QUERY(DOC,'$.missing')
isValidJSON(DOC)
JSONArrayLength(DOC)
JSONExtractString(DOC,'A')
JSONExtractInt(DOC)
JSONExtractKeys(DOC)
isValidJSON('{')
isValidJSON('5')
isValidJSON('')
isValidJSON('"a"')
isValidJSON('{"a":01}')
JSONExtractString('not json','a')
JSONHas('not json','a')
JSONLength('[1,2]')
JSONExtractInt('[1,2]',1)
JSONExtractInt('5')
JSONExtractString('"x"')
JSONExtractFloat('1.5')
JSONExtractString(NULL,'a')
JSONExtractString(toNullable('{"a":"b"}'),'a')
JSONArrayLength('[1,2,3]')
JSONArrayLength('{}')
JSONArrayLength('x')
toJSONString([1,2])
toJSONString('a"b')
toJSONString(5)
toJSONString(NULL)
toJSONString(1.5)
toJSONString(toDate('2024-01-01'))
toJSONString(true)
JSONExtractRaw('{ "a" : { "b" : 1 , "a" : [ 1 , 2 ] } }','a')
JSONExtractRaw('{"a":1.50}','a')
JSONExtractRaw('{"a":1e5}','a')
JSONExtractRaw('{"a":"\\u00e9"}','a')
JSONExtractString('{"a":1.50}','a')
JSONExtractString('{"a":1.0}','a')
JSONExtractString('{"a":1e5}','a')
JSONExtractString('{"a":1e30}','a')
JSONExtractInt('{"a":1e30}','a')
JSONExtractInt('{"a":-1.9}','a')
JSONExtractInt('{"a":"-1.9"}','a')
JSONExtractInt('{"a":" 5"}','a')
JSONExtractUInt('{"a":-5}','a')
JSONExtractFloat('{"a":"1e5"}','a')
JSONExtractFloat('{"a":"abc"}','a')
JSONExtractString('{"a":0.1}','a')
JSONExtractString('{"a":123456789012345678901234567890}','a')
JSONExtractString('{"a":-0.0}','a')
JSONExtractRaw('{"a":-0.0}','a')
JSONExtractString('{"a":1.123456789012345678}','a')
JSONExtractRaw('{"a":"a/b"}','a')
toJSONString('a/b')
toJSONString('é\n\t')
toJSONString(['a/b'])
toJSONString(toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'))
toJSONString(1=1)
JSONExtractRaw('{"a":"é\\u0001/"}','a')
JSONExtractInt('{"a":"1e3"}','a')
JSONExtractInt('{"a":"inf"}','a')
JSONExtractFloat('{"a":"inf"}','a')
JSONExtractFloat('{"a":""}','a')
JSONExtractUInt('{"a":"-5"}','a')
JSONExtractUInt('{"a":-0.5}','a')
JSONExtractBool('{"a":0}','a')
JSONExtractBool('{"a":"true"}','a')
JSONExtract('{"a":null}','a','Int64')
JSONExtract('{"a":[]}','a','Array(Int64)')
JSONExtract('{"a":[true,false]}','a','Array(Bool)')
JSONExtract('{"a":[true,false]}','a','Array(UInt8)')
JSONExtract('{"a":"5"}','a','Array(UInt8)')
JSONExtractInt('{"a":[5]}','a')
JSONExtractString('{"a":{"b":[1, 2, "x y"]}}','a')
JSONHas('{"a":{"b":1}}','a','b')
JSONHas('{"a":{"b":1}}','b')
JSONExtractKeys('{"b":1,"a":2}')
JSON_VALUE('{"a":[{"b":5}]}','$.a[0].b')
JSON_VALUE('{"a b":5}','$."a b"')
JSON_VALUE('{"a b":5}','$["a b"]')
JSON_VALUE('x','$.a')
JSON_VALUE('{"a":1}','$')
JSON_QUERY('{"a":1}','$')
JSONExtractString('{"a":"b"}', toNullable('a'))
JSONExtractInt('{"a":18446744073709551615}','a')
JSONExtract('{"a":3.9}','a','UInt8')
JSONExtract('{"a":-1}','a','Nullable(UInt8)')
JSONExtract('{"a":"x"}','a','LowCardinality(String)')
JSONExtract('{"a":1}','b','Bool')
JSONExtract('[1,2]','Array(Int64)')
JSONExtract('{"a":{"x":1,"y":2}}','a','Array(Int64)')
JSONExtractKeysAndValues('{"a":1,"b":"2"}','Int64')
JSONLength('')
select JSONExtractInt('[10,20,30]', number) as x from numbers(5)
select JSONExtractString('{"0":"a","1":"b"}', toString(number)) as y from numbers(5)
"""


def test_every_kind_of_value_read_as_every_type(project: Project) -> None:
    texts = [f"{read}('{DOCUMENT}', '{key}')" for read in [*READS, "JSONLength"] for key in KEYS]
    texts += [f"JSONExtract('{DOCUMENT}', '{key}', '{type_}')" for type_ in TYPES for key in KEYS]
    texts += [f"JSONExtract('{DOCUMENT}', 'f', 'Array({type_})')" for type_ in TYPES]
    assert differences(project, texts) == ""


def test_texts(project: Project) -> None:
    texts = [text.replace("DOC", f"'{DOCUMENT}'") for text in TEXTS.strip().splitlines()]
    assert differences(project, texts) == ""


def test_types_of_values(project: Project) -> None:
    """JSONType is an Enum in ClickHouse, text here: the names are compared."""
    texts = [f"JSONType('{DOCUMENT}', '{key}')" for key in KEYS]
    ours = query.run(project, "select " + ", ".join(f"{t} as c{i}" for i, t in enumerate(texts))).rows[0]
    _, _, theirs = ask("select " + ", ".join(f"{t} as c{i}" for i, t in enumerate(texts)))
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
