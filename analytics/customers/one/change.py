"""Why did it change? The change between two spans, split into parts that sum to it exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from analytics.charts.diverging import Bar, Span
from analytics.customers.wording import number

Value = str | None
PARTS = 6  # named; the rest is one part
EVEN = 0.1  # up to this share of the change out of proportion, nothing stands out
LITTLE = 0.02  # a change under this is none to explain
MUCH = 0.1  # the share of the calls that a full bar is at least


@dataclass(frozen=True)
class Part:
    """Calls of one value before and now. `others` counts the values that a part stands for, when it has no
    name of its own; `name` None is "not given"."""

    name: Value
    before: int
    now: int
    others: int = 0

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True)
class Dimension:
    """`parts` sum to the change, the largest first, others last. `uneven` is the share of the change that is
    out of proportion to what each part was before: 0 where all parts changed alike, or there is one only."""

    name: str
    parts: list[Part]
    uneven: float

    @property
    def title(self) -> str:
        return self.name[0].upper() + self.name[1:]


def split(name: str, counts: Iterable[tuple[Value, int, int]], before: int, now: int) -> Dimension:
    """`counts` are (value, calls before, calls now), a value as often as it comes; `before` and `now` are the
    totals: what `counts` have not of them is in the part of the others."""
    sums: defaultdict[Value, list[int]] = defaultdict(lambda: [0, 0])
    for value, earlier, later in counts:
        sums[value][0] += earlier
        sums[value][1] += later
    found = sorted(
        (Part(value, earlier, later) for value, (earlier, later) in sums.items() if earlier or later),
        key=lambda part: (-abs(part.change), -part.before, part.name is None, part.name or ""),
    )
    named = found[:PARTS] if len(found) > PARTS + 1 else found
    rest = _rest(named, len(found) - len(named), before, now)
    parts = [*named, rest] if rest.before or rest.now or rest.others else named
    return Dimension(name, parts, _uneven(parts, before, now))


def _rest(named: Sequence[Part], others: int, before: int, now: int) -> Part:
    earlier, later = before - sum(part.before for part in named), now - sum(part.now for part in named)
    return Part(None, earlier, later, max(others, 1 if earlier or later else 0))


def _uneven(parts: Sequence[Part], before: int, now: int) -> float:
    change = now - before
    if not before:
        return 0.0
    apart = sum(abs(part.change - change * part.before / before) for part in parts) / 2
    return apart / max(abs(change), 0.01 * before)


def ranked(dimensions: Iterable[Dimension]) -> list[Dimension]:
    """The one that explains most first."""
    return sorted(dimensions, key=lambda dimension: -dimension.uneven)


@dataclass(frozen=True)
class Why:
    """The change of a customer's calls and its splits, the one that explains most first. `days` is the length
    of each span; 0: less than a day, with the same a week before."""

    before: int
    now: int
    days: int
    dimensions: list[Dimension]

    @property
    def change(self) -> int:
        return self.now - self.before

    @property
    def ratio(self) -> float | None:
        return self.change / self.before if self.before else None

    @property
    def sentence(self) -> str:
        """ "54% fewer calls than in the 30 days before: 480 of the 540 fewer have endpoint /v1/quotes"."""
        lately = {0: "the same minutes a week before", 1: "the day before"}
        period = lately.get(self.days, f"the {self.days} days before")
        if self.ratio is None:
            return (
                f"{number(self.now)} calls, and none in {period}"
                if self.now
                else f"No calls, and none in {period}"
            )
        size = f"{abs(self.ratio):.0%}" if abs(self.ratio) >= 0.01 else f"{abs(self.ratio):.1%}"
        if abs(self.ratio) < LITTLE:
            return f"About as many calls as in {period}{self._inside()}"
        said = f"{size} {'more' if self.change > 0 else 'fewer'} calls than in {period}"
        top = self.dimensions[0] if self.dimensions else None
        if top is None or top.uneven <= EVEN:
            return f"{said}, spread evenly: nothing stands out"
        return f"{said}: {self._share(top)}"

    def _share(self, top: Dimension) -> str:
        """How much of the change the part that pulls most has."""
        sign = 1 if self.change > 0 else -1
        named = [each for each in top.parts if not each.others] or top.parts
        part = max(named, key=lambda each: sign * each.change)
        if abs(part.change) <= abs(self.change):
            calls = f"{number(abs(part.change))} of the {number(abs(self.change))} {_more(sign)}"
            return f"{calls} {'has' if abs(part.change) == 1 else 'have'} {_named(top, part)}"
        other = min(named, key=lambda each: sign * each.change)
        said = f"{_named(top, part)} has {number(abs(part.change))} {_more(sign)}"
        if sign * other.change >= 0:
            return said
        return f"{said} and {_named(top, other)} {number(abs(other.change))} {_more(-sign)}"

    def _inside(self) -> str:
        """What changed though the sum did not."""
        for dimension in self.dimensions:
            up, down = (pick(dimension.parts, key=lambda part: part.change) for pick in (max, min))
            if min(up.change, -down.change) >= 0.1 * self.before:
                return (
                    f", but {_named(dimension, up)} has {number(up.change)} more "
                    f"and {_named(dimension, down)} {number(-down.change)} fewer"
                )
        return ""

    @cached_property
    def span(self) -> Span:
        """Of all the bars. Changes of a few in a hundred calls are short: they are not to look like much."""
        changes = [part.change for dimension in self.dimensions for part in dimension.parts]
        return Span.of(changes, least=MUCH * max(self.before, self.now))

    def drawn(self) -> list[tuple[Dimension, list[tuple[Part, str, Bar]]]]:
        """Each part with its name and its bar; one zero line for all."""
        return [
            (dimension, [(part, label(part), self.span.bar(part.change)) for part in dimension.parts])
            for dimension in self.dimensions
        ]


def _more(sign: int) -> str:
    return "more" if sign > 0 else "fewer"


def _named(dimension: Dimension, part: Part) -> str:
    """A part in a sentence: "endpoint /v1/quotes", "no country"."""
    missing = part.name is None and not part.others
    return f"no {dimension.name}" if missing else f"{dimension.name} {label(part)}"


def label(part: Part) -> str:
    """How a part is called on the page."""
    if part.others:
        return f"{number(part.others)} other{'s' if part.others > 1 else ''}"
    return {None: "not given", "": "empty"}.get(part.name, part.name or "")
