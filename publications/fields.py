"""Fields of a request's body: every wrong one is a 400 that names the field and says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agentry.errors import AgentryError

Body = dict[str, Any]


def refuse(code: str, field: str, message: str, hint: str) -> AgentryError:
    return AgentryError(400, code, message, hint, field=field)


def refuse_others(body: Body, known: Iterable[str], inside: str = "") -> None:
    """Raises 400 `unknown_field` for a field that is not among `known`: a typo must not pass as a wish."""
    names = list(known)
    for name in body:
        if name not in names:
            shown = inside + name.encode("ascii", "backslashreplace").decode()[:100]
            raise refuse(
                "unknown_field", shown, f"There is no field {shown}.", f"The fields are {', '.join(names)}."
            )


def text(body: Body, name: str, maximum: int, inside: str = "") -> str:
    """A required text that is not blank, at most `maximum` characters, that PostgreSQL can store."""
    field = inside + name
    value = body.get(name)
    if value is None:
        raise refuse("missing_field", field, f"The field {field} is missing.", f"Send {field} as text.")
    if not isinstance(value, str):
        raise refuse(
            "wrong_type", field, f"The field {field} is not text.", f"Send {field} as a JSON string."
        )
    if not value.strip():
        raise refuse("empty_field", field, f"The field {field} is empty.", f"Write something in {field}.")
    if len(value) > maximum:
        message = f"The field {field} has {len(value):,} characters; {maximum:,} are allowed."
        raise refuse("too_long", field, message, f"Shorten {field}.")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        message = f"The field {field} holds a NUL or half a surrogate pair, which is not text."
        raise refuse("bad_text", field, message, "Remove the character.")
    return value


def mapping(body: Body, name: str) -> Body:
    value = body.get(name)
    if value is None:
        raise refuse("missing_field", name, f"The field {name} is missing.", f"Send {name} as an object.")
    if not isinstance(value, dict):
        raise refuse(
            "wrong_type", name, f"The field {name} is not an object.", f"Send {name} as a JSON object."
        )
    return value


def whole_number(body: Body, name: str, default: int, minimum: int, maximum: int, inside: str = "") -> int:
    field = inside + name
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        message = f"The field {field} is not a whole number."
        raise refuse("wrong_type", field, message, f"Send a number from {minimum:,} to {maximum:,}.")
    if not minimum <= value <= maximum:
        message = f"The field {field} is out of range."
        raise refuse("out_of_range", field, message, f"Send a number from {minimum:,} to {maximum:,}.")
    return value
