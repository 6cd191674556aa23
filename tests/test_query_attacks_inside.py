"""The attacks of the query sandbox, 55 to 88: functions, the lexer, resources. Over HTTP, beside a canary.

(87, a client that leaves, and 88, fifty slow questions, are in test_query_departure.py.)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from agentry.accounts.models import Project
from analytics.engines import postgres
from tests.canary import ask, plant

pytestmark = pytest.mark.django_db(transaction=True)

CLAUSE, FUNCTION, COLUMN = "clause_not_allowed", "unknown_function", "unknown_column"
SYNTAX, DEEP, LARGE = "syntax_error", "query_too_deep", "query_too_large"

DOUBLED = ", ".join(f"a{n - 1} + a{n - 1} as a{n}" for n in range(1, 40))
TWICE = "(select x from a{0} union all select x from a{0})"
UNITED = ", ".join(f"a{n} as {TWICE.format(n - 1)}" for n in range(1, 30))
NESTED = ", ".join(f"a{n} as (select * from a{n - 1})" for n in range(1, 500))

# Number, code, and what stands after SELECT.
CALLS: list[tuple[int, str, list[str]]] = [
    (55, FUNCTION, ["pg_sleep(9)", "pg_sleep_for('9 s')"]),
    (56, FUNCTION, ["set_config('statement_timeout','0',false)"]),
    (57, FUNCTION, ["current_setting('data_directory')", "getSetting('max_threads')"]),
    (58, FUNCTION, ["pg_read_file('x')", "lo_import('x')", "lo_create(0)", "pg_ls_dir('.')"]),
    (59, FUNCTION, ["query_to_xml('select * from auth_user',true,true,'')"]),
    (60, FUNCTION, ["pg_advisory_lock(1)", "pg_notify('a','b')", "nextval('x')"]),
    (61, FUNCTION, ["pg_terminate_backend(pg_backend_pid())", "pg_cancel_backend(1)"]),
    (62, FUNCTION, ["version()", "hostName()", "currentDatabase()", "user()", "currentUser()"]),
    (62, COLUMN, ["current_user", "session_user", "current_catalog", "current_schema"]),
    (63, FUNCTION, ['"pg_sleep"(1)', "PG_SLEEP(1)", "`pg_sleep`(1)"]),
    (63, COLUMN, ["pg_catalog.count(*)", "pg_catalog.pg_sleep(1)"]),
    (64, f"{CLAUSE} {SYNTAX}", ["1 operator(pg_catalog.+) 1"]),
    (65, f"{SYNTAX} {CLAUSE} wrong_arguments", ["'events'::regclass", "cast('events' as regclass)"]),
    (65, f"{CLAUSE} {FUNCTION} wrong_arguments type_mismatch", ["cast('events', 'regclass')"]),
    (66, FUNCTION, ["sleep(3)", "sleepEachRow(1)", "hogql_divide(1, 2)", "property_number('1')"]),
    (67, f"{CLAUSE} {COLUMN} {SYNTAX}", [r'U&"\0070g_user"', r"U&'\0041'"]),
    (68, f"{SYNTAX} {CLAUSE}", [r"E'\x27 or 1=1'", "e'a'", "B'1'", "N'a'"]),
    (70, f"{SYNTAX} {COLUMN}", ["$$a';drop--$$", "$a$x$a$"]),
    (71, SYNTAX, ["/* a /* b */ 1", "1 /* open"]),
    (73, SYNTAX, ["'\0'", "1\0", "'\ud800'"]),
    (74, FUNCTION, ["ｃｏｕｎｔ()"]),
    (74, COLUMN, ["event\u200b from events", "еvent from events", "\u202eevent from events"]),
    (76, DEEP, ["(" * 10_000 + "1" + ")" * 10_000, "- " * 5_000 + "1", "+" * 5_000 + "1"]),
    (76, DEEP, ["[" * 5_000 + "]" * 5_000, "not " * 5_000 + "1", "1" + "+1" * 5_000, "1" + " = 1" * 5_000]),
    (76, DEEP, ["if(1," * 5_000 + "1" + ",1)" * 5_000, "case when 1 then " * 5_000 + "1" + " end" * 5_000]),
    (76, DEEP, ["a" + ".a" * 5_000 + " from events", "properties" + "['a']" * 5_000 + " from events"]),
    (76, DEEP, ["'a'" + " || 'a'" * 5_000, "1" + " union all select 1" * 5_000, "1" + "::text" * 5_000]),
    (76, DEEP, ["* from " + "(select * from " * 5_000 + "events" + ")" * 5_000]),
    (76, LARGE, [f"1 as a0, {DOUBLED}"]),
]

QUERIES: list[tuple[int, str, str]] = [
    (67, SYNTAX, r'select * from U&"\0070g_user"'),
    (74, "unknown_table", "select * from ｅvents"),
    (74, "statement_not_allowed", "ｓｅｌｅｃｔ 1"),
    (76, LARGE, f"with 1 as a0, {DOUBLED} select a39"),
    (76, LARGE, f"with a0 as (select 1 as x), {UNITED} select count() from a29"),
    (76, DEEP, f"with a0 as (select 1 as x), {NESTED} select * from a499"),
    (80, CLAUSE, "with recursive x as (select 1) select * from x"),
]

TOO_LONG = [
    "select 1 in (" + "1," * 100_000 + "1)",  # 77
    "select '" + "x" * (1 << 20) + "'",  # 78
    "select 1" + " " * (1 << 20),
    "select '" + "ü" * 300_000 + "'",
]

# What may be answered, and the row that it must give. None: any row of ours, or a refusal of a value.
VALUES: list[tuple[int, str, list[Any] | None]] = [
    (66, "arrayMap(x -> x + 1, [1, 2])", [[2, 3]]),
    (69, r"'a\' or 1=1 --'", ["a' or 1=1 --"]),
    (71, "1 /* a /* b */ c */", [1]),
    (71, "1 /*! union select 2 */", [1]),
    (71, "/*+ SeqScan(a) */ 1", [1]),
    (72, "1 -- x\r, 2", [1]),
    (72, "1 -- x\u2028, 2", [1]),
    (72, "1 -- x\n, 2 as b", [1, 2]),
    (75, "1 as " + "a" * 64 + "x, 2 as " + "a" * 64 + "y", [1, 2]),
    (75, "a" * 64 + "y from (select 1 as " + "a" * 64 + "x, 2 as " + "a" * 64 + "y)", [2]),
    (83, "1/0", [None]),
    (83, "-1/0, 0/0", [None, None]),
    (84, "sum(x) from (select 9223372036854775807 as x union all select 1)", None),
    (84, "18446744073709551615 + 1", None),
    (84, "9223372036854775807 + 1", None),
    (84, "9223372036854775807 * 9223372036854775807", None),
    (84, "toInt64(1e30)", None),
    (84, "number * 9223372036854775807 from numbers(3)", None),
    (84, "sum(number * 4611686018427387904) from numbers(3)", None),
    (84, "-(-9223372036854775808)", None),
    (84, "abs(-9223372036854775808)", None),
    (85, "toDate('99999-01-01')", None),
    (85, "toDateTime('x'), toInt('x'), toUUID('x')", None),
    (85, "toDate(1e300)", None),
    (85, "addYears(now(), 1000000)", None),
    (85, "now() - interval 999999999 year", None),
    (85, "toDateTime(1e15)", None),
    (85, "fromUnixTimestamp64Milli(9223372036854775807)", None),
    (81, "repeat('x', 1000000000)", None),
    (81, "length(repeat('x', 1000000000))", None),
    (81, "length(repeat('x', number * 1000)) from numbers(1000000)", None),
    (81, "length(repeat(repeat(repeat('x', 1000), 1000), 1000))", None),
    (81, "lpad('x', 1000000000, 'y')", None),
    (81, "leftPad('x', 1000000000)", None),
    (81, "space(1000000000)", None),
    (81, "range(1000000000)", None),
    (81, "length(range(0, 1000000000))", None),
    (81, "arrayJoin(range(1000000000))", None),
    (81, "arrayWithConstant(1000000000, 1)", None),
    (81, "arrayResize([1], 1000000000)", None),
    (81, "length(replaceAll('" + "a" * 5_000 + "', 'a', '" + "b" * 5_000 + "'))", None),
    (82, "match('aaaa', '((((a{0,100}){0,100}){0,100})){0,100}')", None),
    (82, "match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '(a+)+$')", None),
    (82, "match('x', '" + "(" * 300 + ")" * 300 + "')", None),
    (82, "match('x', '(')", None),
    (82, r"match('aa', '(a)\\1')", None),
    (82, "'a' =~ 'a{1000000}'", None),
    (86, "groupArray(number) from numbers(1000000)", None),
    (86, "groupArray(toString(number)) from numbers(1000000)", None),
    (86, "number from numbers(10) offset 9223372036854775807", None),
]


@pytest.fixture(autouse=True)
def foreign(project: Project) -> Project:
    return plant(project)


@pytest.fixture
def bugs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What PostgreSQL refused that our compiler should have: none may be."""
    found: list[Any] = []
    monkeypatch.setattr(postgres.log, "error", lambda event, **what: found.append(what), raising=False)
    yield found
    assert found == []


