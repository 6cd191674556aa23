"""A recipe: a question with a name, and how its parameters fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentry.accounts.models import Project
from agentry.errors import AgentryError
from publications import fields
from publications.recipes.params import INSIDE, Param, Values

Fill = Callable[[Project, Values], str]


@dataclass(frozen=True)
class Recipe:
    """`id` as the API names it, `title` and `what` for people, one sentence each. `chart` is the picture that
    it opens with, "" the one that its columns suggest. A `slow` one reads raw events: its page comes before
    its answer. `note` says what a reader must know of its figures."""

    id: str
    title: str
    what: str
    params: tuple[Param, ...]
    fill: Fill
    chart: str = ""
    slow: bool = False
    note: str = ""
    schema: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        properties = {param.name: param.schema for param in self.params}
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        object.__setattr__(self, "schema", schema)

    def read(self, given: fields.Body) -> Values:
        """The values of what a client sent; what is left out is as usual. Raises AgentryError 400."""
        fields.refuse_others(given, [param.name for param in self.params], INSIDE)
        return Values({param.name: param.read(given) for param in self.params})

    def parse(self, form: Mapping[str, str]) -> fields.Body:
        """What a form sent, ready to `read`. What else stands in it, is not ours."""
        return {param.name: param.parse(form[param.name]) for param in self.params if param.name in form}

    def question(self, project: Project, given: fields.Body) -> str:
        """The HogQL. Raises AgentryError 400 for a parameter, 422 where the project lacks what it needs."""
        return self.fill(project, self.read(given))


def wrong(recipe: Recipe, error: AgentryError) -> dict[str, str]:
    """What is wrong, by the parameter that it is about; beside a field nobody needs its name."""
    name = str(error.details.get("field", "")).removeprefix(INSIDE)
    if name not in {param.name for param in recipe.params}:
        return {}
    said = f"{error.message} {error.hint}".replace(f"The field {INSIDE}{name}", "This")
    return {name: said.replace(f"{INSIDE}{name}", "it")}
