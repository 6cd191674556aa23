"""The function table itself: as many names as promised, each once, each with a meaning in words."""

from __future__ import annotations

from collections import Counter

from analytics.hogql.aggregates import AGGREGATES
from analytics.hogql.functions.table import FAMILIES, FUNCTIONS, SPECIAL, canonical, names
from tests.clickhouse import ask


def test_at_least_250_names_each_once() -> None:
    written = Counter(name for rows in FAMILIES.values() for row in rows for name in (row.name, *row.aliases))
    assert [name for name, times in written.items() if times > 1] == []
    assert len(set(names()) | set(AGGREGATES)) >= 250


def test_every_row_says_what_it_takes_and_gives() -> None:
    for row in FUNCTIONS.values():
        fewest, most = row.takes_count()
        assert most is None or fewest <= most, row.name
        assert row.doc and not row.doc.endswith("."), row.name
        known = {name.lower() for name in (row.name, *row.aliases)}
        assert {name.lower() for name in row.any_case} <= known, row.name


def test_names_are_read_in_any_case_where_clickhouse_does() -> None:
    assert canonical("COALESCE") == canonical("coalesce") == "coalesce"
    assert canonical("todate") == "todate"  # ClickHouse's own names are exact
    assert canonical("DATE_TRUNC") == canonical("dateTrunc")


def test_clickhouses_other_names_and_cases_are_known() -> None:
    ours = {*FUNCTIONS, *SPECIAL.values()}
    rows = ask("select name, alias_to, case_insensitive from system.functions where not is_aggregate")[2]
    known = [(name, folds) for name, alias_to, folds in rows if {canonical(name), alias_to} & ours]
    assert len(known) > 500
    missing = [name for name, _ in known if canonical(name) not in ours]
    exact = [name for name, folds in known if folds and canonical(name.swapcase()) not in ours]
    assert (missing, exact) == ([], [])
