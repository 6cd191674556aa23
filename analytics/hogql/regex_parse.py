"""RE2's regular expressions, as ClickHouse reads them, → a tree of our own. What it does not know it refuses.

Source: RE2's syntax page (github.com/google/re2/wiki/Syntax). ClickHouse lets `.` match a line's end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from analytics.hogql.regex_chars import LAST, PERL, POSIX, Ranges, any_case, complement, union

MAX_LENGTH = 200
MAX_REPEAT = 255  # PostgreSQL's


class RegexError(Exception):
    """Not RE2, or not supported: a sentence with the place in the pattern."""


@dataclass(frozen=True)
class Chars:
    ranges: Ranges


@dataclass(frozen=True)
class Edge:
    """A place between characters."""

    kind: Literal["text_start", "text_end", "line_start", "line_end", "word", "not_word"]


@dataclass(frozen=True)
class Sequence:
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    item: Node
    low: int
    high: int | None
    lazy: bool


@dataclass(frozen=True)
class Group:
    item: Node
    number: int


Node = Chars | Edge | Sequence | Choice | Repeat | Group
EMPTY = Sequence(())

CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
EDGES: dict[str, Edge] = {
    "A": Edge("text_start"), "z": Edge("text_end"), "b": Edge("word"), "B": Edge("not_word")
}  # fmt: skip
_COUNT = re.compile(r"\{([0-9]+)(,([0-9]*))?\}")
_NAMED = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_HEX = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})")


@dataclass(frozen=True)
class Flags:
    fold: bool = False  # i
    lines: bool = False  # m
    dot_all: bool = True  # s
    swapped: bool = False  # U: `*` is lazy, `*?` greedy


class Parser:
    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.groups = 0
        self.depth = 0

    def wrong(self, message: str) -> RegexError:
        return RegexError(f"{message} at character {self.at + 1} of the regular expression.")

    def take(self, text: str) -> bool:
        found = self.text.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def choice(self, flags: Flags) -> Node:
        """Alternatives up to a `)` or the end. Flags set inside hold to its end."""
        options: list[Node] = []
        items: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.take("|"):
                options.append(_sequence(items))
                items = []
            elif (match := _FLAGS.match(self.text, self.at)) and match[3] == ")":
                self.at = match.end()
                flags = _changed(flags, match)
            else:
                items.append(self.repeats(self.atom(flags), flags))
        options.append(_sequence(items))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def repeats(self, item: Node, flags: Flags) -> Node:
        counts = self.count()
        if counts is None:
            return item
        low, high = counts
        if max(low, high or 0) > MAX_REPEAT:
            raise self.wrong(f"More than {MAX_REPEAT} repetitions")
        if high is not None and high < low:
            raise self.wrong("A repetition that ends before it begins")
        lazy = self.take("?") != flags.swapped
        if self.count() is not None:
            raise self.wrong("Two repetitions in a row")
        if isinstance(item, Edge):
            return item if low else EMPTY
        return Repeat(item, low, high, lazy)

    def count(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return counts
        match = _COUNT.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        low = int(match[1])
        return low, (int(match[3]) if match[3] else None) if match[2] else low

    def atom(self, flags: Flags) -> Node:
        letter = self.text[self.at]
        if letter == "(":
            return self.group(flags)
        if letter == "[":
            return Chars(self.bracket(flags))
        if letter == "\\":
            return self.escape(flags)
        if letter in "*+?":
            raise self.wrong(f"Nothing to repeat before `{letter}`")
        self.at += 1
        if letter == "^":
            return Edge("line_start" if flags.lines else "text_start")
        if letter == "$":
            return Edge("line_end" if flags.lines else "text_end")
        if letter == ".":
            return Chars(((0, LAST),) if flags.dot_all else complement(((10, 10),)))
        return _letter(ord(letter), flags)

    def group(self, flags: Flags) -> Node:
        self.depth += 1
        if self.depth > 20:
            raise self.wrong("More than 20 levels of parentheses")
        number = None
        if match := _NAMED.match(self.text, self.at):
            self.at = match.end()
            self.groups += 1
            number = self.groups
        elif match := _FLAGS.match(self.text, self.at):
            self.at = match.end()
            flags = _changed(flags, match)
        elif self.text.startswith("(?", self.at):
            raise self.wrong("RE2 has no look-around and no such group")
        else:
            self.at += 1
            self.groups += 1
            number = self.groups
        inner = self.choice(flags)
        if not self.take(")"):
            raise self.wrong("A missing `)`")
        self.depth -= 1
        return inner if number is None else Group(inner, number)

    def escape(self, flags: Flags) -> Node:
        """What a backslash starts, outside brackets."""
        following = self.text[self.at + 1 : self.at + 2]
        if following in EDGES and following:
            self.at += 2
            return EDGES[following]
        if following == "Q":
            end = self.text.find("\\E", self.at)
            literal = self.text[self.at + 2 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.text)
            return _sequence([_letter(ord(letter), flags) for letter in literal])
        if (ranges := self.perl(flags)) is not None:
            return Chars(ranges)
        return _letter(self.escaped_letter(), flags)

    def perl(self, flags: Flags) -> Ranges | None:
        """`\\d`, `\\W` and such, here."""
        following = self.text[self.at + 1 : self.at + 2]
        if self.text[self.at] != "\\" or not following or following.lower() not in PERL:
            return None
        self.at += 2
        ranges = PERL[following.lower()]
        ranges = any_case(ranges) if flags.fold else ranges
        return ranges if following.islower() else complement(ranges)

    def escaped_letter(self) -> int:
        self.at += 1
        following = self.text[self.at : self.at + 1]
        if match := _HEX.match(self.text, self.at):
            code = int(match[1] or match[2], 16)
            if code > LAST:
                raise self.wrong("No such character")
            self.at = match.end()
            return code
        if following in CONTROLS and following:
            self.at += 1
            return CONTROLS[following]
        if not following or not following.isascii() or following.isalnum():
            raise self.wrong(f"`\\{following}` is not known")
        self.at += 1
        return ord(following)

    def bracket(self, flags: Flags) -> Ranges:
        self.at += 1
        negated = self.take("^")
        sets: list[Ranges] = []
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            if self.at >= len(self.text):
                raise self.wrong("A missing `]`")
            sets.append(self.bracket_item(flags))
        self.at += 1
        found = union(*sets)
        return complement(found) if negated else found

    def bracket_item(self, flags: Flags) -> Ranges:
        if match := _POSIX.match(self.text, self.at):
            if match[2] not in POSIX:
                raise self.wrong(f"`[:{match[2]}:]` is not known")
            self.at = match.end()
            ranges = any_case(POSIX[match[2]]) if flags.fold else POSIX[match[2]]
            return complement(ranges) if match[1] else ranges
        if (perl := self.perl(flags)) is not None:
            return perl
        low = high = self.bracket_letter()
        if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
            self.at += 1
            if self.at >= len(self.text):
                raise self.wrong("A missing `]`")
            high = self.bracket_letter()
        if high < low:
            raise self.wrong("A range that ends before it begins")
        return any_case(((low, high),)) if flags.fold else ((low, high),)

    def bracket_letter(self) -> int:
        if self.text[self.at] == "\\":
            return self.escaped_letter()
        self.at += 1
        return ord(self.text[self.at - 1])


def _letter(code: int, flags: Flags) -> Chars:
    return Chars(any_case(((code, code),)) if flags.fold else ((code, code),))


def _sequence(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Sequence(tuple(items))


def _changed(flags: Flags, match: re.Match[str]) -> Flags:
    names = {"i": "fold", "m": "lines", "s": "dot_all", "U": "swapped"}
    changes = {names[flag]: True for flag in match[1]} | {names[flag]: False for flag in match[2] or ""}
    return replace(flags, **changes)


def parse(pattern: str, *, fold: bool = False, longest: int = MAX_LENGTH) -> tuple[Node, int]:
    """The tree, and the number of groups. Raises RegexError."""
    if len(pattern) > longest:
        raise RegexError(f"A regular expression has at most {MAX_LENGTH} characters.")
    parser = Parser(pattern)
    tree = parser.choice(Flags(fold=fold))
    if parser.at < len(pattern):
        raise parser.wrong("A `)` too many")
    return tree, parser.groups
