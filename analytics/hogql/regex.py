"""RE2's regular expressions → PostgreSQL's, where the two find the same, or a refusal.

Every construct is printed in a form whose meaning is the same whatever follows or the database's locale is.
PostgreSQL's repetitions are all printed greedy; `{1,1}` around a part says which of its ends is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from analytics.hogql import regex_order
from analytics.hogql.regex_chars import LAST, Ranges, complement
from analytics.hogql.regex_order import Automaton, TooComplexError
from analytics.hogql.regex_parse import (
    EMPTY,
    Chars,
    Choice,
    Edge,
    Group,
    Node,
    RegexError,
    Repeat,
    Sequence,
    parse,
)

WORD_PRINTED = "[0-9A-Z_a-z]"
EDGES = {
    "text_start": "^",
    "text_end": "$",
    "line_start": r"(?<![^\u000A])",
    "line_end": r"(?![^\u000A])",
    "word": f"(?:(?<={WORD_PRINTED})(?!{WORD_PRINTED})|(?<!{WORD_PRINTED})(?={WORD_PRINTED}))",
    "not_word": f"(?:(?<={WORD_PRINTED})(?={WORD_PRINTED})|(?<!{WORD_PRINTED})(?!{WORD_PRINTED}))",
}
FORCED = {"longest": "{1,1}", "shortest": "{1,1}?"}


class UnlikeError(RegexError):
    """PostgreSQL would find another match."""


@dataclass(frozen=True)
class Printed:
    """PostgreSQL's regular expression. `places` says which of its parentheses a group's text is in."""

    text: str
    places: dict[int, int]


def _letter(code: int) -> str:
    letter = chr(code)
    if letter.isascii() and letter.isalnum():
        return letter
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _ranges(ranges: Ranges) -> str:
    return "".join(_letter(low) if low == high else f"{_letter(low)}-{_letter(high)}" for low, high in ranges)


def _chars(ranges: Ranges) -> str:
    """A set; no text of PostgreSQL's has the character 0."""
    ranges = tuple((max(low, 1), high) for low, high in ranges if high > 0)
    if ranges == ((1, LAST),):
        return "."
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _letter(ranges[0][0])
    others = complement(
        ((0, 0), *ranges) if not ranges or ranges[0][0] > 1 else ((0, ranges[0][1]), *ranges[1:])
    )
    if not ranges or (others and len(others) < len(ranges)):
        return f"[^{_ranges(others)}]"
    return f"[{_ranges(ranges)}]"


def show(node: Node, kept: frozenset[int] = frozenset()) -> str:
    """PostgreSQL's text for a tree; groups in `kept` keep what they match."""
    if isinstance(node, Chars):
        return _chars(node.ranges)
    if isinstance(node, Edge):
        return EDGES[node.kind]
    if isinstance(node, Sequence):
        return "".join(show(item, kept) for item in node.items) or "(?:)"
    if isinstance(node, Choice):
        return f"(?:{'|'.join(show(option, kept) for option in node.options)})"
    if isinstance(node, Group):
        return f"({'' if node.number in kept else '?:'}{show(node.item, kept)})"
    item = show(node.item, kept)
    if not isinstance(node.item, Chars | Choice | Group):
        item = f"(?:{item})"
    if node.high == 0:
        return "(?:)"
    return item + f"{{{node.low},{'' if node.high is None else node.high}}}"


def _empty_loops(node: Node) -> bool:
    """Whether a part that may be empty is repeated: engines differ over what that means."""
    if isinstance(node, Repeat):
        return (node.high != 1 and may_be_empty(node.item)) or _empty_loops(node.item)
    return any(_empty_loops(child) for child in _children(node))


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Choice):
        return node.options
    return (node.item,) if isinstance(node, Repeat | Group) else ()


def may_be_empty(node: Node) -> bool:
    if isinstance(node, Chars):
        return False
    if isinstance(node, Edge):
        return True
    if isinstance(node, Sequence):
        return all(may_be_empty(item) for item in node.items)
    if isinstance(node, Choice):
        return any(may_be_empty(option) for option in node.options)
    return may_be_empty(node.item) or (isinstance(node, Repeat) and node.low == 0)


def only_once(node: Node) -> bool:
    """Whether it matches at the text's start only."""
    if isinstance(node, Sequence):
        return bool(node.items) and only_once(node.items[0])
    if isinstance(node, Choice):
        return all(only_once(option) for option in node.options)
    return node == Edge("text_start") or (isinstance(node, Group) and only_once(node.item))


