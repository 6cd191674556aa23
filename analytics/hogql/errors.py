"""What is wrong with a query, in words that its author can act on."""

from __future__ import annotations

from difflib import get_close_matches


class HogQLError(Exception):
    """A refusal: `code`, `message`, `hint`, and where (1-based `line` and `column`, None if unknown).

    `status` is 400 (not HogQL, or not allowed) or 413 (too long).
    """

    def __init__(
        self,
        code: str,
        message: str,
        hint: str,
        *,
        line: int | None = None,
        column: int | None = None,
        status: int = 400,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column
        self.status = status


def perhaps(name: str, known: list[str], otherwise: str) -> str:
    """`Perhaps you meant …` for the nearest known name, else `otherwise`."""
    by_lower = {word.lower(): word for word in known}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return f"Perhaps you meant `{by_lower[near[0]]}`." if near else otherwise
