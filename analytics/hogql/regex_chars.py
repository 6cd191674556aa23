"""Sets of characters, as RE2 knows them: its classes are ASCII's, its cases Unicode's."""

from __future__ import annotations

from functools import cache

Ranges = tuple[tuple[int, int], ...]  # of code points, sorted, not touching
LAST = 0x10FFFF

DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
PERL = {"d": DIGIT, "w": WORD, "s": SPACE}
POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}


def union(*sets: Ranges) -> Ranges:
    found: list[tuple[int, int]] = []
    for low, high in sorted(pair for ranges in sets for pair in ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def complement(ranges: Ranges) -> Ranges:
    edges = [-1, *(edge for pair in ranges for edge in pair), LAST + 1]
    gaps = [(edges[i] + 1, edges[i + 1] - 1) for i in range(0, len(edges), 2)]
    return tuple((low, high) for low, high in gaps if low <= high)


@cache
def _cases() -> dict[int, tuple[int, ...]]:
    """Letters that are one in another case (Unicode's simple folding), each with all of its kind."""
    kinds: dict[str, list[int]] = {}
    for low, high in ((0x41, 0x2FFF), (0xA640, 0xABFF), (0xFF00, 0xFFFF), (0x10400, 0x1E950)):
        for code in range(low, high):
            letter = chr(code)
            folded = letter.casefold() if len(letter.casefold()) == 1 else letter.lower()
            kinds.setdefault(folded if len(folded) == 1 else letter, []).append(code)
    return {code: tuple(codes) for codes in kinds.values() if len(codes) > 1 for code in codes}


def any_case(ranges: Ranges) -> Ranges:
    cases = _cases()
    small = [code for low, high in ranges if high - low < 200 for code in range(low, high + 1)]
    big = [(low, high) for low, high in ranges if high - low >= 200]
    inside = [code for code in cases if any(low <= code <= high for low, high in big)] if big else []
    more = tuple((other, other) for code in (*small, *inside) for other in cases.get(code, ()))
    return union(ranges, more)
