"""Queries made up for safety's sake: most are HogQL, many nearly, some are soup. Here is no oracle."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from analytics.hogql import aggregates
from analytics.hogql.functions.table import FUNCTIONS, OF_ARRAYS
from tests.query_fuzz_words import (
    COLUMNS,
    FORMS,
    INFIX,
    NUMBERS,
    ODD_COLUMNS,
    SOUP,
    TABLES,
    TEXTS,
    TIMES,
    TYPES,
    UNITS,
)
from tests.walkthrough import DAILY, TOP_20

DEPTH = 4


class Writer:
    """Writes queries by the throws of `random`."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.by_kind: dict[str, Callable[[int], str]] = {
            "text": lambda depth: self.either(TEXTS, "toString", depth),
            "number": lambda depth: self.either(NUMBERS, "toFloat", depth),
            "int": lambda depth: self.either(NUMBERS[:5], "toInt", depth),
            "bool": lambda depth: f"({self.expr(depth)} = {self.expr(depth)})",
            "time": lambda depth: self.pick(TIMES),
            "date": lambda depth: "toDate('2026-02-28')",
            "interval": lambda depth: f"interval {self.pick(NUMBERS)} {self.pick(UNITS)}",
            "array": self.array,
            "tuple": lambda depth: f"({self.expr(depth)}, {self.expr(depth)})",
            "json": lambda depth: "properties",
            "lambda": self.function,
            "unit": lambda depth: f"'{self.pick(UNITS)}'",
            "zone": lambda depth: "'Asia/Tokyo'",
            "const": lambda depth: self.pick([*TEXTS, *NUMBERS]),
        }

    def pick(self, among: list[str]) -> str:
        return among[self.random.randrange(len(among))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def either(self, constants: list[str], convert: str, depth: int) -> str:
        return self.pick(constants) if depth <= 0 or self.chance(60) else f"{convert}({self.expr(depth - 1)})"

    def expr(self, depth: int) -> str:
        if depth <= 0 or self.chance(25):
            if self.chance(3):
                return self.pick(ODD_COLUMNS)
            return self.pick(
                [self.pick(COLUMNS), self.pick([*NUMBERS, "null", "true"]), self.pick([*TEXTS, *TIMES])]
            )
        makers = [
            self.call,
            self.call,
            self.call,
            self.aggregate,
            self.infix,
            self.special,
            self.array,
            self.window,
        ]
        return makers[self.random.randrange(len(makers))](depth - 1)

    def call(self, depth: int) -> str:
        """A function of the table, its arguments mostly of the kinds that it takes."""
        names = sorted(name for name in FUNCTIONS if " " not in name or name.endswith(OF_ARRAYS))
        row = FUNCTIONS[self.pick(names)]
        fewest, most = row.takes_count()
        count = self.random.randint(fewest, fewest + 2 if most is None else most)
        count += self.chance(3) - self.chance(3)
        arguments = []
        for index in range(max(count, 0)):
            kinds = row.kinds_at(index) if row.takes else ["any"]
            maker = self.by_kind.get(kinds[self.random.randrange(len(kinds))], self.expr)
            arguments.append(self.expr(depth) if self.chance(8) else maker(depth))
        return f"{row.name.removesuffix(OF_ARRAYS)}({', '.join(arguments)})"

    def aggregate(self, depth: int) -> str:
        name = self.pick(sorted(aggregates.AGGREGATES)) + self.pick(["", "", "", "If", "Distinct", "OrNull"])
        parameters = self.pick(["", "", "", "(0.5)", "(2)", "(0.1, 0.9)"])
        return f"{name}{parameters}({', '.join(self.expr(depth) for _ in range(self.random.randrange(4)))})"

    def infix(self, depth: int) -> str:
        if self.chance(70):
            return f"{self.by_kind['number'](depth)} {self.pick(INFIX[:11])} {self.by_kind['number'](depth)}"
        return f"{self.expr(depth)} {self.pick(INFIX)} {self.expr(depth)}"

    def array(self, depth: int) -> str:
        items = ", ".join(self.expr(depth - 1) for _ in range(self.random.randrange(4)))
        return self.pick(
            [f"[{items}]", "[1, 2, 3]", "['a', 'b']", "range(5)", "splitByChar(',', event)", "[[1], []]"]
        )

    def function(self, depth: int) -> str:
        return f"{self.pick(['x', '(x, y)', 'event', '(x)'])} -> {self.expr(depth - 1)}"

    def window(self, depth: int) -> str:
        order = f" order by {self.expr(depth)}" if self.chance(60) else ""
        frame = self.pick(["", "", " rows between unbounded preceding and current row", " rows 2 preceding"])
        name = self.pick(["row_number()", "rank()", f"lagInFrame({self.expr(depth)})", self.aggregate(depth)])
        return f"{name} over (partition by {self.expr(depth)}{order}{frame})"

    def special(self, depth: int) -> str:
        one, two, three = (self.expr(depth) for _ in range(3))
        return self.pick(
            [
                f"case when {one} then {two} else {three} end",
                f"case {one} when {two} then {three} end",
                f"if({one}, {two}, {three})",
                f"({one} ? {two} : {three})",
                f"{one} between {two} and {three}",
                f"{one} in ({two}, {three})",
                f"{one} in (select {self.pick(COLUMNS)} from events)",
                f"({self.query(depth - 1)})",
                f"not {one}",
                f"- {one}",
                f"({one})",
                f"{one} is null",
                f"cast({one} as {self.pick(TYPES)})",
                f"{one}::{self.pick(TYPES)}",
                f"{one}[{two}]",
                f"tuple({one}, {two}).{self.pick(['1', '2', '3'])}",
                f"arrayJoin({one})",
                f"{one} as a",
                f"toDateTime({one}) - interval {self.pick(NUMBERS)} {self.pick(UNITS)}",
                f"exists({self.query(depth - 1)})",
            ]
        )

    def relation(self, depth: int) -> str:
        if depth > 0 and self.chance(30):
            return f"({self.query(depth - 1)}) as {self.pick(['a', 'b', 'x'])}"
        return self.pick(TABLES)

    def query(self, depth: int) -> str:
        few = [
            self.expr(depth) + self.pick(["", " as a", " as b", " as event"])
            for _ in range(1 + self.chance(40))
        ]
        parts = [f"select {'distinct ' * self.chance(10)}{', '.join(few)}"]
        if self.chance(15):
            cte = self.pick(
                [f"x as ({self.query(depth - 1)})" if depth > 0 else "1 as x", f"{self.expr(depth)} as x"]
            )
            parts.insert(0, f"with {cte}")
        if self.chance(85):
            parts.append(f"from {self.relation(depth)}")
            if self.chance(15):
                side = self.pick(
                    ["join", "left join", "right join", "full join", "cross join", "any join", "asof join"]
                )
                parts.append(f"{side} {self.relation(depth)} on {self.expr(depth)} = {self.expr(depth)}")
            if self.chance(8):
                parts.append(f"array join {self.array(depth)} as x")
        clauses = [
            (30, f"where {self.expr(depth)}"),
            (25, f"group by {self.pick([*COLUMNS, '1', 'a', 'all'])}"),
            (8, f"having {self.expr(depth)}"),
            (25, f"order by {self.expr(depth)} {self.pick(['', 'desc', 'asc nulls first'])}"),
            (8, f"limit {self.pick(NUMBERS)} by {self.pick(COLUMNS)}"),
            (20, f"limit {self.pick(['1', '5', '1e9', '-1', '99999999999999999999'])}"),
            (5, f"offset {self.pick(NUMBERS)}"),
        ]
        parts += [clause for percent, clause in clauses if self.chance(percent)]
        if self.chance(6):
            parts.append(f"union {self.pick(['all', 'distinct', ''])} {self.query(depth - 1)}")
        return " ".join(parts)

    def broken(self, text: str) -> str:
        """Words left out, doubled, swapped or replaced; or the end cut off."""
        words = text.replace("(", " ( ").replace(")", " ) ").split(" ")
        for _ in range(1 + self.random.randrange(3)):
            place = self.random.randrange(len(words))
            other = self.random.randrange(len(words))
            words[place : place + 1] = self.pick(
                [f"{words[other]}", "", f"{words[place]} {words[place]}", self.pick(SOUP)]
            ).split(" ")
        return " ".join(words[: len(words) - self.random.randrange(3)])

    def soup(self) -> str:
        return "select " + " ".join(
            self.pick([*SOUP, *COLUMNS, *NUMBERS]) for _ in range(self.random.randrange(30))
        )

    def nested(self) -> str:
        """One form inside itself, up to beyond what is allowed."""
        start, end = self.pick(FORMS).split("|")
        times = self.random.randrange(1, 45)
        return f"select {start * times}1{end * times}"

    def any(self) -> str:
        kind = self.random.randrange(100)
        if kind < 25:
            where = self.pick(["", " from events", " from events", " from (select * from events)"])
            return f"select {self.call(self.random.randrange(3))} as made{where}"
        if kind < 35:
            return f"select {self.aggregate(0)} as made from events group by {self.pick(COLUMNS)}"
        if kind < 70:
            return self.query(self.random.randrange(1, DEPTH))
        if kind < 82:
            return self.broken(self.query(self.random.randrange(1, DEPTH)))
        if kind < 90:
            return self.broken(self.pick([TOP_20, DAILY]))
        return self.nested() if kind < 95 else self.soup()
