"""Does RE2's match end where PostgreSQL's does?

RE2 takes, of all matches from the leftmost place, the one its alternatives name first; PostgreSQL takes the
longest, or the shortest if told so. Here the pattern's automaton is run over all texts at once, with its
threads in RE2's order, and the two are compared: where they can differ, the pattern is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analytics.hogql.regex_chars import LAST, WORD, Ranges
from analytics.hogql.regex_parse import Chars, Choice, Edge, Group, Node, Repeat, Sequence

MATCH = -1
MAX_SIZE = 1500  # instructions
MAX_STATES = 4000
Mark = tuple[int, bool]  # a group, and whether it ends


class TooComplexError(Exception):
    """The proof would take too long."""


@dataclass(frozen=True)
class Before:
    """What stands before a place: a word's letter, a line's end, or the text's start."""

    word: bool = False
    line: bool = False
    start: bool = False


@dataclass(frozen=True)
class Step:
    """An instruction: a set of characters, an edge or a mark, and where it goes on, in order."""

    chars: Ranges | None = None
    edge: str = ""
    mark: Mark | None = None
    next: tuple[int, ...] = ()


def contains(ranges: Ranges, code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)


class Automaton:
    """The pattern's instructions. `marked` is the group whose ends are marked, 0 for none."""

    def __init__(self, tree: Node, marked: int = 0) -> None:
        self.steps: list[Step] = []
        self.marked = marked
        self.start = self.compile(tree, MATCH)
        self.sets = {step.chars for step in self.steps if step.chars is not None}
        self.has_edges = any(step.edge for step in self.steps)
        self.letters = self._letters()

    def add(self, step: Step) -> int:
        if len(self.steps) >= MAX_SIZE:
            raise TooComplexError
        self.steps.append(step)
        return len(self.steps) - 1

    def compile(self, node: Node, then: int) -> int:
        """Instructions that match `node` and go on at `then`; where they begin."""
        if isinstance(node, Chars):
            return self.add(Step(chars=node.ranges, next=(then,)))
        if isinstance(node, Edge):
            return self.add(Step(edge=node.kind, next=(then,)))
        if isinstance(node, Sequence):
            for item in reversed(node.items):
                then = self.compile(item, then)
            return then
        if isinstance(node, Choice):
            return self.add(Step(next=tuple(self.compile(option, then) for option in node.options)))
        if isinstance(node, Group):
            if node.number != self.marked:
                return self.compile(node.item, then)
            end = self.add(Step(mark=(node.number, True), next=(then,)))
            return self.add(Step(mark=(node.number, False), next=(self.compile(node.item, end),)))
        return self._repeat(node, then)

    def _repeat(self, node: Repeat, then: int) -> int:
        if node.high is None:
            loop = self.add(Step())
            body = self.compile(node.item, loop)
            self.steps[loop] = Step(next=(then, body) if node.lazy else (body, then))
            then = loop
        else:
            end = then
            for _ in range(node.high - node.low):
                body = self.compile(node.item, then)
                then = self.add(Step(next=(end, body) if node.lazy else (body, end)))
        for _ in range(node.low):
            then = self.compile(node.item, then)
        return then

    def _letters(self) -> list[int]:
        """One character for each way in which sets and edges can tell characters apart."""
        sets = [*self.sets, *([WORD, ((10, 10),)] if self.has_edges else [])]
        edges = sorted({0, *(edge for ranges in sets for low, high in ranges for edge in (low, high + 1))})
        kinds: dict[tuple[bool, ...], int] = {}
        for code in edges:
            if code <= LAST:
                kinds.setdefault(tuple(contains(ranges, code) for ranges in sets), code)
        return list(kinds.values())

    def befores(self) -> list[Before]:
        """Where a match may begin."""
        if not self.has_edges:
            return [Before()]
        return [Before(start=True), Before(word=True), Before(line=True), Before()]

    def after(self, code: int | None) -> Before:
        if code is None or not self.has_edges:
            return Before()
        return Before(word=contains(WORD, code), line=code == 10)

    def threads(self, seeds: tuple[int, ...], before: Before, code: int | None) -> list[int]:
        """What the seeds come to before the character `code` (None: the end), in order: MATCH, and
        instructions that take the character."""
        seen: set[int] = set()
        found: list[int] = []
        stack = list(reversed(seeds))
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            if at == MATCH:
                found.append(MATCH)
                continue
            step = self.steps[at]
            if step.chars is not None:
                if code is not None and contains(step.chars, code):
                    found.append(at)
            elif not step.edge or _is_edge(step.edge, before, code):
                stack.extend(reversed(step.next))
        return found

    def advance(self, threads: list[int]) -> tuple[int, ...]:
        """Where the threads that took a character go on."""
        return tuple(dict.fromkeys(self.steps[at].next[0] for at in threads if at != MATCH))

    def marked_threads(
        self, seed: int, before: Before, code: int | None
    ) -> set[tuple[int, tuple[Mark, ...]]]:
        """`threads` of one seed, each with the marks passed on the way."""
        seen: set[tuple[int, tuple[Mark, ...]]] = set()
        found = set()
        stack: list[tuple[int, tuple[Mark, ...]]] = [(seed, ())]
        while stack:
            at, marks = stack.pop()
            if (at, marks) in seen:
                continue
            seen.add((at, marks))
            step = self.steps[at] if at != MATCH else None
            if step is None or step.chars is not None:
                if step is None or (code is not None and contains(step.chars or (), code)):
                    found.add((at, marks))
                continue
            if step.edge and not _is_edge(step.edge, before, code):
                continue
            more = (*marks, step.mark) if step.mark is not None else marks
            stack.extend((target, more) for target in step.next)
        return found


