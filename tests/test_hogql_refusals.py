"""What HogQL refuses: a stable code, a plain sentence, a place, and never a word of PostgreSQL's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analytics.hogql.compiler import compile_query
from analytics.hogql.errors import HogQLError
from analytics.hogql.plan import Facts
from analytics.hogql.scope import Context

NOW = datetime(2026, 11, 22, 12, 30, 15, 123000, tzinfo=UTC)


def refusal(text: str) -> HogQLError:
    facts = Facts(NOW, datetime(2026, 8, 24, tzinfo=UTC), lambda low, high: [])
    with pytest.raises(HogQLError) as caught:
        compile_query(text, 1, Context(NOW), facts, 100)
    assert caught.value.message
    assert caught.value.hint, caught.value.message
    return caught.value


STATEMENTS = [
    *(
        "select 1; drop table events",
        "select 1;;select 2",
        "copy events to '/tmp/x'",
        "copy (select 1) to program 'id'",
    ),
    *("set role postgres", "set statement_timeout=0", "commit; create table t(a int)", "begin read write"),
    *(
        "do $$begin end$$",
        "explain analyze select 1",
        "show tables",
        "describe events",
        "table events",
        "",
        "-- only",
    ),
    *(
        "/* nothing */",
        "prepare a as select 1",
        "listen x",
        "delete from events",
        "insert into events values (1)",
    ),
    *(
        "drop table events",
        "truncate events",
        "alter table events add column a int",
        "grant select on events to x",
    ),
]
CLAUSES = [
    *(
        "select 1 settings readonly=0, max_execution_time=0",
        "select 1 format JSONEachRow",
        "select {x:String}",
    ),
    *("select count() from events prewhere event='x'", "select count() from events final", "select ${1}"),
    *(
        "select count() from events sample 0.1",
        "select event from events group by event with totals",
        "select {x}",
    ),
    *(
        "select @@version",
        "select %(x)s",
        "select 1 into outfile '/tmp/x'",
    ),
    *("select event from events fetch first 5 percent rows only", "select 1 from events for update"),
    *(
        "select * into t2 from events",
        "with x as (delete from events returning *) select * from x",
        "select {{1}}",
    ),
    *("with recursive x as (select 1) select * from x",),
    *(
        "select array_agg(number order by number) from numbers(3)",
        "select event from events order by event collate 'en'",
    ),
    *("select top 5 event from events", "select 'events'::regclass"),
    *(
        "select 1 operator(pg_catalog.+) 1",
        "select cast('x' as regclass)",
        "select event from events limit 1 with ties",
    ),
]
TABLES = [
    *("pg_catalog.pg_user", '"pg_user"', "`pg_user`", "pg_user", "information_schema.columns", "auth_user"),
    *("django_session", "accounts_dsnkey", "public.events", "events_20261122", "events_default", "usage_day"),
    *(
        "other.public.events",
        "system.tables",
        "url('http://127.0.0.1','CSV','a String')",
        "file('/etc/passwd')",
    ),
    *(
        "remote('h',system.one)",
        "cluster('c', events)",
        "s3('https://169.254.169.254/')",
        "mysql('a','b','c','d','e')",
    ),
    *("postgresql('db:5432','d','t','u','p')", "merge('.*')", "executable('x')", "numbers(1000000000)"),
    *("generate_series(1,1000000000)", "dblink('x','select 1')", "numbers(now())", "numbers(1, 2, 3)"),
]
FUNCTIONS = [
    *("pg_sleep(9)", "set_config('statement_timeout','0',false)", "current_setting('data_directory')"),
    *("pg_read_file('x')", "lo_import('x')", "lo_create(0)", "query_to_xml('select 1',true,true,'')"),
    *("pg_advisory_lock(1)", "pg_notify('a','b')", "nextval('x')", "pg_terminate_backend(pg_backend_pid())"),
    *(
        "version()",
        "hostName()",
        "currentDatabase()",
        '"pg_sleep"(1)',
        "PG_SLEEP(1)",
        "sleep(3)",
        "file('/etc/passwd')",
    ),
    *(
        "dictGet('d','a',1)",
        "joinGet('a','b')",
        "getSetting('x')",
        "rand()",
        "generateUUIDv4()",
        "todate(timestamp)",
    ),
]
NAMES = [
    *(
        "select project_id from events",
        "select ctid from events",
        "select xmin from events",
        "select rest from events",
    ),
    *(
        "select count() from events where project_id = 2",
        "select current_user",
        "select session_user",
        "select events",
    ),
    *("select customer_id from events", "select e.events from events e", "select tableoid from events"),
]


@pytest.mark.parametrize("text", STATEMENTS)
def test_only_one_select(text: str) -> None:
    assert refusal(text).code in {"statement_not_allowed", "syntax_error", "clause_not_allowed"}


@pytest.mark.parametrize("text", CLAUSES)
def test_clauses_are_refused_not_dropped(text: str) -> None:
    assert refusal(text).code in {"clause_not_allowed", "syntax_error", "statement_not_allowed"}


@pytest.mark.parametrize("table", TABLES)
def test_only_its_own_tables(table: str) -> None:
    error = refusal(f"select 1 from {table}")
    assert error.code in {"unknown_table", "clause_not_allowed", "too_many_rows", "syntax_error"}


@pytest.mark.parametrize("call", FUNCTIONS)
def test_only_listed_functions(call: str) -> None:
    assert refusal(f"select {call} as x from events").code == "unknown_function"


@pytest.mark.parametrize("text", NAMES)
def test_only_its_own_columns(text: str) -> None:
    assert refusal(text).code == "unknown_column"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("with events as (select 1) select * from events", "reserved_name"),
        ("select 2 as project_id from events", "reserved_name"),
        ("select count() from events where count() > 1", "aggregate_in_where"),
        ("select sum(count()) from events", "aggregate_nested"),
        ("select event, count() from events", "not_grouped"),
        ("select sum(event) from events", "type_mismatch"),
        ("select count() from events where event = 5", "type_mismatch"),
        ("select 1 as a, 2 as a", "duplicate_column"),
        ("select round()", "wrong_arguments"),
        ("select interval 1 day", "type_mismatch"),
        ("select event in ('a', 1, null) from events", "type_mismatch"),
        ("select distinct event from events order by timestamp", "order_by_not_selected"),
        ("select " + ", ".join(f"{number} as c{number}" for number in range(1_700)), "too_many_columns"),
        ("select quantile(2)(properties.latency_ms) from events", "wrong_arguments"),
        ("select arrayCount(NULL)", "type_mismatch"),
        ("select arrayMax(NULL)", "type_mismatch"),
        ("select arrayCount(x -> x, NULL, [1])", "type_mismatch"),
        ("select 1 limit -1", "wrong_arguments"),
        ("select event from events order by 7", "wrong_arguments"),
        ("select event from events where event in (select event, uuid from events)", "wrong_arguments"),
        ("select " + "(" * 10_000 + "1" + ")" * 10_000, "query_too_deep"),
        ("select " + "-" * 41 + "1", "syntax_error"),
        ("select " + "- " * 5_000 + "1", "query_too_deep"),
        ("select " + "not " * 5_000 + "1", "query_too_deep"),
        ("select 'x\0y'", "syntax_error"),
        ("select 1" + " " * 600_000, "query_too_long"),
        ("select 1 in (" + "1," * 100_000 + "1)", "query_too_long"),
        ("select event from events where event in (1", "syntax_error"),
        ("select 'abc", "syntax_error"),
        ("select 1 from events a full join events b on a.timestamp < b.timestamp", "clause_not_allowed"),
        ("select 1 from events a full join events b on b.event = 'a'", "clause_not_allowed"),
        ("select 1 from events array join", "syntax_error"),
        ("select 1 from events array join as a", "syntax_error"),
        ("select ｅvent from events", "unknown_column"),
    ],
)
def test_code(text: str, code: str) -> None:
    assert refusal(text).code == code


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("select\n  toDat(timestamp)\nfrom events", 2, 3, "Perhaps you meant `toDate`."),
        ("select count() from event", 1, 21, "Perhaps you meant `events`."),
        ("select timestmp from events", 1, 8, "Perhaps you meant `timestamp`."),
        ("select endpont from events", 1, 8, "Perhaps you meant `properties.endpoint`."),
        ("select proprties.a from events", 1, 18, "Perhaps you meant `properties`."),
        (
            "select foo from usage",
            1,
            8,
            "The columns here are event, customer_id, day, calls, first_call_at, last_call_at; properties are"
            " read as `properties.name`.",
        ),
        (
            "select '🚀', 1,\n  'abc from\n events",
            2,
            3,
            "Close it with another '; inside a text it is written \\'.",
        ),
        ("select top 5 event from events", 1, 8, "Use LIMIT."),
        ("select a as a", 1, 8, "Name a column in it."),
        ("select rank() from events", 1, 8, "Write `rank(…) OVER (ORDER BY …)`."),
        ("select timestamp at time zone 'UTC' from events", 1, 18, "Use toTimeZone(time, 'Europe/Berlin')."),
    ],
)
def test_says_where_and_what_next(text: str, line: int, column: int, hint: str) -> None:
    error = refusal(text)
    assert (error.line, error.column, error.hint) == (line, column, hint)


def test_a_long_list_and_a_trailing_semicolon_pass() -> None:
    facts = Facts(NOW, datetime(2026, 8, 24, tzinfo=UTC), lambda low, high: [])
    ids = ", ".join(f"'c{number}'" for number in range(10_000))
    text = f"select count() from events where properties.customer_id in ({ids});"
    assert "ANY" in compile_query(text, 1, Context(NOW), facts, 100).statement.sql


def test_nothing_the_user_wrote_reaches_the_statement() -> None:
    facts = Facts(NOW, datetime(2026, 8, 24, tzinfo=UTC), lambda low, high: [])
    text = """with 'canary0' as k select event as "canary1", properties['canary2'], 'canary3', k /* canary4 */
    from events as canary5 where event = 'canary6' and properties.canary7 like '%canary8%' -- canary9"""
    assert "canary" not in compile_query(text, 1, Context(NOW), facts, 100).statement.sql