def _repeated(node: Node, number: int, inside: bool = False) -> bool:
    """Whether the group stands in a repetition of more than itself."""
    if isinstance(node, Group) and node.number == number:
        return inside
    if isinstance(node, Repeat) and node.high != 1:
        own = isinstance(node.item, Group) and node.item.number == number
        return any(_repeated(child, number, inside or not own) for child in _children(node))
    return any(_repeated(child, number, inside) for child in _children(node))


@lru_cache(maxsize=1000)
def condition(pattern: str, fold: bool = False) -> str:
    """The pattern for `~`: it says only whether there is a match. Raises RegexError."""
    return show(parse(pattern, fold=fold)[0])


@lru_cache(maxsize=1000)
def like(pattern: str) -> str:
    """The pattern of an ILIKE, made from it and so of any length."""
    return show(parse(pattern, fold=True, longest=len(pattern))[0])


@lru_cache(maxsize=1000)
def search(pattern: str, groups: tuple[int, ...], fold: bool = False) -> Printed:
    """The pattern for a match's text and that of some of its groups. Raises RegexError."""
    tree, count = parse(pattern, fold=fold)
    for number in groups:
        if number > count:
            raise RegexError(f"The regular expression has {count} groups, not {number}.")
    try:
        return _search(tree, groups)
    except TooComplexError:
        raise UnlikeError("This regular expression is too long to be answered exactly.") from None


def _search(tree: Node, groups: tuple[int, ...]) -> Printed:
    extent = _extent(tree)
    ambiguous = [number for number in groups if not _is_one_place(tree, number)]
    if not ambiguous:
        places = {number: place for place, number in enumerate(sorted(groups), 1)}
        return Printed(f"(?:{show(tree, frozenset(groups))}){FORCED[extent]}", places)
    return _forced(tree, frozenset(groups), ambiguous, FORCED[extent])


def _extent(tree: Node) -> str:
    if _empty_loops(tree):
        raise UnlikeError("A part of this regular expression that may be empty is repeated.")
    automaton = Automaton(tree)
    if regex_order.always_longest(automaton):
        return "longest"
    if regex_order.always_shortest(automaton):
        return "shortest"
    raise UnlikeError("This regular expression may stop before or behind its longest match.")


def _is_one_place(tree: Node, number: int) -> bool:
    return not _repeated(tree, number) and regex_order.one_place(Automaton(tree, number))


def _forced(tree: Node, groups: frozenset[int], ambiguous: list[int], extent: str) -> Printed:
    """The pattern cut at its ambiguous groups. Each part up to the last of them, in parentheses of its own,
    has the end that RE2 tries first: the engines then try all ways through them in one order."""
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    cuts = [i for i, item in enumerate(items) if _whole_group(item) in ambiguous]
    parts: list[Node] = []
    for start, cut in zip([0, *(i + 1 for i in cuts)], cuts, strict=False):
        parts += [Sequence(items[start:cut]), items[cut]]
    parts = [part for part in parts if part != EMPTY]
    orders = [regex_order.ordered_by_length(Automaton(part)) for part in parts]
    if len(cuts) < len(ambiguous) or not all(orders):
        many = "s begin and end" if len(groups) > 1 else " begins and ends"
        raise UnlikeError(f"Where this regular expression's group{many} has more than one answer.")
    text, places, count = "", dict[int, int](), 0
    for part, order in zip([*parts, Sequence(items[cuts[-1] + 1 :])], [*orders, ""], strict=True):
        count += bool(order)
        own = _whole_group(part) if order else None
        if own in ambiguous:
            places[own] = count
        inside = [number for number in groups_of(part) if number in groups and number not in places]
        places |= {number: count + place for place, number in enumerate(inside, 1)}
        count += len(inside)
        shown = show(part, frozenset(inside))
        text += f"((?:{shown}){FORCED[order]})" if order else f"(?:{shown})"
    return Printed(f"(?:{text}){extent}", places)


def _whole_group(node: Node) -> int | None:
    """The group that matches what the part matches: `(a)`, `(a)?`. One that takes no part is '' as well."""
    item = node.item if isinstance(node, Repeat) and node.high == 1 else node
    return item.number if isinstance(item, Group) else None


def groups_of(node: Node) -> list[int]:
    """The numbers of the groups in it, from the left."""
    own = [node.number] if isinstance(node, Group) else []
    return own + [number for child in _children(node) for number in groups_of(child)]
