"""Parameters of a recipe: typed, bounded, and put into HogQL as literals only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.customers.questions import literal
from publications import fields

Schema = dict[str, Any]
Value = int | str
INSIDE = "params."


@dataclass(frozen=True)
class Whole:
    """A whole number from `minimum` to `maximum`; `unit` stands behind its field."""

    name: str
    label: str
    default: int
    minimum: int
    maximum: int
    unit: str = ""
    kind = "whole"

    def read(self, given: fields.Body) -> int:
        """Raises AgentryError 400."""
        return fields.whole_number(given, self.name, self.default, self.minimum, self.maximum, INSIDE)

    def parse(self, text: str) -> Any:
        """What a form sent, as JSON would have it; what is no number stays text, and is refused."""
        text = text.strip()
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 16 else text

    @property
    def schema(self) -> Schema:
        bounds = {"minimum": self.minimum, "maximum": self.maximum, "default": self.default}
        return {"type": "integer", "description": self.described, **bounds}

    @property
    def described(self) -> str:
        return f"{self.label}, {self.unit}" if self.unit else self.label


@dataclass(frozen=True)
class Words:
    """A text: an event's name, a customer's id. With the default "" it may be left out."""

    name: str
    label: str
    default: str
    maximum: int = 1_000
    unit: str = ""
    kind = "words"

    def read(self, given: fields.Body) -> str:
        """Raises AgentryError 400."""
        if given.get(self.name, "") == "" and (self.default == "" or self.name not in given):
            return self.default
        return fields.text(given, self.name, self.maximum, INSIDE)

    def parse(self, text: str) -> Any:
        return text

    @property
    def schema(self) -> Schema:
        return {
            "type": "string",
            "description": self.described,
            "maxLength": self.maximum,
            "default": self.default,
        }

    @property
    def described(self) -> str:
        return self.label if self.default else f"{self.label}; all if left out"


Param = Whole | Words


class Values:
    """The values of a recipe's parameters, as they may stand in HogQL."""

    def __init__(self, known: Mapping[str, Value]) -> None:
        self.known = dict(known)

    def __getitem__(self, name: str) -> str:
        """A literal."""
        value = self.known[name]
        return str(value) if isinstance(value, int) else literal(value)

    def number(self, name: str) -> int:
        return int(self.known[name])

    def has(self, name: str) -> bool:
        return self.known[name] != ""


def days(default: int, most: int = 366) -> Whole:
    return Whole("days", "Window", default, 1, most, "days")


def top(default: int, label: str = "Customers", most: int = 1_000) -> Whole:
    return Whole("top", label, default, 1, most)


def at_least(default: int, label: str = "At least") -> Whole:
    return Whole("minimum", label, default, 0, 10**12, "calls")


EVENT = Words("event", "Event", "api_request", 200)
CUSTOMER = Words("customer", "Customer", "")