def _is_edge(kind: str, before: Before, code: int | None) -> bool:
    if kind == "text_start":
        return before.start
    if kind == "text_end":
        return code is None
    if kind == "line_start":
        return before.start or before.line
    if kind == "line_end":
        return code is None or code == 10
    return (before.word != (code is not None and contains(WORD, code))) == (kind == "word")


def _next(automaton: Automaton) -> Iterator[int | None]:
    yield None
    yield from automaton.letters


def always_longest(automaton: Automaton) -> bool:
    """Whether RE2's match is always the longest: wherever any thread may end, one that is left may, too."""
    seeds: tuple[int, ...] = (automaton.start,)
    todo = [(seeds, seeds, before) for before in automaton.befores()]
    seen = set(todo)
    while todo:
        first, every, before = todo.pop()
        for code in _next(automaton):
            kept = automaton.threads(first, before, code)
            threads = automaton.threads(every, before, code)
            if MATCH in threads and MATCH not in kept:
                return False
            if MATCH in kept:
                kept = kept[: kept.index(MATCH)]
            state = (
                automaton.advance(kept),
                tuple(sorted(automaton.advance(threads))),
                automaton.after(code),
            )
            if code is not None and state[1] and state not in seen:
                _remember(seen, state)
                todo.append(state)
    return True


def always_shortest(automaton: Automaton) -> bool:
    """Whether RE2's match is always the shortest: the first thread that can end stands before all others."""
    seeds: tuple[int, ...] = (automaton.start,)
    todo = [(seeds, before) for before in automaton.befores()]
    seen = set(todo)
    while todo:
        seeds, before = todo.pop()
        for code in _next(automaton):
            threads = automaton.threads(seeds, before, code)
            if MATCH in threads:
                if threads[0] != MATCH:
                    return False
                continue
            state = (automaton.advance(threads), automaton.after(code))
            if code is not None and state[0] and state not in seen:
                _remember(seen, state)
                todo.append(state)
    return True


def ordered_by_length(automaton: Automaton) -> str:
    """Whether RE2 tries all ends of a part from the longest down, or from the shortest up; "" for neither."""
    down = up = True
    seeds: tuple[int, ...] = (automaton.start,)
    todo = [(seeds, before) for before in automaton.befores()]
    seen = set(todo)
    while todo and (down or up):
        seeds, before = todo.pop()
        for code in _next(automaton):
            threads = automaton.threads(seeds, before, code)
            if MATCH in threads:
                down = down and threads[-1] == MATCH
                up = up and threads[0] == MATCH
            state = (automaton.advance(threads), automaton.after(code))
            if code is not None and state[0] and state not in seen:
                _remember(seen, state)
                todo.append(state)
    return "longest" if down else "shortest" if up else ""


def one_place(automaton: Automaton) -> bool:
    """Whether a match's extent says where the marked group is: no two ways through the pattern differ."""
    start = automaton.start
    todo = [(start, start, False, before) for before in automaton.befores()]
    seen = set(todo)
    while todo:
        one, other, differ, before = todo.pop()
        for code in _next(automaton):
            others = automaton.marked_threads(other, before, code)
            for at, marks in automaton.marked_threads(one, before, code):
                for other_at, other_marks in others:
                    differs = differ or marks != other_marks
                    if at == MATCH and other_at == MATCH and differs:
                        return False
                    if MATCH in (at, other_at) or code is None:
                        continue
                    nexts = automaton.steps[at].next[0], automaton.steps[other_at].next[0]
                    state = (*nexts, differs, automaton.after(code))
                    if state not in seen:
                        _remember(seen, state)
                        todo.append(state)
    return True


def _remember(seen: set[Any], state: Any) -> None:
    if len(seen) > MAX_STATES:
        raise TooComplexError
    seen.add(state)