@pytest.mark.parametrize(
    ("code", "text"),
    [pytest.param(code, text, id=f"{n}-{text[:30]!r}") for n, code, texts in CALLS for text in texts],
)
def test_refused(client: Client, token: str, code: str, text: str) -> None:
    status, body = ask(client, token, f"select {text}")
    assert status == 400
    assert body["error"]["code"] in code.split()


@pytest.mark.parametrize(
    ("code", "hogql"), [pytest.param(code, hogql, id=f"{n}-{hogql[:30]!r}") for n, code, hogql in QUERIES]
)
def test_refused_whole(client: Client, token: str, code: str, hogql: str) -> None:
    started = time.monotonic()
    status, body = ask(client, token, hogql)
    assert (status, body["error"]["code"]) == (400, code)
    assert time.monotonic() - started < 20  # a second or two on an idle machine, and not the heat death


@pytest.mark.parametrize("hogql", TOO_LONG, ids=lambda hogql: hogql[:20])
def test_77_78_too_long(client: Client, token: str, hogql: str) -> None:
    status, body = ask(client, token, hogql)
    assert (status, body["error"]["code"]) == (413, "query_too_long")


@pytest.mark.parametrize("pairs", [1, 1_000], ids=["one", "thousand"])
def test_77_ten_thousand_values_pass(client: Client, token: str, pairs: int) -> None:
    values = ", ".join(f"'c{number}'" for number in range(10_000 // pairs))
    hogql = f"select count() as n from events where properties.customer_id in ({values}, 'ours')"
    status, body = ask(client, token, hogql)
    assert (status, body.get("rows")) == (200, [{"n": 2}])


@pytest.mark.usefixtures("bugs")
@pytest.mark.parametrize(
    ("text", "row"), [pytest.param(text, row, id=f"{n}-{text[:40]!r}") for n, text, row in VALUES]
)
def test_answered_or_refused_for_its_values(
    client: Client, token: str, text: str, row: list[Any] | None
) -> None:
    status, body = ask(client, token, f"select {text}")
    if row is not None:
        assert status == 200
        assert list(body["rows"][0].values()) == row


def test_83_a_whole_number_by_zero_is_a_data_error(client: Client, token: str) -> None:
    for text in ("intDiv(1, 0)", "1 % 0", "intDiv(count(), count() - 2) from events"):
        assert ask(client, token, f"select {text}")[0] == 422


def test_86_a_million_groups_are_cut_and_say_so(client: Client, token: str) -> None:
    grouped = "select number, count() as n from numbers(1000000) group by number"
    for hogql in (f"{grouped} limit 1000000000", grouped, f"{grouped} union all {grouped}"):
        status, body = ask(client, token, hogql)
        assert (status, body["row_count"], body["truncated"]) == (200, 10_000, True)


def test_79_a_cross_join_of_three_ends_with_its_time(
    client: Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SESSION, "statement_timeout", "1000")
    postgres.close()
    million = "numbers(1000000)"
    try:
        for hogql in (
            f"select count() from {million} a, {million} b, {million} c",
            f"select sum(length(toString(a.number))) from {million} a cross join {million} b",
            f"select count() from {million} a join {million} b on a.number % 2 = b.number % 2",
            f"select a.number, b.number from {million} a cross join {million} b order by b.number desc",
        ):
            started = time.monotonic()
            status, body = ask(client, token, hogql)
            took = time.monotonic() - started
            assert (status, body["error"]["code"]) == (504, "query_timeout")
            assert took < 1.5 + 2, took  # half a second for us, two for a busy machine
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
                    " AND datname = current_database() AND query LIKE '%generate_series%'"
                )
                assert cursor.fetchone() == (0,)
    finally:
        postgres.close()
